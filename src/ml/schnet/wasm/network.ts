import { ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON } from '../adam.ts';
import type { SchNetHyperparameters } from '../hyperparameters.ts';
import { EMBEDDING, interactionLayers, OUTPUT_HIDDEN, OUTPUT_LAST } from '../weights.ts';
import { Arena } from './arena.ts';
import { DistanceGrid } from './distance-grid.ts';
import { allocateElementTables, type ElementTables } from './element-tables.ts';
import { type ClusterGeometry, Geometries } from './geometry.ts';
import { type Kernels, kernelsIn } from './kernels.ts';
import { ACCUMULATE, FROM_ROW, MatrixProducts, OVERWRITE } from './matrix-products.ts';
import { ParameterLayout } from './parameters.ts';

const DESCRIPTION_NUMBERS = 5;

/** A part of a batch is full with so many: what is known of its atoms then stays in the second cache from layer to layer. */
const ATOMS_OF_PART = 192;

/** Consecutive clusters of a batch that go through all layers together. */
interface Part {
  /** Address of their descriptions. */
  readonly clusters: number;
  readonly count: number;
  readonly atoms: number;
  /** Of their first atom: its place in the batch, and its row in the matrices that stay. */
  readonly firstAtom: number;
  readonly firstRow: number;
}

/** Addresses of one interaction block; `d` are derivatives of the loss. Tables have a row a node, the others a row an atom. */
interface Block {
  /** Filter network: its weights, what its hidden layer gives and with which slope, and the table of filters. */
  readonly filterHidden: number;
  readonly filterHiddenBias: number;
  readonly filter: number;
  readonly filterBias: number;
  readonly hidden: number;
  readonly hiddenSlope: number;
  readonly table: number;
  readonly dTable: number;
  readonly f2out: number;
  readonly f2outBias: number;
  readonly dense: number;
  readonly denseBias: number;
  /** The dense layer times all that later layers take of its outcome, [basis, taken]. */
  readonly product: number;
  readonly dProduct: number;
  /** As matrix products read them, and their transposes: the product from `firstTaken` on, and f2out. */
  readonly packedProduct: number;
  readonly packedProductTransposed: number;
  readonly packedF2out: number;
  readonly packedF2outTransposed: number;
  /** First of the columns that later layers take of this block's outcome. */
  readonly firstTaken: number;
}

/** Room for the atoms of a batch; what has a row an atom and is not needed between forward and backward, for those of a part. */
interface Activations {
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

/**
 * SchNet forward, backward and Adam on the kernels: everything that costs time happens there, this only says what comes after what.
 *
 * It computes what `tensorflow/model.ts` reads like, differently in three ways. Filters are tables on a grid of distances
 * (distance-grid.ts), through which the network is also trained. The features of atoms never appear: layers that follow each
 * other without a nonlinearity between are one matrix, so that a block adds to what all later layers take. And the first block, in
 * which neighbours differ by element only, is a sparse matrix times a small table (kernels/table-sum.ts).
 */
export class Network {
  readonly layout: ParameterLayout;
  readonly geometries: Geometries;
  private readonly arena = new Arena();
  private readonly kernels: Kernels = kernelsIn(this.arena);
  private readonly grid: DistanceGrid;
  private readonly blocks: readonly Block[];
  /** Addresses of the four vectors of parameters. */
  private readonly parameters: number;
  private readonly gradient: number;
  private readonly firstMoment: number;
  private readonly secondMoment: number;
  private readonly gaussians: number;
  private readonly cutoffs: number;
  private describedNodes = 0;
  private readonly tableScratch: number;
  private readonly dHidden: number;
  private readonly products: MatrixProducts;
  private readonly row: number;
  private elementTables: ElementTables | null = null;
  private activations: Activations | null = null;
  private parts: readonly Part[] = [];
  /** Addresses: descriptions of the clusters of a batch; of its atoms the elements, outputs and derivatives by these. */
  private clusters = 0;
  private clusterCapacity = 0;
  private elements = 0;
  private outputs = 0;
  private dOutputs = 0;
  private atomCapacity = 0;

  constructor(hyperparameters: SchNetHyperparameters) {
    this.layout = new ParameterLayout(hyperparameters);
    this.grid = new DistanceGrid(hyperparameters);
    const { basis, filters, gaussians, taken } = this.layout.widths;
    const { mostNodes } = this.grid;
    const { arena } = this;
    this.geometries = new Geometries(arena, this.grid, hyperparameters.cutoffAngstrom, 4 * filters, 4 * basis);
    const vector = () => arena.allocate(this.layout.length);
    [this.parameters, this.gradient, this.firstMoment, this.secondMoment] = [vector(), vector(), vector(), vector()];
    const table = (width: number) => arena.allocate(mostNodes * width);
    this.gaussians = table(gaussians);
    this.cutoffs = arena.allocate(mostNodes);
    this.tableScratch = table(filters);
    this.dHidden = table(filters);
    this.blocks = Array.from({ length: hyperparameters.interactions }, (_, block) => {
      const layers = interactionLayers(block);
      return {
        filterHidden: this.parameter(layers.filterHidden),
        filterHiddenBias: this.parameter(`${layers.filterHidden}.bias`),
        filter: this.parameter(layers.filter),
        filterBias: this.parameter(`${layers.filter}.bias`),
        ...{ hidden: table(filters), hiddenSlope: table(filters), table: table(filters), dTable: table(filters) },
        f2out: this.parameter(layers.f2out),
        f2outBias: this.parameter(`${layers.f2out}.bias`),
        dense: this.parameter(layers.dense),
        denseBias: this.parameter(`${layers.dense}.bias`),
        ...{ product: arena.allocate(basis * taken), dProduct: arena.allocate(basis * taken) },
        ...{ packedProduct: arena.allocate(basis * taken), packedProductTransposed: arena.allocate(basis * taken) },
        ...{ packedF2out: arena.allocate(filters * basis), packedF2outTransposed: arena.allocate(filters * basis) },
        firstTaken: block * filters,
      };
    });
    const widest = Math.max(basis, filters, gaussians, taken, 16);
    this.products = new MatrixProducts(arena, this.kernels, widest);
    this.row = arena.allocate(widest);
  }

  /** The parameters, as a view. */
  get weights(): Float32Array {
    return this.arena.floats(this.parameters, this.layout.length);
  }

  get gradients(): Float32Array {
    return this.arena.floats(this.gradient, this.layout.length);
  }

  get moments(): readonly [first: Float32Array, second: Float32Array] {
    return [
      this.arena.floats(this.firstMoment, this.layout.length),
      this.arena.floats(this.secondMoment, this.layout.length),
    ];
  }

  /** Outputs of all atoms of the clusters, in order, as a view that the next call overwrites; `backward` may follow. */
  forward(clusters: readonly ClusterGeometry[]): Float32Array {
    return this.run(clusters, true);
  }

  /** The same in less memory, and not to be followed by `backward`. */
  predict(clusters: readonly ClusterGeometry[]): Float32Array {
    return this.run(clusters, false);
  }

  /** The derivative of a loss by all parameters, into `gradients`; `derivative` is that by each output of the last `forward`. */
  backward(derivative: ArrayLike<number>): void {
    const { arena } = this;
    const { basis, filters, taken } = this.layout.widths;
    const tables = this.elementTables!;
    const { nodes } = this.geometries;
    this.gradients.fill(0);
    arena.floats(this.dOutputs, derivative.length).set(derivative);
    arena.floats(tables.dTaken, tables.count * taken).fill(0);
    arena.floats(tables.dGathered, tables.count * this.grid.mostNodes * basis).fill(0);
    for (const { dProduct, dTable } of this.blocks) {
      arena.floats(dProduct, basis * taken).fill(0);
      arena.floats(dTable, nodes * filters).fill(0);
    }
    for (const part of this.parts) this.partBack(part);
    this.elementsBack();
    this.firstBlockBack();
    for (const block of this.blocks) this.filterBack(block);
    this.productsBack();
  }

  /** A step of Adam along the last gradients; `rate` and `correction` are those of kernels/adam.ts. */
  step(rate: number, correction: number): void {
    this.kernels.adam(
      ...[this.parameters, this.gradient, this.firstMoment, this.secondMoment, this.layout.length],
      ...[rate, ADAM_BETA1, ADAM_BETA2, correction, ADAM_EPSILON],
    );
  }

  private parameter(name: string): number {
    return this.parameters + 4 * this.layout.offsetOf(name);
  }

  /** Address of the derivative by a parameter. */
  private slope(name: string): number {
    return this.toGradient(this.parameter(name));
  }

  private toGradient(parameter: number): number {
    return parameter - this.parameters + this.gradient;
  }

  private run(clusters: readonly ClusterGeometry[], isKept: boolean): Float32Array {
    const atoms = this.enter(clusters, isKept);
    this.prepareTables();
    this.prepareElements();
    for (const part of this.parts) this.partForward(part);
    return this.arena.floats(this.outputs, atoms);
  }

  private partForward({ clusters, count, atoms, firstAtom, firstRow }: Part): void {
    const room = this.activations!;
    const { basis, filters, hidden, taken } = this.layout.widths;
    const { kernels, products } = this;
    const tables = this.elementTables!;
    const takenRows = room.taken + 4 * taken * firstRow;
    this.blocks.forEach((block, index) => {
      const values = room.values[index] + 4 * basis * firstRow;
      if (index === 0) {
        kernels.sumTableRows(clusters, count, tables.gathered, block.f2outBias, values, basis);
      } else {
        const gathered = room.gathered[index] + 4 * filters * firstRow;
        const neighbors = takenRows + 4 * this.blocks[index - 1].firstTaken;
        kernels.convolve(clusters, count, block.table, neighbors, 4 * taken, gathered, filters);
        products.productWithPacked(gathered, filters, block.packedF2out, values, basis, {
          ...{ rows: atoms, inner: filters, columns: basis, mode: FROM_ROW, row: block.f2outBias },
        });
      }
      kernels.shiftedSoftplus(values, values, room.slopes[index] + 4 * basis * firstRow, atoms * basis);
      const isUniform = index === 0 && this.geometries.atomicNumbers.length === 1;
      if (index === 0 && !isUniform) {
        kernels.gatherRows(tables.taken, this.elements + 4 * firstAtom, takenRows, 4 * taken, atoms, taken);
      }
      const columns = taken - block.firstTaken;
      products.productWithPacked(values, basis, block.packedProduct, takenRows + 4 * block.firstTaken, taken, {
        ...{ rows: atoms, inner: basis, columns },
        ...(isUniform ? { mode: FROM_ROW, row: tables.taken } : { mode: ACCUMULATE, row: 0 }),
      });
    });
    const bias = this.arena.float32[this.parameter(`${OUTPUT_LAST}.bias`) / 4];
    const outputValues = room.outputValues + 4 * hidden * firstRow;
    kernels.output(
      ...[takenRows + 4 * (taken - hidden), 4 * taken, outputValues, this.parameter(OUTPUT_LAST), bias],
      ...[this.outputs + 4 * firstAtom, atoms, hidden],
    );
  }

  /** Adds what the atoms of a part do to the gradient, up to what is the same for all atoms of an element. */
  private partBack({ clusters, count, atoms, firstAtom, firstRow }: Part): void {
    const room = this.activations!;
    const { basis, filters, hidden, taken } = this.layout.widths;
    const { kernels, products } = this;
    const tables = this.elementTables!;
    const takenRows = room.taken + 4 * taken * firstRow;
    const { dTaken, dValues, dGathered } = room;
    const output = 4 * (taken - hidden);
    kernels.outputBack(
      ...[takenRows + output, 4 * taken, dTaken + output, room.outputValues + 4 * hidden * firstRow],
      ...[this.parameter(OUTPUT_LAST), this.dOutputs + 4 * firstAtom],
      ...[this.slope(OUTPUT_LAST), this.slope(`${OUTPUT_LAST}.bias`), atoms, hidden],
    );
    for (let index = this.blocks.length - 1; index >= 0; index--) {
      const block = this.blocks[index];
      const values = room.values[index] + 4 * basis * firstRow;
      const slopes = room.slopes[index] + 4 * basis * firstRow;
      const from = 4 * block.firstTaken;
      const columns = taken - block.firstTaken;
      products.addTransposedProduct(values, basis, dTaken + from, taken, block.dProduct + from, taken, {
        ...{ rows: atoms, inner: basis, columns },
      });
      products.productWithPacked(dTaken + from, taken, block.packedProductTransposed, dValues, basis, {
        ...{ rows: atoms, inner: columns, columns: basis, mode: OVERWRITE, row: 0 },
      });
      kernels.multiplyAndSumRows(
        ...[dValues, 4 * basis, slopes, 4 * basis, this.toGradient(block.f2outBias), atoms, basis],
      );
      if (index === 0) {
        kernels.sumTableRowsBack(clusters, count, tables.dGathered, dValues, basis);
        continue;
      }
      const gathered = room.gathered[index] + 4 * filters * firstRow;
      products.addTransposedProduct(gathered, filters, dValues, basis, this.toGradient(block.f2out), basis, {
        ...{ rows: atoms, inner: filters, columns: basis },
      });
      products.productWithPacked(dValues, basis, block.packedF2outTransposed, dGathered, filters, {
        ...{ rows: atoms, inner: basis, columns: filters, mode: OVERWRITE, row: 0 },
      });
      const neighbors = 4 * this.blocks[index - 1].firstTaken;
      kernels.convolveBack(
        ...[clusters, count, block.table, block.dTable, takenRows + neighbors, dTaken + neighbors, 4 * taken],
        ...[dGathered, filters, products.scratch],
      );
    }
    if (tables.count === 1) {
      kernels.sumRows(dTaken, 4 * taken, tables.dTaken, atoms, taken);
    } else {
      kernels.scatterAddRows(dTaken, this.elements + 4 * firstAtom, tables.dTaken, 4 * taken, atoms, taken);
    }
  }

  /** Describes a batch to the kernels, cuts it into parts and makes room for its atoms; their number. */
  private enter(clusters: readonly ClusterGeometry[], isKept: boolean): number {
    const atoms = clusters.reduce((sum, cluster) => sum + cluster.atoms, 0);
    if (this.clusterCapacity < clusters.length) {
      this.clusters = this.arena.allocate(DESCRIPTION_NUMBERS * clusters.length);
      this.clusterCapacity = clusters.length;
    }
    if (this.atomCapacity < atoms) {
      this.atomCapacity = Math.ceil(atoms / 64) * 64;
      const room = () => this.arena.allocate(this.atomCapacity);
      [this.elements, this.outputs, this.dOutputs] = [room(), room(), room()];
    }
    this.describe(clusters);
    this.parts = partsOf(clusters, this.clusters, isKept);
    const largestPart = this.parts.reduce((most, part) => Math.max(most, part.atoms), 0);
    this.makeRoom(isKept ? atoms : 0, largestPart);
    return atoms;
  }

  private describe(clusters: readonly ClusterGeometry[]): void {
    const { uint32 } = this.arena;
    let at = this.clusters / 4;
    let atom = this.elements / 4;
    for (const { pairs, pairCount, entryStarts, entries, atoms: own, elements } of clusters) {
      uint32.set([pairs, pairCount, entryStarts, entries, own], at);
      uint32.set(elements, atom);
      at += DESCRIPTION_NUMBERS;
      atom += own;
    }
  }

  private makeRoom(atoms: number, partAtoms: number): void {
    const known = this.activations;
    const needed = Math.max(atoms, partAtoms);
    if (known !== null && known.rows >= needed && known.partRows >= partAtoms) return;
    const rows = Math.max(known?.rows ?? 0, Math.ceil(needed / 64) * 64);
    const partRows = Math.max(known?.partRows ?? 0, Math.ceil(partAtoms / 64) * 64);
    const { basis, filters, hidden, taken } = this.layout.widths;
    const room = (width: number) => this.arena.allocate(rows * width);
    const partRoom = (width: number) => this.arena.allocate(partRows * width);
    this.activations = {
      ...{ rows, partRows },
      gathered: this.blocks.map((_, index) => (index === 0 ? 0 : room(filters))),
      values: this.blocks.map(() => room(basis)),
      slopes: this.blocks.map(() => room(basis)),
      ...{ taken: room(taken), outputValues: room(hidden) },
      ...{ dTaken: partRoom(taken), dValues: partRoom(basis), dGathered: partRoom(filters) },
    };
  }

  /** Filters of all blocks at all nodes: T = fc (ssp(gaussians A1 + a1) A2 + a2). */
  private prepareTables(): void {
    const { nodes } = this.geometries;
    const { filters, gaussians } = this.layout.widths;
    for (; this.describedNodes < nodes; this.describedNodes++) {
      const into = this.arena.floats(this.gaussians + 4 * gaussians * this.describedNodes, gaussians);
      this.arena.float32[this.cutoffs / 4 + this.describedNodes] = this.grid.describe(this.describedNodes, into, 0);
    }
    for (const { filterHidden, filterHiddenBias, filter, filterBias, hidden, hiddenSlope, table } of this.blocks) {
      this.products.product(this.gaussians, gaussians, filterHidden, filters, hidden, filters, {
        ...{ rows: nodes, inner: gaussians, columns: filters, mode: FROM_ROW, row: filterHiddenBias },
      });
      this.kernels.shiftedSoftplus(hidden, hidden, hiddenSlope, nodes * filters);
      this.products.product(hidden, filters, filter, filters, this.tableScratch, filters, {
        ...{ rows: nodes, inner: filters, columns: filters, mode: FROM_ROW, row: filterBias },
      });
      this.kernels.scaleRows(this.tableScratch, this.cutoffs, table, nodes, filters);
    }
    this.prepareProducts();
  }

  private prepareProducts(): void {
    const { products } = this;
    const { basis, filters, taken } = this.layout.widths;
    this.blocks.forEach((block, index) => {
      const { firstTaken } = block;
      const product = block.product + 4 * firstTaken;
      const columns = taken - firstTaken;
      products.product(block.dense, basis, this.sharedFrom(firstTaken), taken, product, taken, {
        ...{ rows: basis, inner: basis, columns, mode: OVERWRITE, row: 0 },
      });
      products.pack(product, taken, { inner: basis, columns }, block.packedProduct);
      products.packTransposed(product, taken, { inner: columns, columns: basis }, block.packedProductTransposed);
      if (index === 0) return;
      products.pack(block.f2out, basis, { inner: filters, columns: basis }, block.packedF2out);
      products.packTransposed(block.f2out, basis, { inner: basis, columns: filters }, block.packedF2outTransposed);
    });
  }

  /** Address of the matrix of all that later layers take, [basis, taken], from a column on. */
  private sharedFrom(column: number): number {
    const { hidden, taken } = this.layout.widths;
    return this.parameter(OUTPUT_HIDDEN) - 4 * (taken - hidden) + 4 * column;
  }

  /** What depends on the element of an atom alone. */
  private prepareElements(): void {
    const { atomicNumbers, nodes } = this.geometries;
    const { basis, filters, hidden, taken } = this.layout.widths;
    const { kernels, arena } = this;
    if (this.elementTables === null || this.elementTables.count < atomicNumbers.length) {
      this.elementTables = allocateElementTables(
        ...([this.arena, atomicNumbers.length, this.blocks.length, this.grid.mostNodes, this.layout.widths] as const),
      );
    }
    const tables = this.elementTables;
    const [first] = this.blocks;
    const in2f = this.parameter(interactionLayers(0).in2f);
    atomicNumbers.forEach((z, element) => {
      const embedding = this.parameter(EMBEDDING) + 4 * basis * z;
      const own = tables.own(element);
      arena.floats(own.filtered, filters).fill(0);
      kernels.addVectorTimesMatrix(embedding, in2f, 4 * filters, own.filtered, basis, filters);
      kernels.scaleColumns(first.table, own.filtered, own.table, nodes, filters);
      this.products.product(own.table, filters, first.f2out, basis, own.gathered, basis, {
        ...{ rows: nodes, inner: filters, columns: basis, mode: OVERWRITE, row: 0 },
      });
      // the features without what the nonlinearities add: the embedding and the biases of the dense layers so far
      arena.floats(own.taken, taken).fill(0);
      arena
        .floats(own.taken + 4 * (taken - hidden), hidden)
        .set(arena.floats(this.parameter(`${OUTPUT_HIDDEN}.bias`), hidden));
      let features = embedding;
      this.blocks.forEach(({ denseBias, firstTaken }, index) => {
        const sum = own.features + 4 * basis * index;
        kernels.add(features, denseBias, sum, basis);
        const shared = this.sharedFrom(firstTaken);
        kernels.addVectorTimesMatrix(sum, shared, 4 * taken, own.taken + 4 * firstTaken, basis, this.widthTaken(index));
        features = sum;
      });
    });
  }

  /** How many columns the next layer takes of a block's outcome: filters, or the output's hidden layer. */
  private widthTaken(block: number): number {
    const { filters, hidden } = this.layout.widths;
    return block === this.blocks.length - 1 ? hidden : filters;
  }

  /** Elements by atomic number: the order of sums must not depend on which was seen first. */
  private elementsInOrder(): number[] {
    const { atomicNumbers } = this.geometries;
    return atomicNumbers.map((_, element) => element).sort((a, b) => atomicNumbers[a] - atomicNumbers[b]);
  }

  /** From what each atom gives to later layers to the embedding and the biases. */
  private elementsBack(): void {
    const { basis, hidden, taken } = this.layout.widths;
    const { kernels, arena } = this;
    const tables = this.elementTables!;
    const { atomicNumbers } = this.geometries;
    for (const element of this.elementsInOrder()) {
      const own = tables.own(element);
      const dHiddenBias = this.slope(`${OUTPUT_HIDDEN}.bias`);
      kernels.add(own.dTaken + 4 * (taken - hidden), dHiddenBias, dHiddenBias, hidden);
      arena.floats(this.row, basis).fill(0);
      for (let index = this.blocks.length - 1; index >= 0; index--) {
        const { denseBias, firstTaken } = this.blocks[index];
        const [shared, width] = [this.sharedFrom(firstTaken), this.widthTaken(index)];
        const dTaken = own.dTaken + 4 * firstTaken;
        const features = own.features + 4 * basis * index;
        kernels.addOuterProduct(features, dTaken, this.toGradient(shared), 4 * taken, basis, width);
        kernels.addMatrixTimesVector(shared, 4 * taken, dTaken, this.row, basis, width);
        kernels.add(this.row, this.toGradient(denseBias), this.toGradient(denseBias), basis);
      }
      const dEmbedding = this.slope(EMBEDDING) + 4 * basis * atomicNumbers[element];
      kernels.add(this.row, dEmbedding, dEmbedding, basis);
    }
  }

  /** From the first block's table to f2out, the filters, in2f and the embedding. */
  private firstBlockBack(): void {
    const { atomicNumbers, nodes } = this.geometries;
    const { basis, filters } = this.layout.widths;
    const { kernels, arena } = this;
    const [first] = this.blocks;
    const in2f = this.parameter(interactionLayers(0).in2f);
    for (const element of this.elementsInOrder()) {
      const own = this.elementTables!.own(element);
      this.products.productWithTransposed(own.dGathered, basis, first.f2out, basis, this.dHidden, filters, {
        ...{ rows: nodes, inner: basis, columns: filters },
      });
      this.products.addTransposedProduct(
        own.table,
        filters,
        own.dGathered,
        basis,
        this.toGradient(first.f2out),
        basis,
        {
          ...{ rows: nodes, inner: filters, columns: basis },
        },
      );
      kernels.scaleColumns(this.dHidden, own.filtered, this.tableScratch, nodes, filters);
      kernels.add(first.dTable, this.tableScratch, first.dTable, nodes * filters);
      arena.floats(this.row, filters).fill(0);
      kernels.multiplyAndSumRows(this.dHidden, 4 * filters, first.table, 4 * filters, this.row, nodes, filters);
      const row = basis * atomicNumbers[element];
      const [embedding, dEmbedding] = [this.parameter(EMBEDDING) + 4 * row, this.slope(EMBEDDING) + 4 * row];
      kernels.addMatrixTimesVector(in2f, 4 * filters, this.row, dEmbedding, basis, filters);
      kernels.addOuterProduct(embedding, this.row, this.toGradient(in2f), 4 * filters, basis, filters);
    }
  }

  /** From the table of filters to the filter network. */
  private filterBack({ filterHidden, filterHiddenBias, filter, filterBias, hidden, hiddenSlope, dTable }: Block): void {
    const { nodes } = this.geometries;
    const { filters, gaussians } = this.layout.widths;
    const { kernels } = this;
    const dFilter = this.tableScratch;
    const stride = 4 * filters;
    kernels.scaleRows(dTable, this.cutoffs, dFilter, nodes, filters);
    this.products.addTransposedProduct(hidden, filters, dFilter, filters, this.toGradient(filter), filters, {
      ...{ rows: nodes, inner: filters, columns: filters },
    });
    kernels.sumRows(dFilter, stride, this.toGradient(filterBias), nodes, filters);
    this.products.productWithTransposed(dFilter, filters, filter, filters, this.dHidden, filters, {
      ...{ rows: nodes, inner: filters, columns: filters },
    });
    const dBias = this.toGradient(filterHiddenBias);
    kernels.multiplyAndSumRows(this.dHidden, stride, hiddenSlope, stride, dBias, nodes, filters);
    this.products.addTransposedProduct(
      this.gaussians,
      gaussians,
      this.dHidden,
      filters,
      this.toGradient(filterHidden),
      filters,
      {
        ...{ rows: nodes, inner: gaussians, columns: filters },
      },
    );
  }

  /** From the products of layers to the layers. */
  private productsBack(): void {
    const { basis, taken } = this.layout.widths;
    for (const { dense, dProduct, firstTaken } of this.blocks) {
      const [shared, from] = [this.sharedFrom(firstTaken), dProduct + 4 * firstTaken];
      const columns = taken - firstTaken;
      this.products.productWithTransposed(from, taken, shared, taken, this.toGradient(dense), basis, {
        ...{ rows: basis, inner: columns, columns: basis },
      });
      this.products.addTransposedProduct(dense, basis, from, taken, this.toGradient(shared), taken, {
        ...{ rows: basis, inner: basis, columns },
      });
    }
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
