/** A dense matrix of doubles, row-major: element (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** The rows `from` to `to` (exclusive) of a matrix, as a view on the same memory. */
export function rowRange(matrix: Matrix, from: number, to: number): Matrix {
  const { columns, data } = matrix;
  return { rows: to - from, columns, data: data.subarray(from * columns, to * columns) };
}
