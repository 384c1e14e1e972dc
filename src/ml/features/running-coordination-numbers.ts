import { atomicNumberOf, LARGEST_ATOMIC_NUMBER } from '../../chemistry/elements.ts';
import type { Structure } from '../../chemistry/structure.ts';
import { RadiusGrid } from './radius-grid.ts';
import { NORMAL_REACH, tabulatedNormalCdf } from './tabulated-normal-cdf.ts';

/** Which neighbours are counted, and how far from the atom. */
export interface CoordinationDefinition {
  /** Strictly ascending. */
  readonly radiiAngstrom: readonly number[];
  readonly smearingAngstrom: number;
  /** Symbols of the elements that are counted apart, each in columns of its own; left out: all neighbours together. */
  readonly neighborElements?: readonly string[];
}

/** Number of columns: elements times radii. */
export function coordinationWidth({ radiiAngstrom, neighborElements }: CoordinationDefinition): number {
  return radiiAngstrom.length * (neighborElements?.length ?? 1);
}

/** Where the numbers of a cluster go: [atoms, columns], the row of the first atom at `start`, rows `stride` apart. */
export interface CoordinationTarget {
  readonly data: Float64Array;
  readonly start: number;
  readonly stride: number;
}

/**
 * Running coordination numbers CN_i(R) = sum over j != i of Phi((R - r_ij) / s), Phi the standard normal distribution
 * function and s the smearing: how many atoms lie within R of atom i, each counted in a step of finite width
 * (protocol, "Features"). With neighbour elements the sum runs over the atoms j of one element at a time.
 *
 * Each pair is counted once at the first radius that holds it whole, and the counts are cumulated; Phi is evaluated
 * only for the few radii within eight smearing widths of the distance. Counts are integers and stay exact, so that the
 * deviation from the sum as written is below 1e-12 for 500 atoms.
 */
export class CoordinationCounter {
  private readonly grid: RadiusGrid;
  /** Neighbours beyond it (Å) are in no radius. */
  private readonly farthest: number;
  private readonly perSmearing: number;
  private readonly width: number;
  /** Columns of the scratch: behind the others those of elements that nobody asked for, if there may be any. */
  private readonly scratchWidth: number;
  /** First column of the neighbours of each atomic number. */
  private readonly columnOfElement: Int32Array;
  /** Scratch that grows to the largest cluster: [atoms, scratch columns], zero between clusters; and a column an atom. */
  private partialNeighbors = new Float64Array(0);
  private wholeNeighbors = new Uint16Array(0);
  private columnOfAtom = new Int32Array(0);

  constructor(definition: CoordinationDefinition) {
    const { radiiAngstrom: radii, smearingAngstrom, neighborElements } = definition;
    const reach = NORMAL_REACH * smearingAngstrom;
    this.grid = new RadiusGrid(radii, reach);
    this.farthest = radii[radii.length - 1] + reach;
    // finite, so that an atom just at a radius is still half counted
    this.perSmearing = Math.min(1 / smearingAngstrom, Number.MAX_VALUE);
    this.width = coordinationWidth(definition);
    this.scratchWidth = this.width + (neighborElements === undefined ? 0 : radii.length);
    this.columnOfElement = new Int32Array(LARGEST_ATOMIC_NUMBER + 1).fill(this.scratchWidth - radii.length);
    neighborElements?.forEach((symbol, k) => {
      this.columnOfElement[atomicNumberOf(symbol)!] = k * radii.length;
    });
  }

  /** Writes the numbers of all atoms of a cluster: a row an atom; columns by element, then by radius. */
  count(structure: Structure, target: CoordinationTarget): void {
    this.prepare(structure);
    this.takePairs(structure);
    this.cumulate(structure.atomicNumbers.length, target);
  }

  private prepare({ atomicNumbers }: Structure): void {
    const atoms = atomicNumbers.length;
    if (atoms > this.columnOfAtom.length) {
      this.columnOfAtom = new Int32Array(atoms);
      this.partialNeighbors = new Float64Array(atoms * this.scratchWidth);
      this.wholeNeighbors = new Uint16Array(atoms * this.scratchWidth);
    }
    for (let i = 0; i < atoms; i++) this.columnOfAtom[i] = this.columnOfElement[atomicNumbers[i]];
  }

  /** Puts the parts of each neighbour at the radii that cut through it, and a whole one at the first radius beyond. */
  private takePairs({ positionsAngstrom: p }: Structure): void {
    const { grid, scratchWidth, columnOfAtom } = this;
    const { radii } = grid;
    const perSmearing = this.perSmearing;
    const partialNeighbors = this.partialNeighbors;
    const wholeNeighbors = this.wholeNeighbors;
    const count = radii.length;
    // a little more, so that rounding loses no pair just at the last radius
    const farthestSquare = this.farthest * this.farthest * (1 + 1e-12);
    for (let i = 1; 3 * i < p.length; i++) {
      const x = p[3 * i];
      const y = p[3 * i + 1];
      const z = p[3 * i + 2];
      for (let j = 0; j < i; j++) {
        const dx = x - p[3 * j];
        const dy = y - p[3 * j + 1];
        const dz = z - p[3 * j + 2];
        const square = dx * dx + dy * dy + dz * dz;
        if (square > farthestSquare) continue;
        const distance = Math.sqrt(square);
        // j is the neighbour of i, so the element of j decides on the column
        const ofI = i * scratchWidth + columnOfAtom[j];
        const ofJ = j * scratchWidth + columnOfAtom[i];
        const bucket = grid.bucketOf(distance);
        const holding = grid.firstHoldingWhole(bucket);
        for (let k = grid.firstCuttingThrough(bucket); k < holding; k++) {
          const part = tabulatedNormalCdf((radii[k] - distance) * perSmearing);
          partialNeighbors[ofI + k] += part;
          partialNeighbors[ofJ + k] += part;
        }
        if (holding < count) {
          wholeNeighbors[ofI + holding]++;
          wholeNeighbors[ofJ + holding]++;
        }
      }
    }
  }

  /** Writes for each radius the parts there and all that are whole by then, and clears the scratch. */
  private cumulate(atoms: number, { data, start, stride }: CoordinationTarget): void {
    const { partialNeighbors, wholeNeighbors, width, scratchWidth } = this;
    const count = this.grid.radii.length;
    for (let i = 0; i < atoms; i++) {
      for (let first = 0; first < width; first += count) {
        const from = i * scratchWidth + first;
        const to = start + i * stride + first;
        let whole = 0;
        let k = 0;
        // two at a time: the loop itself is a good part of the work
        for (; k + 1 < count; k += 2) {
          const here = whole + wholeNeighbors[from + k];
          whole = here + wholeNeighbors[from + k + 1];
          data[to + k] = partialNeighbors[from + k] + here;
          data[to + k + 1] = partialNeighbors[from + k + 1] + whole;
        }
        if (k < count) data[to + k] = partialNeighbors[from + k] + whole + wholeNeighbors[from + k];
      }
    }
    partialNeighbors.fill(0, 0, atoms * scratchWidth);
    wholeNeighbors.fill(0, 0, atoms * scratchWidth);
  }
}

/** The running coordination numbers of one cluster: [atoms, columns] row-major, columns by element, then by radius. */
export function runningCoordinationNumbers(structure: Structure, definition: CoordinationDefinition): Float64Array {
  const stride = coordinationWidth(definition);
  const data = new Float64Array(structure.atomicNumbers.length * stride);
  new CoordinationCounter(definition).count(structure, { data, start: 0, stride });
  return data;
}
