import type { SchNetHyperparameters } from '../hyperparameters.ts';
import { EMBEDDING, interactionLayers, OUTPUT_HIDDEN, OUTPUT_LAST } from '../weights.ts';
import { Arena } from './arena.ts';
import { Batch, type Part } from './batch.ts';
import { allocateBlocks, type Block } from './blocks.ts';
import { DistanceGrid } from './distance-grid.ts';
import { allocateElementTables, type ElementTables } from './element-tables.ts';
import { FilterNetwork } from './filter-network.ts';
import { type ClusterGeometry, Geometries } from './geometry.ts';
import { type Kernels, kernelsIn } from './kernels.ts';
import { ACCUMULATE, FROM_ROW, MatrixProducts, OVERWRITE } from './matrix-products.ts';
import { ParameterVectors } from './parameter-vectors.ts';
import { ParameterLayout, type Widths } from './parameters.ts';

/**
 * SchNet forward and backward on the kernels: everything that costs time happens there, this only says what comes after what.
 *
 * It computes what `tensorflow/model.ts` reads like, differently in three ways. Filters are tables on a grid of distances
 * (distance-grid.ts), through which the network is also trained. The features of atoms never appear: layers that follow each
 * other without a nonlinearity between are one matrix, so that a block adds to what all later layers take. And the first block, in
 * which neighbours differ by element only, is a sparse matrix times a small table (kernels/table-sum.ts).
 */
export class Network {
  readonly parameters: ParameterVectors;
  readonly geometries: Geometries;
  private readonly arena = new Arena();
  private readonly kernels: Kernels = kernelsIn(this.arena);
  private readonly widths: Widths;
  private readonly grid: DistanceGrid;
  private readonly blocks: readonly Block[];
  private readonly products: MatrixProducts;
  private readonly filterNetwork: FilterNetwork;
  private readonly row: number;
  private elementTables: ElementTables | null = null;
  private readonly batch: Batch;

  constructor(hyperparameters: SchNetHyperparameters) {
    const layout = new ParameterLayout(hyperparameters);
    this.widths = layout.widths;
    this.grid = new DistanceGrid(hyperparameters);
    const { basis, filters, gaussians, taken } = this.widths;
    const { mostNodes } = this.grid;
    const { arena } = this;
    this.geometries = new Geometries(arena, this.grid, hyperparameters.cutoffAngstrom, 4 * filters, 4 * basis);
    this.parameters = new ParameterVectors(arena, this.kernels, layout);
    const widest = Math.max(basis, filters, gaussians, taken, 16);
    this.products = new MatrixProducts(arena, this.kernels, widest);
    this.filterNetwork = new FilterNetwork(arena, this.kernels, this.products, this.grid, this.parameters);
    this.blocks = allocateBlocks(arena, hyperparameters.interactions, mostNodes, this.widths, (name) =>
      this.parameters.at(name),
    );
    this.batch = new Batch(arena, this.widths, hyperparameters.interactions);
    this.row = arena.allocate(widest);
  }

  /** Outputs of all atoms of the clusters, in order, as a view that the next call overwrites; `backward` may follow. */
  forward(clusters: readonly ClusterGeometry[]): Float32Array {
    return this.run(clusters, true);
  }

  /** The same in less memory, and not to be followed by `backward`. */
  predict(clusters: readonly ClusterGeometry[]): Float32Array {
    return this.run(clusters, false);
  }

  /** The derivative of a loss by all parameters, into `parameters.gradients`; `derivative` is that by each output of the last `forward`. */
  backward(derivative: ArrayLike<number>): void {
    const { arena } = this;
    const { basis, filters, taken } = this.widths;
    const tables = this.elementTables!;
    const { nodes } = this.geometries;
    this.parameters.gradients.fill(0);
    arena.floats(this.batch.dOutputs, derivative.length).set(derivative);
    arena.floats(tables.dTaken, tables.count * taken).fill(0);
    arena.floats(tables.dGathered, tables.count * this.grid.mostNodes * basis).fill(0);
    for (const { dProduct, dTable } of this.blocks) {
      arena.floats(dProduct, basis * taken).fill(0);
      arena.floats(dTable, nodes * filters).fill(0);
    }
    for (const part of this.batch.parts) this.partBack(part);
    this.elementsBack();
    this.firstBlockBack();
    for (const block of this.blocks) this.filterNetwork.back(block, nodes);
    this.productsBack();
  }

  private run(clusters: readonly ClusterGeometry[], isKept: boolean): Float32Array {
    this.batch.enter(clusters, isKept);
    this.filterNetwork.prepare(this.blocks, this.geometries.nodes);
    this.prepareProducts();
    this.prepareElements();
    for (const part of this.batch.parts) this.partForward(part);
    return this.arena.floats(this.batch.outputs, this.batch.atoms);
  }

  private partForward({ clusters, count, atoms, firstAtom, firstRow }: Part): void {
    const room = this.batch.activations;
    const { basis, filters, hidden, taken } = this.widths;
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
        kernels.gatherRows(tables.taken, this.batch.elements + 4 * firstAtom, takenRows, 4 * taken, atoms, taken);
      }
      const columns = taken - block.firstTaken;
      products.productWithPacked(values, basis, block.packedProduct, takenRows + 4 * block.firstTaken, taken, {
        ...{ rows: atoms, inner: basis, columns },
        ...(isUniform ? { mode: FROM_ROW, row: tables.taken } : { mode: ACCUMULATE, row: 0 }),
      });
    });
    const bias = this.arena.float32[this.parameters.at(`${OUTPUT_LAST}.bias`) / 4];
    const outputValues = room.outputValues + 4 * hidden * firstRow;
    kernels.output(
      ...[takenRows + 4 * (taken - hidden), 4 * taken, outputValues, this.parameters.at(OUTPUT_LAST), bias],
      ...[this.batch.outputs + 4 * firstAtom, atoms, hidden],
    );
  }

  /** Adds what the atoms of a part do to the gradient, up to what is the same for all atoms of an element. */
  private partBack({ clusters, count, atoms, firstAtom, firstRow }: Part): void {
    const room = this.batch.activations;
    const { basis, filters, hidden, taken } = this.widths;
    const { kernels, products, parameters } = this;
    const tables = this.elementTables!;
    const takenRows = room.taken + 4 * taken * firstRow;
    const { dTaken, dValues, dGathered } = room;
    const output = 4 * (taken - hidden);
    kernels.outputBack(
      ...[takenRows + output, 4 * taken, dTaken + output, room.outputValues + 4 * hidden * firstRow],
      ...[parameters.at(OUTPUT_LAST), this.batch.dOutputs + 4 * firstAtom],
      ...[parameters.slope(OUTPUT_LAST), parameters.slope(`${OUTPUT_LAST}.bias`), atoms, hidden],
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
        ...[dValues, 4 * basis, slopes, 4 * basis, parameters.toGradient(block.f2outBias), atoms, basis],
      );
      if (index === 0) {
        kernels.sumTableRowsBack(clusters, count, tables.dGathered, dValues, basis);
        continue;
      }
      const gathered = room.gathered[index] + 4 * filters * firstRow;
      products.addTransposedProduct(gathered, filters, dValues, basis, parameters.toGradient(block.f2out), basis, {
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
      kernels.scatterAddRows(dTaken, this.batch.elements + 4 * firstAtom, tables.dTaken, 4 * taken, atoms, taken);
    }
  }

  private prepareProducts(): void {
    const { products } = this;
    const { basis, filters, taken } = this.widths;
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
    const { hidden, taken } = this.widths;
    return this.parameters.at(OUTPUT_HIDDEN) - 4 * (taken - hidden) + 4 * column;
  }

  /** What depends on the element of an atom alone. */
  private prepareElements(): void {
    const { atomicNumbers, nodes } = this.geometries;
    const { basis, filters, hidden, taken } = this.widths;
    const { kernels, arena } = this;
    if (this.elementTables === null || this.elementTables.count < atomicNumbers.length) {
      this.elementTables = allocateElementTables(
        ...([this.arena, atomicNumbers.length, this.blocks.length, this.grid.mostNodes, this.widths] as const),
      );
    }
    const tables = this.elementTables;
    const [first] = this.blocks;
    const in2f = this.parameters.at(interactionLayers(0).in2f);
    atomicNumbers.forEach((z, element) => {
      const embedding = this.parameters.at(EMBEDDING) + 4 * basis * z;
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
        .set(arena.floats(this.parameters.at(`${OUTPUT_HIDDEN}.bias`), hidden));
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
    const { filters, hidden } = this.widths;
    return block === this.blocks.length - 1 ? hidden : filters;
  }

  /** Elements by atomic number: the order of sums must not depend on which was seen first. */
  private elementsInOrder(): number[] {
    const { atomicNumbers } = this.geometries;
    return atomicNumbers.map((_, element) => element).sort((a, b) => atomicNumbers[a] - atomicNumbers[b]);
  }

  /** From what each atom gives to later layers to the embedding and the biases. */
  private elementsBack(): void {
    const { basis, hidden, taken } = this.widths;
    const { kernels, arena, parameters } = this;
    const tables = this.elementTables!;
    const { atomicNumbers } = this.geometries;
    for (const element of this.elementsInOrder()) {
      const own = tables.own(element);
      const dHiddenBias = parameters.slope(`${OUTPUT_HIDDEN}.bias`);
      kernels.add(own.dTaken + 4 * (taken - hidden), dHiddenBias, dHiddenBias, hidden);
      arena.floats(this.row, basis).fill(0);
      for (let index = this.blocks.length - 1; index >= 0; index--) {
        const { denseBias, firstTaken } = this.blocks[index];
        const [shared, width] = [this.sharedFrom(firstTaken), this.widthTaken(index)];
        const dTaken = own.dTaken + 4 * firstTaken;
        const features = own.features + 4 * basis * index;
        kernels.addOuterProduct(features, dTaken, parameters.toGradient(shared), 4 * taken, basis, width);
        kernels.addMatrixTimesVector(shared, 4 * taken, dTaken, this.row, basis, width);
        kernels.add(this.row, parameters.toGradient(denseBias), parameters.toGradient(denseBias), basis);
      }
      const dEmbedding = parameters.slope(EMBEDDING) + 4 * basis * atomicNumbers[element];
      kernels.add(this.row, dEmbedding, dEmbedding, basis);
    }
  }

  /** From the first block's table to f2out, the filters, in2f and the embedding. */
  private firstBlockBack(): void {
    const { atomicNumbers, nodes } = this.geometries;
    const { basis, filters } = this.widths;
    const { kernels, products, arena, parameters } = this;
    const { dHidden, scratch } = this.filterNetwork;
    const [first] = this.blocks;
    const in2f = parameters.at(interactionLayers(0).in2f);
    for (const element of this.elementsInOrder()) {
      const own = this.elementTables!.own(element);
      products.productWithTransposed(own.dGathered, basis, first.f2out, basis, dHidden, filters, {
        ...{ rows: nodes, inner: basis, columns: filters },
      });
      const dF2out = parameters.toGradient(first.f2out);
      products.addTransposedProduct(own.table, filters, own.dGathered, basis, dF2out, basis, {
        ...{ rows: nodes, inner: filters, columns: basis },
      });
      kernels.scaleColumns(dHidden, own.filtered, scratch, nodes, filters);
      kernels.add(first.dTable, scratch, first.dTable, nodes * filters);
      arena.floats(this.row, filters).fill(0);
      kernels.multiplyAndSumRows(dHidden, 4 * filters, first.table, 4 * filters, this.row, nodes, filters);
      const row = basis * atomicNumbers[element];
      const [embedding, dEmbedding] = [parameters.at(EMBEDDING) + 4 * row, parameters.slope(EMBEDDING) + 4 * row];
      kernels.addMatrixTimesVector(in2f, 4 * filters, this.row, dEmbedding, basis, filters);
      kernels.addOuterProduct(embedding, this.row, parameters.toGradient(in2f), 4 * filters, basis, filters);
    }
  }

  /** From the products of layers to the layers. */
  private productsBack(): void {
    const { basis, taken } = this.widths;
    for (const { dense, dProduct, firstTaken } of this.blocks) {
      const [shared, from] = [this.sharedFrom(firstTaken), dProduct + 4 * firstTaken];
      const columns = taken - firstTaken;
      this.products.productWithTransposed(from, taken, shared, taken, this.parameters.toGradient(dense), basis, {
        ...{ rows: basis, inner: columns, columns: basis },
      });
      this.products.addTransposedProduct(dense, basis, from, taken, this.parameters.toGradient(shared), taken, {
        ...{ rows: basis, inner: basis, columns },
      });
    }
  }
}
