import { NatriumError } from '../errors.ts';
import { atomicNumberOf, isAtomicNumber, symbolOf } from './elements.ts';

/**
 * A cluster as chemistry sees it: which atoms, where, with how many electrons. Its identity depends on orientation and
 * order on purpose, because shielding tensors and orbital populations do.
 */
export interface Structure {
  /** Atomic number of each atom, in the order given. */
  readonly atomicNumbers: readonly number[];
  /** Positions in Å, flattened [atoms, 3] row-major. */
  readonly positionsAngstrom: Float64Array;
  /** Total charge in elementary charges. */
  readonly charge: number;
  /** Spin multiplicity 2S + 1. */
  readonly multiplicity: number;
}

export const LARGEST_CLUSTER = 10_000;
export const SHORTEST_DISTANCE_ANGSTROM = 0.5;
export const LARGEST_COORDINATE_ANGSTROM = 1e4;

/** The lowest multiplicity that the number of electrons allows: 1 if it is even, 2 if it is odd. */
export function lowestMultiplicity(atomicNumbers: readonly number[], charge: number): number {
  const electrons = atomicNumbers.reduce((sum, z) => sum + z, -charge);
  return electrons % 2 === 0 ? 1 : 2;
}

/**
 * A structure from element symbols. The multiplicity is the lowest possible one unless given.
 * Throws UNKNOWN_ELEMENT for a symbol that does not exist; everything else is `checkStructure`'s to find.
 * @param positionsAngstrom flattened [atoms, 3] row-major, copied
 * @param where names the structure in the message
 */
export function structureFromSymbols(
  symbols: readonly string[],
  positionsAngstrom: ArrayLike<number>,
  charge = 0,
  multiplicity?: number,
  where = 'the structure',
): Structure {
  const atomicNumbers = symbols.map((symbol, index) => {
    const z = atomicNumberOf(symbol);
    if (z === undefined) {
      throw new NatriumError(
        'UNKNOWN_ELEMENT',
        `Atom ${index + 1} of ${where} has the symbol "${symbol.slice(0, 20)}", which is no element; use symbols such as Na.`,
        { atom: index + 1 },
      );
    }
    return z;
  });
  return {
    atomicNumbers,
    positionsAngstrom: Float64Array.from(positionsAngstrom),
    charge,
    multiplicity: multiplicity ?? lowestMultiplicity(atomicNumbers, charge),
  };
}

/**
 * Refuses structures that cannot exist or that the registry does not hold. `where` names the structure in the message.
 * Details carry `atom` or `atoms` (from 1) where an atom is to blame.
 *
 * Throws INVALID_STRUCTURE (no atoms, more than 10,000, a coordinate beyond ±10,000 Å, a charge or multiplicity that is
 * no integer or that the number of electrons forbids), UNKNOWN_ELEMENT, NON_FINITE_NUMBER, and ATOMS_TOO_CLOSE for the
 * closest pair if it is nearer than 0.5 Å.
 */
export function checkStructure(structure: Structure, where: string): void {
  const { atomicNumbers, positionsAngstrom } = structure;
  const count = atomicNumbers.length;
  if (count === 0) {
    throw new NatriumError('INVALID_STRUCTURE', `${where} has no atoms; give at least one.`);
  }
  if (count > LARGEST_CLUSTER) {
    throw new NatriumError(
      'INVALID_STRUCTURE',
      `${where} has ${count} atoms; the registry holds clusters of at most ${LARGEST_CLUSTER}.`,
    );
  }
  if (positionsAngstrom.length !== 3 * count) {
    throw new NatriumError(
      'INVALID_STRUCTURE',
      `${where} has ${count} atoms but ${positionsAngstrom.length} coordinates; give three for each atom.`,
    );
  }
  checkElements(atomicNumbers, where);
  checkCoordinates(positionsAngstrom, where);
  checkElectrons(structure, where);
  checkDistances(structure, where);
}

function checkElements(atomicNumbers: readonly number[], where: string): void {
  const index = atomicNumbers.findIndex((z) => !isAtomicNumber(z));
  if (index >= 0) {
    throw new NatriumError(
      'UNKNOWN_ELEMENT',
      `${where}: atom ${index + 1} has the atomic number ${atomicNumbers[index]}; give one from 1 to 118.`,
      { atom: index + 1 },
    );
  }
}

function checkCoordinates(positionsAngstrom: Float64Array, where: string): void {
  for (let index = 0; index < positionsAngstrom.length; index++) {
    const value = positionsAngstrom[index];
    if (Math.abs(value) <= LARGEST_COORDINATE_ANGSTROM) {
      continue;
    }
    const atom = Math.floor(index / 3) + 1;
    const axis = 'xyz'[index % 3];
    if (!Number.isFinite(value)) {
      throw new NatriumError(
        'NON_FINITE_NUMBER',
        `${where}: ${axis} of atom ${atom} is ${value}; give a number in Å.`,
        {
          atom,
        },
      );
    }
    throw new NatriumError(
      'INVALID_STRUCTURE',
      `${where}: ${axis} of atom ${atom} is ${value} Å, beyond ±${LARGEST_COORDINATE_ANGSTROM} Å; move the cluster to ` +
        'the origin and give positions in Å.',
      { atom },
    );
  }
}

function checkElectrons({ atomicNumbers, charge, multiplicity }: Structure, where: string): void {
  if (!Number.isSafeInteger(charge)) {
    throw new NatriumError('INVALID_STRUCTURE', `${where} has the charge ${charge}; give an integer.`);
  }
  if (!Number.isSafeInteger(multiplicity) || multiplicity < 1) {
    throw new NatriumError(
      'INVALID_STRUCTURE',
      `${where} has the multiplicity ${multiplicity}; give 2S + 1 as a positive integer.`,
    );
  }
  const electrons = atomicNumbers.reduce((sum, z) => sum + z, -charge);
  const unpaired = multiplicity - 1;
  // a charge beyond any element's own is a slip of the pen, and would overflow the stored integer
  if (electrons < 0 || -charge > 1000) {
    throw new NatriumError('INVALID_STRUCTURE', `${where} has the charge ${charge}, which its atoms cannot have.`);
  }
  if (unpaired > electrons || unpaired % 2 !== electrons % 2) {
    throw new NatriumError(
      'INVALID_STRUCTURE',
      `${where} has ${electrons} electrons (charge ${charge}), which cannot have the multiplicity ${multiplicity}; ` +
        `the lowest possible is ${lowestMultiplicity(atomicNumbers, charge)}.`,
    );
  }
}

/** Sweeps the atoms in the order of x, so that each is compared only with those within 0.5 Å of it along x. */
function checkDistances({ atomicNumbers, positionsAngstrom: p }: Structure, where: string): void {
  const order = Array.from(atomicNumbers, (_, atom) => atom).sort((a, b) => p[3 * a] - p[3 * b] || a - b);
  let closest = SHORTEST_DISTANCE_ANGSTROM;
  let pair: readonly [number, number] | null = null;
  for (let k = 0; k < order.length; k++) {
    const a = 3 * order[k];
    for (let m = k + 1; m < order.length; m++) {
      const b = 3 * order[m];
      if (p[b] - p[a] >= closest) {
        break;
      }
      const square = (p[b] - p[a]) ** 2 + (p[b + 1] - p[a + 1]) ** 2 + (p[b + 2] - p[a + 2]) ** 2;
      if (square < closest * closest) {
        closest = Math.sqrt(square);
        pair = [Math.min(order[k], order[m]), Math.max(order[k], order[m])];
      }
    }
  }
  if (pair !== null) {
    const [first, second] = pair;
    throw new NatriumError(
      'ATOMS_TOO_CLOSE',
      `${where}: atoms ${first + 1} (${symbolOf(atomicNumbers[first])}) and ${second + 1} ` +
        `(${symbolOf(atomicNumbers[second])}) are ${closest.toPrecision(3)} Å apart; the least is ` +
        `${SHORTEST_DISTANCE_ANGSTROM} Å. Are the positions in Å?`,
      { atoms: [first + 1, second + 1], distanceAngstrom: closest },
    );
  }
}
