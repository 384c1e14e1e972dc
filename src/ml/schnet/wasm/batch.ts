import type { Arena } from './arena.ts';
import type { ClusterGeometry } from './geometry.ts';
import type { Widths } from './parameters.ts';

const DESCRIPTION_NUMBERS = 5;

/** A part of a batch is full with so many: what is known of its atoms then stays in the second cache from layer to layer. */
const ATOMS_OF_PART = 192;

/** Consecutive clusters of a batch that go through all layers together. */
export interface Part {
  /** Address of their descriptions. */
  readonly clusters: number;
  readonly count: number;
  readonly atoms: number;
  /** Of their first atom: its place in the batch, and its row in the matrices that stay. */
  readonly firstAtom: number;
  readonly firstRow: number;
}

/** Room for the atoms of a batch; what has a row an atom and is not needed between forward and backward, for those of a part. */
export interface Activations {
  readonly rows: number;
  readonly partRows: number;
  /** For each block: what the convolution gathered (not of the first), and what f2out makes of it, with its slope. */
  readonly gathered: readonly number[];
  readonly values: readonly number[];
  readonly slopes: readonly number[];
  /** What later layers take from each atom, [atoms, taken]. */
  readonly taken: number;
  readonly outputValues: number;
  /** Of a part only. */
  readonly dTaken: number;
  readonly dValues: number;
  readonly dGathered: number;
}

/** Atoms that room is made for together. */
const ROUND = 64;

/** The clusters that a network works on, described to the kernels, and room for all it makes of them; room is kept for the next. */
export class Batch {
  parts: readonly Part[] = [];
  atoms = 0;
  /** Addresses of what each atom has: its element, its output, the derivative by that. */
  elements = 0;
  outputs = 0;
  dOutputs = 0;
  private atomCapacity = 0;
  private clusters = 0;
  private clusterCapacity = 0;
  private room: Activations | null = null;

  constructor(
    private readonly arena: Arena,
    private readonly widths: Widths,
    private readonly blocks: number,
  ) {}

  /** Of the clusters that were entered last. */
  get activations(): Activations {
    return this.room!;
  }

  /** Cuts a batch into parts; if `isKept`, what a part leaves in the matrices is still there after the others. */
  enter(clusters: readonly ClusterGeometry[], isKept: boolean): void {
    this.atoms = clusters.reduce((sum, cluster) => sum + cluster.atoms, 0);
    if (this.clusterCapacity < clusters.length) {
      this.clusters = this.arena.allocate(DESCRIPTION_NUMBERS * clusters.length);
      this.clusterCapacity = clusters.length;
    }
    if (this.atomCapacity < this.atoms) {
      this.atomCapacity = Math.ceil(this.atoms / ROUND) * ROUND;
      const column = () => this.arena.allocate(this.atomCapacity);
      [this.elements, this.outputs, this.dOutputs] = [column(), column(), column()];
    }
    this.describe(clusters);
    this.parts = partsOf(clusters, this.clusters, isKept);
    const largestPart = this.parts.reduce((most, part) => Math.max(most, part.atoms), 0);
    this.makeRoom(isKept ? this.atoms : 0, largestPart);
  }

  private describe(clusters: readonly ClusterGeometry[]): void {
    const { uint32 } = this.arena;
    let at = this.clusters / 4;
    let atom = this.elements / 4;
    for (const { pairs, pairCount, entryStarts, entries, atoms, elements } of clusters) {
      uint32.set([pairs, pairCount, entryStarts, entries, atoms], at);
      uint32.set(elements, atom);
      at += DESCRIPTION_NUMBERS;
      atom += atoms;
    }
  }

  private makeRoom(atoms: number, partAtoms: number): void {
    const known = this.room;
    const needed = Math.max(atoms, partAtoms);
    if (known !== null && known.rows >= needed && known.partRows >= partAtoms) return;
    const rows = Math.max(known?.rows ?? 0, Math.ceil(needed / ROUND) * ROUND);
    const partRows = Math.max(known?.partRows ?? 0, Math.ceil(partAtoms / ROUND) * ROUND);
    const { basis, filters, hidden, taken } = this.widths;
    const matrix = (width: number) => this.arena.allocate(rows * width);
    const matrices = (width: number) => Array.from({ length: this.blocks }, () => matrix(width));
    const ofPart = (width: number) => this.arena.allocate(partRows * width);
    this.room = {
      ...{ rows, partRows },
      // the first block gathers into its values
      gathered: Array.from({ length: this.blocks }, (_, block) => (block === 0 ? 0 : matrix(filters))),
      ...{ values: matrices(basis), slopes: matrices(basis) },
      ...{ taken: matrix(taken), outputValues: matrix(hidden) },
      ...{ dTaken: ofPart(taken), dValues: ofPart(basis), dGathered: ofPart(filters) },
    };
  }
}

function partsOf(clusters: readonly ClusterGeometry[], descriptions: number, isKept: boolean): Part[] {
  const parts: Part[] = [];
  let [count, atoms, firstAtom, address] = [0, 0, 0, descriptions];
  const close = () => {
    parts.push({ clusters: address, count, atoms, firstAtom, firstRow: isKept ? firstAtom : 0 });
    firstAtom += atoms;
    address += 4 * DESCRIPTION_NUMBERS * count;
    [count, atoms] = [0, 0];
  };
  for (const cluster of clusters) {
    if (count > 0 && atoms + cluster.atoms > ATOMS_OF_PART) close();
    count++;
    atoms += cluster.atoms;
  }
  if (count > 0) close();
  return parts;
}
