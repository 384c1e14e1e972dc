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

/** A matrix from rows of equal length; no rows give the 0 × 0 matrix. Throws a RangeError for rows of different lengths. */
export function matrixFromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows.length === 0 ? 0 : rows[0].length;
  const matrix = zeros(rows.length, columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) {
      throw new RangeError(`Row ${i} has ${row.length} values, the first has ${columns}.`);
    }
    matrix.data.set(row, i * columns);
  });
  return matrix;
}

/** The rows `from` to `to` (exclusive) of a matrix, as a view on the same memory. */
export function rowRange(matrix: Matrix, from: number, to: number): Matrix {
  const { columns, data } = matrix;
  return { rows: to - from, columns, data: data.subarray(from * columns, to * columns) };
}
