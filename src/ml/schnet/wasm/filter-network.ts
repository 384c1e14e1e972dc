import type { Arena } from './arena.ts';
import type { Block } from './blocks.ts';
import type { DistanceGrid } from './distance-grid.ts';
import type { Kernels } from './kernels.ts';
import { FROM_ROW, type MatrixProducts } from './matrix-products.ts';
import type { ParameterVectors } from './parameter-vectors.ts';

/** The filter networks of all blocks, forward and backward, at the nodes of the grid: what they give are the blocks' tables. */
export class FilterNetwork {
  private readonly gaussians: number;
  private readonly cutoffs: number;
  private describedNodes = 0;
  /** Room of a table each, which others may use between two calls. */
  readonly scratch: number;
  readonly dHidden: number;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    private readonly products: MatrixProducts,
    private readonly grid: DistanceGrid,
    private readonly parameters: ParameterVectors,
  ) {
    const { filters, gaussians } = parameters.layout.widths;
    const table = (width: number) => arena.allocate(grid.mostNodes * width);
    this.gaussians = table(gaussians);
    this.cutoffs = arena.allocate(grid.mostNodes);
    this.scratch = table(filters);
    this.dHidden = table(filters);
  }

  /** Filters of all blocks at the first nodes: T = fc (ssp(gaussians A1 + a1) A2 + a2). */
  prepare(blocks: readonly Block[], nodes: number): void {
    const { filters, gaussians } = this.parameters.layout.widths;
    for (; this.describedNodes < nodes; this.describedNodes++) {
      const into = this.arena.floats(this.gaussians + 4 * gaussians * this.describedNodes, gaussians);
      this.arena.float32[this.cutoffs / 4 + this.describedNodes] = this.grid.describe(this.describedNodes, into, 0);
    }
    for (const { filterHidden, filterHiddenBias, filter, filterBias, hidden, hiddenSlope, table } of blocks) {
      this.products.product(this.gaussians, gaussians, filterHidden, filters, hidden, filters, {
        ...{ rows: nodes, inner: gaussians, columns: filters, mode: FROM_ROW, row: filterHiddenBias },
      });
      this.kernels.shiftedSoftplus(hidden, hidden, hiddenSlope, nodes * filters);
      this.products.product(hidden, filters, filter, filters, this.scratch, filters, {
        ...{ rows: nodes, inner: filters, columns: filters, mode: FROM_ROW, row: filterBias },
      });
      this.kernels.scaleRows(this.scratch, this.cutoffs, table, nodes, filters);
    }
  }

  /** From a block's table of filters to its filter network. */
  back(
    { filterHidden, filterHiddenBias, filter, filterBias, hidden, hiddenSlope, dTable }: Block,
    nodes: number,
  ): void {
    const { kernels, parameters } = this;
    const { filters, gaussians } = parameters.layout.widths;
    const dFilter = this.scratch;
    const stride = 4 * filters;
    kernels.scaleRows(dTable, this.cutoffs, dFilter, nodes, filters);
    this.products.addTransposedProduct(hidden, filters, dFilter, filters, parameters.toGradient(filter), filters, {
      ...{ rows: nodes, inner: filters, columns: filters },
    });
    kernels.sumRows(dFilter, stride, parameters.toGradient(filterBias), nodes, filters);
    this.products.productWithTransposed(dFilter, filters, filter, filters, this.dHidden, filters, {
      ...{ rows: nodes, inner: filters, columns: filters },
    });
    const dBias = parameters.toGradient(filterHiddenBias);
    kernels.multiplyAndSumRows(this.dHidden, stride, hiddenSlope, stride, dBias, nodes, filters);
    const dFilterHidden = parameters.toGradient(filterHidden);
    this.products.addTransposedProduct(this.gaussians, gaussians, this.dHidden, filters, dFilterHidden, filters, {
      ...{ rows: nodes, inner: gaussians, columns: filters },
    });
  }
}
