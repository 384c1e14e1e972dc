import { NatriumError } from '../../errors.ts';
import { type Matrix, zeros } from '../matrix.ts';
import type { Products } from './products.ts';

/** A column whose standard deviation over the training rows is below this counts as constant. */
const CONSTANT_COLUMN = 1e-9;

/**
 * What is left of a column that is constant may be rounding: of its distance from the shift, or, where a part is taken off all rows, of
 * their variance. So small a share of either counts as none.
 */
const CONSTANT_SHARE = 1e-12;

/** z = (x - mean) / scale for each column; a scale of 0 marks a constant column, whose z is 0 everywhere. */
export interface Standardization {
  readonly mean: Float64Array;
  /** Population standard deviations. */
  readonly scale: Float64Array;
}

/** All that Lasso needs to know of its n rows, whatever alpha is; Z are the standardised features, t is the centred target. */
export interface Moments {
  readonly rows: number;
  readonly standardization: Standardization;
  /** Mean of the target before it was centred. */
  readonly targetMean: number;
  /** Z^T Z / n. */
  readonly gram: Matrix;
  /** Z^T t / n. */
  readonly correlations: Float64Array;
  /** |t|^2 / n. */
  readonly targetVariance: number;
}

/**
 * Means of the features and, last, of the target, good to about n units in the last place: sums of products about them lose no
 * digits. Throws NON_FINITE_NUMBER for NaN and infinite numbers, with row and column from 1.
 */
export function approximateMeans({ rows, columns, data }: Matrix, target: ArrayLike<number>): Float64Array {
  const means = new Float64Array(columns + 1);
  const inFours = rows - (rows % 4);
  for (let i = 0; i < inFours; i += 4) {
    const [first, second, third, fourth] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
    // four rows for each time a sum is read and written
    for (let j = 0; j < columns; j++) {
      means[j] += data[first + j] + data[second + j] + (data[third + j] + data[fourth + j]);
    }
    means[columns] += target[i] + target[i + 1] + (target[i + 2] + target[i + 3]);
  }
  for (let i = inFours; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      means[j] += data[i * columns + j];
    }
    means[columns] += target[i];
  }
  const column = means.findIndex((sum) => !Number.isFinite(sum));
  if (column >= 0) {
    refuse(column < columns ? `Feature ${column + 1}` : 'The target', (i) =>
      column < columns ? data[i * columns + column] : target[i],
    );
  }
  for (let j = 0; j <= columns; j++) {
    means[j] /= rows;
  }
  return means;

  function refuse(what: string, inRow: (row: number) => number): never {
    for (let i = 0; i < rows; i++) {
      if (!Number.isFinite(inRow(i))) {
        throw new NatriumError('NON_FINITE_NUMBER', `${what} is ${inRow(i)} in training row ${i + 1}.`);
      }
    }
    throw new NatriumError('NON_FINITE_NUMBER', `${what} is so large that its sum is beyond all numbers; rescale it.`);
  }
}

/**
 * Moments from sums of products about the shifts.
 * @param all the moments of all rows, where the products are those of a part
 */
export function momentsOf({ rows, sums, stride }: Products, shifts: Float64Array, all?: Moments): Moments {
  const target = shifts.length - 1;
  const ones = target + 1;
  // what rounding, or another choice of rows, has left between shifts and means
  const offsets = shifts.map((_, j) => sums[j * stride + ones] / rows);
  const covariance = (j: number, k: number) => sums[j * stride + k] / rows - offsets[j] * offsets[k];
  const scale = Float64Array.from({ length: target }, (_, j) => {
    const variance = covariance(j, j);
    const deviation = Math.sqrt(Math.max(variance, 0));
    if (!Number.isFinite(deviation)) {
      throw new NatriumError('NON_FINITE_NUMBER', `Feature ${j + 1} varies beyond all numbers; rescale it.`);
    }
    const whole = all?.standardization.scale[j] ?? 0;
    const negligible = CONSTANT_SHARE * Math.max(whole * whole, offsets[j] * offsets[j]);
    return deviation < CONSTANT_COLUMN || variance <= negligible ? 0 : deviation;
  });
  const gram = zeros(target, target);
  const correlations = new Float64Array(target);
  for (let j = 0; j < target; j++) {
    if (scale[j] === 0) continue;
    correlations[j] = covariance(j, target) / scale[j];
    for (let k = j; k < target; k++) {
      if (scale[k] === 0) continue;
      const value = covariance(j, k) / scale[j] / scale[k];
      gram.data[j * target + k] = value;
      gram.data[k * target + j] = value;
    }
  }
  const targetVariance = Math.max(covariance(target, target), 0);
  if (!Number.isFinite(targetVariance)) {
    throw new NatriumError('NON_FINITE_NUMBER', 'The target varies beyond all numbers; rescale it.');
  }
  return {
    rows,
    standardization: { mean: Float64Array.from({ length: target }, (_, j) => shifts[j] + offsets[j]), scale },
    targetMean: shifts[target] + offsets[target],
    gram,
    correlations,
    targetVariance,
  };
}
