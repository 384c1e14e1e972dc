import type { Structure } from '../../../chemistry/structure.ts';
import { checkEmbedded } from '../pairs.ts';
import type { Arena } from './arena.ts';
import { type DistanceGrid, interpolationWeights } from './distance-grid.ts';

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
    const pairs = this.findPairs(structure);
    const geometry = {
      atoms: structure.atomicNumbers.length,
      pairs: this.writePairs(pairs),
      pairCount: pairs.length,
      ...this.writeEntries(elements, pairs),
      elements,
    };
    this.known.set(structure, geometry);
    return geometry;
  }

  private elementOf(z: number): number {
    const index = this.atomicNumbers.indexOf(z);
    return index >= 0 ? index : this.atomicNumbers.push(z) - 1;
  }

  private findPairs({ atomicNumbers, positionsAngstrom: p }: Structure): Pair[] {
    const pairs: Pair[] = [];
    const largestSquare = this.cutoffAngstrom * this.cutoffAngstrom;
    for (let i = 0; i < atomicNumbers.length; i++) {
      for (let j = i + 1; j < atomicNumbers.length; j++) {
        const x = p[3 * i] - p[3 * j];
        const y = p[3 * i + 1] - p[3 * j + 1];
        const z = p[3 * i + 2] - p[3 * j + 2];
        const square = x * x + y * y + z * z;
        if (square >= largestSquare) continue;
        const { node, share } = this.grid.locate(Math.sqrt(square));
        this.nodes = Math.max(this.nodes, node + 4);
        pairs.push({ i, j, node, weights: interpolationWeights(share) });
      }
    }
    return pairs;
  }

  private writePairs(pairs: readonly Pair[]): number {
    const address = this.arena.allocate(PAIR_NUMBERS * pairs.length);
    const { float32, uint32 } = this.arena;
    let at = address / 4;
    for (const { i, j, node, weights } of pairs) {
      uint32[at] = i;
      uint32[at + 1] = j;
      uint32[at + 2] = node * this.filterRowBytes;
      for (let k = 0; k < 4; k++) float32[at + 4 + k] = weights[k];
      at += PAIR_NUMBERS;
    }
    return address;
  }

  /**
   * For each atom, the weights of its neighbours summed by element and node; in the order of atomic numbers, because in which order
   * elements were seen must not change a bit.
   */
  private writeEntries(elements: Uint32Array, pairs: readonly Pair[]) {
    const { mostNodes } = this.grid;
    const keyOf = (atom: number) => this.atomicNumbers[elements[atom]] * mostNodes;
    const sums = Array.from(elements, () => new Map<number, number>());
    for (const { i, j, node, weights } of pairs) {
      for (let k = 0; k < 4; k++) {
        addTo(sums[i], keyOf(j) + node + k, weights[k]);
        addTo(sums[j], keyOf(i) + node + k, weights[k]);
      }
    }
    const entryStarts = this.arena.allocate(elements.length + 1);
    const entries = this.arena.allocate(ENTRY_NUMBERS * sums.reduce((total, { size }) => total + size + (size % 2), 0));
    const { float32, uint32 } = this.arena;
    let written = 0;
    sums.forEach((rows, atom) => {
      uint32[entryStarts / 4 + atom] = written;
      const sorted = [...rows].sort(([a], [b]) => a - b);
      // the kernels take two at a time
      if (sorted.length % 2 === 1) sorted.push([sorted[0][0], 0]);
      for (const [key, weight] of sorted) {
        const row = this.elementOf(Math.floor(key / mostNodes)) * mostNodes + (key % mostNodes);
        uint32[entries / 4 + ENTRY_NUMBERS * written] = row * this.basisRowBytes;
        float32[entries / 4 + ENTRY_NUMBERS * written + 1] = weight;
        written++;
      }
    });
    uint32[entryStarts / 4 + elements.length] = written;
    return { entryStarts, entries };
  }
}

/** Two atoms within the cutoff, and the nodes of the grid around their distance. */
interface Pair {
  readonly i: number;
  readonly j: number;
  readonly node: number;
  readonly weights: readonly number[];
}

function addTo(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
