import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** What a product starts from; see kernels/matrix-product.ts. */
export const OVERWRITE = 0;
export const ACCUMULATE = 1;
export const FROM_ROW = 2;

/** Of kernels/transposed-product.ts. */
const TRANSPOSED_ROWS = 192;

interface Shape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

interface Start {
  readonly mode: typeof OVERWRITE | typeof ACCUMULATE | typeof FROM_ROW;
  /** Address of the row, with FROM_ROW. */
  readonly row: number;
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
    this.scratch = arena.allocate(TRANSPOSED_ROWS * widest);
  }

  /** C = A B, added to C or to a row in each of its rows, as `mode` says. */
  product(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    shape: Shape & Start,
  ): void {
    this.pack(b, bStride, shape, this.packed);
    this.productWithPacked(a, aStride, this.packed, c, cStride, shape);
  }

  /** C = A Bᵀ with B [columns, inner]. */
  productWithTransposed(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    shape: Shape,
  ): void {
    this.packTransposed(b, bStride, shape, this.packed);
    this.productWithPacked(a, aStride, this.packed, c, cStride, { ...shape, mode: OVERWRITE, row: 0 });
  }

  /** The same for a B, or its transpose, that was packed before: for products with the same B one after the other. */
  productWithPacked(
    a: number,
    aStride: number,
    packed: number,
    c: number,
    cStride: number,
    { rows, inner, columns, mode, row }: Shape & Start,
  ): void {
    this.kernels.multiply(a, 4 * aStride, 4, packed, c, 4 * cStride, rows, inner, columns, mode, row);
  }

  /** Writes B [inner, columns] as products read it; it takes inner times columns numbers. */
  pack(b: number, bStride: number, { inner, columns }: Omit<Shape, 'rows'>, into: number): void {
    this.kernels.pack(b, 4 * bStride, into, inner, columns);
  }

  /** The same of Bᵀ, with B [columns, inner]. */
  packTransposed(b: number, bStride: number, { inner, columns }: Omit<Shape, 'rows'>, into: number): void {
    this.kernels.packTransposed(b, 4 * bStride, into, inner, columns);
  }

  /** Adds Aᵀ B to C [inner, columns], with A [rows, inner] and B [rows, columns]. */
  addTransposedProduct(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    c: number,
    cStride: number,
    { rows, inner, columns }: Shape,
  ): void {
    this.kernels.addTransposedProduct(
      ...[a, 4 * aStride, b, 4 * bStride, c, 4 * cStride, rows, inner, columns, this.scratch],
    );
  }
}
