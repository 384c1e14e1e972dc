import { NatriumError } from '../errors.ts';
import { ActiveSetSolver } from './lasso/active-set.ts';
import { type Standardization, standardizationOf, standardize } from './lasso/standardization.ts';
import { type Matrix, zeros } from './matrix.ts';
import { mean } from './statistics.ts';

export type { Standardization } from './lasso/standardization.ts';

/** The 11 decades of alpha, 1e-5 to 1e5 (protocol, "Lasso"). */
export const LASSO_ALPHAS: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5];

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
 * intercept b, where Z are the features standardised by these rows (population standard deviation; columns that do not vary
 * get the weight 0) and t is the target as given. Alpha means something only for a target of unit scale, so transform it
 * first (`target-transform.ts`).
 *
 * Solved from the largest alpha down, each from the solution before, and returned in the order of `alphas`. Collinear
 * and duplicate columns and fewer rows than columns are allowed.
 * @param features [rows, features] of the training rows
 * @param target [rows]
 * Throws INVALID_HYPERPARAMETER unless alphas are positive and finite, BAD_USER_INPUT for no rows or unequal lengths,
 * NON_FINITE_NUMBER for NaN or infinite numbers.
 */
export function fitLassoPath(features: Matrix, target: Float64Array, alphas: readonly number[]): LassoFit[] {
  const fits = new Map([...lassoPath(features, target, alphas)].map((fit) => [fit.alpha, fit]));
  return alphas.map((alpha) => fits.get(alpha)!);
}

/** The fits of {@link fitLassoPath} one by one, from the largest alpha down, for those who want to hear of each. */
export function* lassoPath(features: Matrix, target: Float64Array, alphas: readonly number[]): Generator<LassoFit> {
  checkArguments(features, target, alphas);
  const standardization = standardizationOf(features);
  const z = standardize(features, standardization);
  const intercept = mean(target);
  const centred = target.map((value) => value - intercept);
  const solver = new ActiveSetSolver({
    gram: gramMatrix(z),
    gradientAt: (weights) => residualSums(z, centred, weights).gradient,
  });
  for (const alpha of [...new Set(alphas)].sort((a, b) => b - a)) {
    const { weights, iterations } = solver.solve(alpha);
    yield {
      alpha,
      standardization,
      coefficients: weights,
      intercept,
      nonZero: weights.reduce((count, weight) => (weight === 0 ? count : count + 1), 0),
      ...objectiveAndGap(z, centred, weights, alpha),
      iterations,
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

/** Z^T Z / n, summed in blocks of rows so that rounding grows slowly with n. */
function gramMatrix({ rows, columns, data }: Matrix): Matrix {
  const gram = zeros(columns, columns);
  const block = new Float64Array(columns * columns);
  for (let from = 0; from < rows; from += 256) {
    block.fill(0);
    for (let i = from; i < Math.min(from + 256, rows); i++) {
      const row = data.subarray(i * columns, (i + 1) * columns);
      for (let j = 0; j < columns; j++) {
        const value = row[j];
        for (let k = 0; k <= j; k++) {
          block[j * columns + k] += value * row[k];
        }
      }
    }
    for (let at = 0; at < block.length; at++) {
      gram.data[at] += block[at] / rows;
    }
  }
  for (let j = 0; j < columns; j++) {
    for (let k = 0; k < j; k++) {
      gram.data[k * columns + j] = gram.data[j * columns + k];
    }
  }
  return gram;
}

interface ResidualSums {
  /** |r|^2 / n for r = t - Zw. */
  readonly meanSquare: number;
  /** r^T Zw / n. */
  readonly meanProduct: number;
  /** Z^T r / n. */
  readonly gradient: Float64Array;
}

function residualSums({ rows, columns, data }: Matrix, target: Float64Array, weights: Float64Array): ResidualSums {
  const gradient = new Float64Array(columns);
  let squares = 0;
  let product = 0;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    let fitted = 0;
    for (let j = 0; j < columns; j++) {
      fitted += row[j] * weights[j];
    }
    const residual = target[i] - fitted;
    squares += residual * residual;
    product += residual * fitted;
    for (let j = 0; j < columns; j++) {
      gradient[j] += residual * row[j];
    }
  }
  return {
    meanSquare: squares / rows,
    meanProduct: product / rows,
    gradient: gradient.map((value) => value / rows),
  };
}

/**
 * Objective and duality gap from the residuals. With r = t - Zw and s = min(1, alpha / max |Z^T r / n|), s r is dual
 * feasible and the gap is (1 - s)^2 |r|^2 / (2n) + alpha |w|_1 - s r^T Zw / n.
 */
function objectiveAndGap(
  z: Matrix,
  target: Float64Array,
  weights: Float64Array,
  alpha: number,
): { objective: number; dualityGap: number } {
  const { meanSquare, meanProduct, gradient } = residualSums(z, target, weights);
  const steepest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const penalty = alpha * weights.reduce((total, weight) => total + Math.abs(weight), 0);
  const scale = steepest > alpha ? alpha / steepest : 1;
  const gap = ((1 - scale) * (1 - scale) * meanSquare) / 2 + penalty - scale * meanProduct;
  return { objective: meanSquare / 2 + penalty, dualityGap: Math.max(gap, 0) };
}

function checkArguments(features: Matrix, target: Float64Array, alphas: readonly number[]): void {
  for (const alpha of alphas) {
    if (!(alpha > 0 && Number.isFinite(alpha))) {
      throw new NatriumError('INVALID_HYPERPARAMETER', `Alpha is ${alpha}; give a number above 0.`);
    }
  }
  if (features.rows === 0 || features.rows !== target.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Lasso needs as many targets as rows, and at least one; there are ${features.rows} rows and ${target.length} targets.`,
    );
  }
  if (!features.data.every(Number.isFinite) || !target.every(Number.isFinite)) {
    throw new NatriumError('NON_FINITE_NUMBER', 'A feature or a target of the training rows is NaN or infinite.');
  }
}
