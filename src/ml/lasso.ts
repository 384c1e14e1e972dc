import { NatriumError } from '../errors.ts';
import { momentsOfRows, type Standardization } from './lasso/moments.ts';
import { solvePath } from './lasso/path.ts';
import { residualSums } from './lasso/residual-sums.ts';
import type { Matrix } from './matrix.ts';

export type { Standardization } from './lasso/moments.ts';

/** The 11 decades of alpha, 1e-5 to 1e5 (protocol, "Lasso"). */
export const LASSO_ALPHAS: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5];

const MOST_ALPHAS = 1000;

/** All that a prediction needs. */
export interface LassoModel {
  readonly standardization: Standardization;
  /** One weight a feature, for standardised features, in units of the target that was fitted. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

export interface LassoFit extends LassoModel {
  readonly alpha: number;
  /** Number of coefficients that are not 0. */
  readonly nonZero: number;
  /** (1 / (2n)) |t - Zw - b|^2 + alpha |w|_1. */
  readonly objective: number;
  /** How far the objective can be from its minimum, a rigorous bound in the objective's units. */
  readonly dualityGap: number;
  readonly iterations: number;
}

/**
 * Lasso fits for several alphas: each minimises (1 / (2n)) |t - Zw - b|^2 + alpha |w|_1 over the weights w and the
 * intercept b, as scikit-learn's `Lasso` does on features from its `StandardScaler`. Z are the features standardised by these rows
 * (mean 0, population standard deviation 1; columns whose standard deviation is below 1e-9 get the weight 0) and t is the target as
 * given. Alpha means something only for a target of unit scale, so transform it first (`target-transform.ts`).
 *
 * All alphas are solved from one Gram matrix Z^T Z / n, exactly but for rounding, from the largest alpha down, each from the solution
 * before, and returned in the order of `alphas`. Collinear and duplicate columns and fewer rows than columns are allowed; of columns
 * that are equal one has the weight of all. There is no standardised copy of the features. The same bits on every machine.
 * @param features [rows, features] of the training rows
 * @param target [rows]
 * Throws INVALID_HYPERPARAMETER unless alphas are 1 to 1000 positive and finite numbers, BAD_USER_INPUT for no rows or unequal
 * lengths, NON_FINITE_NUMBER for NaN or infinite numbers.
 */
export function fitLassoPath(features: Matrix, target: Float64Array, alphas: readonly number[]): LassoFit[] {
  const fits = new Map([...lassoPath(features, target, alphas)].map((fit) => [fit.alpha, fit]));
  return alphas.map((alpha) => fits.get(alpha)!);
}

/** The fits of {@link fitLassoPath} one by one, from the largest alpha down, for those who want to hear of each. */
export function* lassoPath(features: Matrix, target: Float64Array, alphas: readonly number[]): Generator<LassoFit> {
  checkArguments(features, target, alphas);
  const moments = momentsOfRows(features, target);
  const residuals = (weights: Float64Array) => residualSums(features, target, moments, weights);
  for (const { weights, ...solution } of solvePath(moments, alphas, residuals)) {
    yield {
      ...solution,
      standardization: moments.standardization,
      coefficients: weights,
      intercept: moments.targetMean,
      nonZero: weights.reduce((count, weight) => (weight === 0 ? count : count + 1), 0),
    };
  }
}

/** Predictions for rows of raw features, in units of the target that was fitted: [rows]. */
export function predictLasso(model: LassoModel, features: Matrix): Float64Array {
  const { standardization, coefficients, intercept } = model;
  const { rows, columns, data } = features;
  if (columns !== coefficients.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `The model has ${coefficients.length} features, the rows have ${columns}.`,
    );
  }
  const { mean: means, scale } = standardization;
  const result = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let total = intercept;
    for (let j = 0; j < columns; j++) {
      if (coefficients[j] !== 0) {
        total += ((data[i * columns + j] - means[j]) / scale[j]) * coefficients[j];
      }
    }
    result[i] = total;
  }
  return result;
}

/** Throws INVALID_HYPERPARAMETER unless there are 1 to 1000 alphas, all finite and above 0. */
export function checkAlphas(alphas: readonly number[]): void {
  const wrong = alphas.find((alpha) => !(alpha > 0 && Number.isFinite(alpha)));
  if (wrong !== undefined) {
    throw new NatriumError('INVALID_HYPERPARAMETER', `alpha is ${wrong}; give finite numbers above 0`);
  }
  if (alphas.length === 0 || alphas.length > MOST_ALPHAS) {
    throw new NatriumError('INVALID_HYPERPARAMETER', `there are ${alphas.length} alphas; give 1 to ${MOST_ALPHAS}`);
  }
}

function checkArguments(features: Matrix, target: Float64Array, alphas: readonly number[]): void {
  checkAlphas(alphas);
  if (features.rows === 0 || features.rows !== target.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Lasso needs as many targets as rows, and at least one; there are ${features.rows} rows and ${target.length} targets.`,
    );
  }
}
