import { type Matrix, zeros } from '../matrix.ts';

/** A column whose standard deviation over the training rows is below this counts as constant. */
export const CONSTANT_COLUMN = 1e-9;

/** z = (x - mean) / scale for each column; a scale of 0 marks a constant column, whose z is 0 everywhere. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and population standard deviation of each column; columns that hardly vary get the scale 0. */
export function standardizationOf(features: Matrix): Standardization {
  const { rows, columns, data } = features;
  const mean = new Float64Array(columns);
  // the second pass takes out the rounding of the first
  for (let pass = 0; pass < 2; pass++) {
    const shift = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        shift[j] += data[i * columns + j] - mean[j];
      }
    }
    for (let j = 0; j < columns; j++) {
      mean[j] += shift[j] / rows;
    }
  }
  const squares = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      // not a power, as in ml/statistics.ts: the same bits everywhere
      const deviation = data[i * columns + j] - mean[j];
      squares[j] += deviation * deviation;
    }
  }
  const scale = squares.map((square) => {
    const deviation = Math.sqrt(square / rows);
    return deviation < CONSTANT_COLUMN ? 0 : deviation;
  });
  return { mean, scale };
}

/** Standardised copy of the features. */
export function standardize(features: Matrix, { mean, scale }: Standardization): Matrix {
  const { rows, columns, data } = features;
  const result = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      result.data[at] = scale[j] === 0 ? 0 : (data[at] - mean[j]) / scale[j];
    }
  }
  return result;
}
