import { NatriumError } from '../../errors.ts';
import { ranks } from './ranks.ts';
import { mean, standardDeviation } from './statistics.ts';

/** How predictions compare with references. Ratios that a constant series leaves undefined are null. */
export interface RegressionMetrics {
  /** Number of atoms compared. */
  readonly count: number;
  /** sqrt(mean((predicted - reference)^2)). */
  readonly rmsePpm: number;
  /** mean(|predicted - reference|). */
  readonly maePpm: number;
  /** mean(predicted - reference). */
  readonly biasPpm: number;
  /** Coefficient of determination, 1 - sum (predicted - reference)^2 / sum (reference - mean reference)^2. */
  readonly r2: number | null;
  /** Pearson's correlation. */
  readonly pearson: number | null;
  /** Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank. */
  readonly spearman: number | null;
  /** RMSE of predicting the training mean for every atom. */
  readonly trainingMeanRmsePpm: number;
  /** MAE of predicting the training mean for every atom. */
  readonly trainingMeanMaePpm: number;
  /** R2 of predicting the training mean for every atom: 0 at best, below where the split's own mean differs. */
  readonly trainingMeanR2: number | null;
  /** Population standard deviation of the references. */
  readonly targetStandardDeviationPpm: number;
}

/**
 * Metrics of predictions against references, both in ppm and atom by atom.
 * Throws BAD_USER_INPUT for no values or unequal lengths, NON_FINITE_NUMBER for NaN or infinite values.
 */
export function regressionMetrics(
  reference: ArrayLike<number>,
  predicted: ArrayLike<number>,
  trainingMeanPpm: number,
): RegressionMetrics {
  const count = reference.length;
  if (count === 0 || count !== predicted.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Metrics need as many predictions as references, and at least one; there are ${predicted.length} and ${count}.`,
    );
  }
  const errors = Float64Array.from({ length: count }, (_, i) => predicted[i] - reference[i]);
  const firstBad = errors.findIndex((error) => !Number.isFinite(error));
  if (firstBad >= 0) {
    throw new NatriumError(
      'NON_FINITE_NUMBER',
      `Value ${firstBad + 1}: the reference is ${reference[firstBad]} ppm and the prediction ${predicted[firstBad]} ppm.`,
    );
  }
  const baseline = Float64Array.from(reference, (value) => trainingMeanPpm - value);
  const deviation = standardDeviation(reference);
  const determination = (residuals: Float64Array) => {
    if (isConstant(reference)) return null;
    const ratio = rootMeanSquare(residuals) / deviation;
    return 1 - ratio * ratio;
  };
  return {
    count,
    rmsePpm: rootMeanSquare(errors),
    maePpm: mean(errors.map(Math.abs)),
    biasPpm: mean(errors),
    r2: determination(errors),
    pearson: correlation(reference, predicted),
    spearman: rankCorrelation(reference, predicted),
    trainingMeanRmsePpm: rootMeanSquare(baseline),
    trainingMeanMaePpm: mean(baseline.map(Math.abs)),
    trainingMeanR2: determination(baseline),
    targetStandardDeviationPpm: deviation,
  };
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(mean(values.map((value) => value * value)));
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) {
    if (values[i] !== values[0]) {
      return false;
    }
  }
  return true;
}

/** Pearson's correlation of two series of one length; null if one of them is constant. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (isConstant(a) || isConstant(b)) {
    return null;
  }
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) * (a[i] - meanA);
    bb += (b[i] - meanB) * (b[i] - meanB);
  }
  return correlationOfSums(ab, aa, bb);
}

/** Correlation from sums of products about the means, kept within -1 and 1 where rounding would lead out. */
export function correlationOfSums(ab: number, aa: number, bb: number): number {
  return Math.min(1, Math.max(-1, ab / Math.sqrt(aa) / Math.sqrt(bb)));
}

/** Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank; null if a series is constant. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  return correlation(ranks(a), ranks(b));
}
