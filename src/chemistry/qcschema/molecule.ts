import { NatriumError } from '../../errors.ts';
import { checkStructure, LARGEST_CLUSTER, type Structure, structureFromSymbols } from '../structure.ts';
import { angstromFromBohr, bohrFromAngstrom } from '../units.ts';
import { type Fail, type MemberReader, member } from './json-value.ts';

/** QCElemental rounds geometries to 8 decimals of a bohr when it validates them. */
const GEOMETRY_ROUNDING_BOHR = 1e-8;

/** Reads a QCSchema molecule; `extras` are those under `extras.natrium`. Throws what `checkStructure` does, and MALFORMED_FILE. */
export function readMolecule(molecule: MemberReader, extras: MemberReader | null, fail: Fail): Structure {
  const symbols = molecule.texts('symbols');
  if (symbols === null) throw molecule.wrong('symbols', 'is missing; give the element of each atom');
  if (symbols.length > LARGEST_CLUSTER) {
    throw fail(
      'INVALID_STRUCTURE',
      `a molecule of ${symbols.length} atoms; the registry holds clusters of at most ${LARGEST_CLUSTER}.`,
    );
  }
  const geometry = molecule.reals('geometry', 3 * symbols.length, false);
  if (geometry === null) throw molecule.wrong('geometry', 'is missing; give the positions in bohr');
  refuseGhosts(molecule);
  const positions = exactPositions(extras, geometry) ?? geometry.map(angstromFromBohr);
  const charge = molecule.integer('molecular_charge') ?? 0;
  const multiplicity = molecule.integer('molecular_multiplicity') ?? undefined;
  try {
    const structure = structureFromSymbols(symbols, positions, charge, multiplicity, 'the molecule');
    checkStructure(structure, 'the molecule');
    checkAtomicNumbers(molecule, structure);
    return structure;
  } catch (error) {
    if (!(error instanceof NatriumError) || error.details.file !== undefined) throw error;
    throw fail(error.code, error.message, error.details);
  }
}

function exactPositions(extras: MemberReader | null, geometry: Float64Array): Float64Array | null {
  const exact = extras?.reals('positionsAngstrom', geometry.length, false) ?? null;
  if (exact === null) return null;
  const at = geometry.findIndex((bohr, k) => {
    const difference = Math.abs(bohrFromAngstrom(exact[k]) - bohr);
    return !(difference <= GEOMETRY_ROUNDING_BOHR + 4 * Number.EPSILON * Math.abs(bohr));
  });
  if (at >= 0) {
    const atom = Math.floor(at / 3) + 1;
    throw extras!.wrong(
      'positionsAngstrom',
      `puts atom ${atom} at ${'xyz'[at % 3]} = ${exact[at]} Å, but geometry puts it at ${geometry[at]} bohr, which is ` +
        `${angstromFromBohr(geometry[at])} Å; one of them is wrong`,
    );
  }
  return exact;
}

function refuseGhosts(molecule: MemberReader): void {
  const real = member(molecule.object, 'real');
  if (Array.isArray(real) && real.includes(false)) {
    throw molecule.wrong('real', 'names ghost atoms; the registry holds clusters of real atoms only');
  }
}

function checkAtomicNumbers(molecule: MemberReader, { atomicNumbers }: Structure): void {
  const stated = molecule.reals('atomic_numbers', atomicNumbers.length, false);
  const atom = stated?.findIndex((z, k) => z !== atomicNumbers[k]) ?? -1;
  if (atom >= 0) throw molecule.wrong('atomic_numbers', `and symbols name different elements for atom ${atom + 1}`);
}
