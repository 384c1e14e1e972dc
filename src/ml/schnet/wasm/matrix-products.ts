import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** What a product starts from; see kernels/matrix-product.ts. */
export const OVERWRITE = 0;
export const ACCUMULATE = 1;
export const FROM_ROW = 2;

/** Of kernels/transposed-product.ts. */
const TRANSPOSED_ROWS = 96;
const TRANSPOSED_PAD = 4;

interface Shape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** The three products of matrices that a network needs. Matrices are given by address and stride (in numbers) of their rows. */
export class MatrixProducts {
  private readonly packed: number;
  /** Room that other kernels may use between two products. */
  readonly scratch: number;

  /** For matrices whose second operand has no more than so many rows and columns. */
  constructor(
    arena: Arena,
    private readonly kernels: Kernels,
    widest: number,
  ) {
    this.packed = arena.allocate(widest * widest);
    this.scratch = arena.allocate(widest * (TRANSPOSED_ROWS + TRANSPOSED_PAD) + TRANSPOSED_ROWS * widest);
  }

  /** C = A B, added to C or to a row in each of its rows, as `mode` says. */
  product(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    { rows, inner, columns, mode, row }: Shape & { readonly mode: number; readonly row: number },
  ): void {
    this.kernels.pack(b, 4 * bStride, this.packed, inner, columns);
    this.kernels.multiply(a, 4 * aStride, this.packed, c, 4 * cStride, rows, inner, columns, mode, row);
  }

  /** C = A Bᵀ with B [columns, inner]. */
  productWithTransposed(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    { rows, inner, columns }: Shape,
  ): void {
    this.kernels.packTransposed(b, 4 * bStride, this.packed, inner, columns);
    this.kernels.multiply(a, 4 * aStride, this.packed, c, 4 * cStride, rows, inner, columns, OVERWRITE, 0);
  }

  /** C [inner, columns] = Aᵀ B with A [rows, inner] and B [rows, columns]. */
  transposedProduct(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    { rows, inner, columns, accumulate = false }: Shape & { readonly accumulate?: boolean },
  ): void {
    this.kernels.multiplyTransposed(
      ...[a, 4 * aStride, b, 4 * bStride, c, 4 * cStride, rows, inner, columns, Number(accumulate), this.scratch],
    );
  }
}
