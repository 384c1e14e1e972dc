import { NatriumError } from '../../errors.ts';
import type { Matrix } from '../matrix.ts';
import { approximateMeans, type Moments, momentsOf, type Standardization } from './moments.ts';
import { type Solution, solvePath } from './path.ts';
import { ProductSums, type Products, without } from './products.ts';
import { residualSums } from './residual-sums.ts';

export type { Standardization } from './moments.ts';

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
export function lassoPath(features: Matrix, target: Float64Array, alphas: readonly number[]): Generator<LassoFit> {
  return new LassoRows(features, target).path(alphas);
}

/** Rows that Lasso is fitted to, with the sums that all its fits come from. */
export class LassoRows {
  private readonly shifts: Float64Array;
  private readonly productSums: ProductSums;
  private readonly products: Products;
  private readonly moments: Moments;

  /** Parameters and errors are those of {@link fitLassoPath}. */
  constructor(
    private readonly features: Matrix,
    private readonly target: Float64Array,
  ) {
    checkRows(features, target);
    this.shifts = approximateMeans(features, target);
    this.productSums = new ProductSums(features, target, this.shifts);
    this.products = this.productSums.over();
    this.moments = momentsOf(this.products, this.shifts);
  }

  /** As {@link lassoPath}. */
  *path(alphas: readonly number[]): Generator<LassoFit> {
    checkAlphas(alphas);
    const residuals = (weights: Float64Array) => residualSums(this.features, this.target, this.moments, weights);
    for (const solution of solvePath(this.moments, alphas, residuals)) {
      yield fitOf(solution, this.moments);
    }
  }

  /**
   * For each fold of rows the fits to all others, from the largest alpha down. Each is the fit of {@link fitLassoPath} to those rows,
   * standardised by themselves; but the rows are not gone through again, since their sums are those of all rows less those of the fold.
   * @param foldOfRow [rows], from 0
   */
  *leavingOut(
    foldOfRow: ArrayLike<number>,
    folds: number,
    alphas: readonly number[],
  ): Generator<{ readonly rows: Int32Array; readonly fits: readonly LassoFit[] }> {
    checkAlphas(alphas);
    for (let fold = 0; fold < folds; fold++) {
      const rows = Int32Array.from(Array.from(this.target.keys()).filter((row) => foldOfRow[row] === fold));
      const others = momentsOf(without(this.products, this.productSums.over(rows)), this.shifts, this.moments);
      yield { rows, fits: Array.from(solvePath(others, alphas, null), (solution) => fitOf(solution, others)) };
    }
  }
}

function fitOf({ weights, ...solution }: Solution, { standardization, targetMean }: Moments): LassoFit {
  return {
    ...solution,
    standardization,
    coefficients: weights,
    intercept: targetMean,
    nonZero: weights.reduce((count, weight) => (weight === 0 ? count : count + 1), 0),
  };
}

/**
 * Predictions for rows of raw features, in units of the target that was fitted: [rows].
 * @param rows of all rows, unless they are named
 */
export function predictLasso(model: LassoModel, features: Matrix, rows?: Int32Array): Float64Array {
  const { standardization, coefficients, intercept } = model;
  const { columns, data } = features;
  if (columns !== coefficients.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `The model has ${coefficients.length} features, the rows have ${columns}.`,
    );
  }
  const { mean: means, scale } = standardization;
  const active = Int32Array.from(coefficients.keys()).filter((j) => coefficients[j] !== 0);
  const result = new Float64Array(rows?.length ?? features.rows);
  for (let i = 0; i < result.length; i++) {
    const start = (rows === undefined ? i : rows[i]) * columns;
    let total = intercept;
    for (let k = 0; k < active.length; k++) {
      const j = active[k];
      total += ((data[start + j] - means[j]) / scale[j]) * coefficients[j];
    }
    result[i] = total;
  }
  return result;
}

/**
 * The same model for raw features x: intercept + sum_j perUnit_j x_j is what {@link predictLasso} gives, but for rounding, in units of
 * the target that was fitted. perUnit_j = w_j / scale_j, intercept = b - sum_j perUnit_j mean_j.
 */
export function lassoOfRawFeatures({ standardization, coefficients, intercept }: LassoModel): {
  readonly perUnit: Float64Array;
  readonly intercept: number;
} {
  const { mean, scale } = standardization;
  const perUnit = coefficients.map((weight, j) => (weight === 0 ? 0 : weight / scale[j]));
  return { perUnit, intercept: perUnit.reduce((rest, slope, j) => rest - slope * mean[j], intercept) };
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

function checkRows(features: Matrix, target: Float64Array): void {
  if (features.rows === 0 || features.rows !== target.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Lasso needs as many targets as rows, and at least one; there are ${features.rows} rows and ${target.length} targets.`,
    );
  }
}
