import type { Structure } from '../../../chemistry/structure.ts';
import { checkEmbedded } from '../pairs.ts';
import type { Arena } from './arena.ts';
import { type DistanceGrid, writeInterpolationWeights } from './distance-grid.ts';

/** What the kernels need to know of a cluster; addresses are those of the arena. */
export interface ClusterGeometry {
  readonly atoms: number;
  readonly pairs: number;
  readonly pairCount: number;
  readonly entryStarts: number;
  readonly entries: number;
  /** Of each atom: the place of its element among those seen so far. */
  readonly elements: Uint32Array;
}

const PAIR_NUMBERS = 8;
const ENTRY_NUMBERS = 2;

/**
 * Finds the pairs of atoms within the cutoff, once for each structure, and writes them as the kernels read them: as pairs for the
 * convolutions (kernels/convolution.ts), and gathered for the first block (kernels/table-sum.ts).
 */
export class Geometries {
  /** Atomic numbers seen so far, in the order in which they came. */
  readonly atomicNumbers: number[] = [];
  /** How many nodes of the grid are in use. */
  nodes = 4;
  private readonly known = new WeakMap<Structure, ClusterGeometry>();
  private found = new FoundPairs(0);
  /** Used anew for every structure: sums of weights, all zero between, and the entries made of them. */
  private sums = new Float64Array(0);
  private rows = new Uint32Array(0);
  private weights = new Float32Array(0);

  constructor(
    private readonly arena: Arena,
    private readonly grid: DistanceGrid,
    private readonly cutoffAngstrom: number,
    /** Bytes of a row of a filter table, and of the first block's table. */
    private readonly filterRowBytes: number,
    private readonly basisRowBytes: number,
  ) {}

  /** Throws INVALID_STRUCTURE for an element that the embedding has no row for. */
  of(structure: Structure): ClusterGeometry {
    const known = this.known.get(structure);
    if (known !== undefined) return known;
    checkEmbedded(structure);
    const elements = Uint32Array.from(structure.atomicNumbers, (z) => this.elementOf(z));
    const pairCount = this.findPairs(structure);
    const geometry = {
      atoms: structure.atomicNumbers.length,
      pairs: this.writePairs(pairCount),
      pairCount,
      ...this.writeEntries(elements, pairCount),
      elements,
    };
    this.known.set(structure, geometry);
    return geometry;
  }

  private elementOf(z: number): number {
    const index = this.atomicNumbers.indexOf(z);
    return index >= 0 ? index : this.atomicNumbers.push(z) - 1;
  }

  /** Fills `found` with the pairs of atoms within the cutoff; their number. */
  private findPairs({ atomicNumbers, positionsAngstrom: p }: Structure): number {
    const atoms = atomicNumbers.length;
    if (this.found.first.length < (atoms * (atoms - 1)) / 2) this.found = new FoundPairs((atoms * (atoms - 1)) / 2);
    const { first, second, nodes, weights } = this.found;
    const largestSquare = this.cutoffAngstrom * this.cutoffAngstrom;
    let count = 0;
    for (let i = 0; i < atoms; i++) {
      for (let j = i + 1; j < atoms; j++) {
        const x = p[3 * i] - p[3 * j];
        const y = p[3 * i + 1] - p[3 * j + 1];
        const z = p[3 * i + 2] - p[3 * j + 2];
        const square = x * x + y * y + z * z;
        if (square >= largestSquare) continue;
        const place = this.grid.placeOf(Math.sqrt(square));
        const node = Math.floor(place);
        first[count] = i;
        second[count] = j;
        nodes[count] = node;
        writeInterpolationWeights(place - node, weights, 4 * count);
        this.nodes = Math.max(this.nodes, node + 4);
        count++;
      }
    }
    return count;
  }

  private writePairs(count: number): number {
    const address = this.arena.allocate(PAIR_NUMBERS * count);
    const { float32, uint32 } = this.arena;
    const { first, second, nodes, weights } = this.found;
    for (let pair = 0, at = address / 4; pair < count; pair++, at += PAIR_NUMBERS) {
      uint32[at] = first[pair];
      uint32[at + 1] = second[pair];
      uint32[at + 2] = nodes[pair] * this.filterRowBytes;
      for (let k = 0; k < 4; k++) float32[at + 4 + k] = weights[4 * pair + k];
    }
    return address;
  }

  /**
   * For each atom, the weights of its neighbours summed by element and node; in the order of atomic numbers, because in which order
   * elements were seen must not change a bit.
   */
  private writeEntries(elements: Uint32Array, pairCount: number) {
    const { first, second, nodes, weights } = this.found;
    const present = [...new Set(elements)].sort((a, b) => this.atomicNumbers[a] - this.atomicNumbers[b]);
    const width = present.length * this.nodes;
    const columnOf = Uint32Array.from(elements, (element) => present.indexOf(element) * this.nodes);
    if (this.sums.length < elements.length * width) this.sums = new Float64Array(elements.length * width);
    const { sums } = this;
    for (let pair = 0; pair < pairCount; pair++) {
      const [i, j] = [first[pair], second[pair]];
      const ofFirst = i * width + columnOf[j] + nodes[pair];
      const ofSecond = j * width + columnOf[i] + nodes[pair];
      for (let k = 0; k < 4; k++) {
        sums[ofFirst + k] += weights[4 * pair + k];
        sums[ofSecond + k] += weights[4 * pair + k];
      }
    }
    return this.writeSums(elements.length, present);
  }

  /** Writes what is not zero of the sums [atoms, elements, nodes], and leaves zeros. */
  private writeSums(atoms: number, present: readonly number[]) {
    const { sums, nodes } = this;
    const most = atoms * (present.length * nodes + 1);
    if (this.rows.length < most) [this.rows, this.weights] = [new Uint32Array(most), new Float32Array(most)];
    const { rows, weights } = this;
    const starts = new Uint32Array(atoms + 1);
    let written = 0;
    let index = 0;
    for (let atom = 0; atom < atoms; atom++) {
      for (const element of present) {
        for (let row = element * this.grid.mostNodes, end = row + nodes; row < end; row++, index++) {
          const sum = sums[index];
          if (sum === 0) continue;
          sums[index] = 0;
          rows[written] = row * this.basisRowBytes;
          weights[written++] = sum;
        }
      }
      // the kernels take two at a time
      if ((written - starts[atom]) % 2 === 1) {
        rows[written] = rows[starts[atom]];
        weights[written++] = 0;
      }
      starts[atom + 1] = written;
    }
    return this.writeEntriesOf(starts, written);
  }

  private writeEntriesOf(starts: Uint32Array, count: number) {
    const entryStarts = this.arena.allocate(starts.length);
    const entries = this.arena.allocate(ENTRY_NUMBERS * count);
    const { float32, uint32 } = this.arena;
    uint32.set(starts, entryStarts / 4);
    for (let entry = 0, at = entries / 4; entry < count; entry++, at += ENTRY_NUMBERS) {
      uint32[at] = this.rows[entry];
      float32[at + 1] = this.weights[entry];
    }
    return { entryStarts, entries };
  }
}

/** Room for pairs of atoms: both, the first of the four nodes around their distance, and the weights of these. */
class FoundPairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly nodes: Uint32Array;
  readonly weights: Float64Array;

  constructor(capacity: number) {
    this.first = new Uint32Array(capacity);
    this.second = new Uint32Array(capacity);
    this.nodes = new Uint32Array(capacity);
    this.weights = new Float64Array(4 * capacity);
  }
}
