import { kolmogorovSmirnov, type Sorted, wasserstein1 } from '../statistics/distribution.ts';
import { regressionMetrics } from '../statistics/metrics.ts';

/** What versions are compared by; each is of predicted against calculated shieldings. */
export const COMPARED_METRICS = [
  'RMSE',
  'MAE',
  'BIAS',
  'R2',
  'PEARSON',
  'SPEARMAN',
  'KOLMOGOROV_SMIRNOV',
  'WASSERSTEIN1',
] as const;
export type ComparedMetric = (typeof COMPARED_METRICS)[number];

const HIGHER_IS_BETTER: readonly ComparedMetric[] = ['R2', 'PEARSON', 'SPEARMAN'];

export function isLowerBetter(metric: ComparedMetric): boolean {
  return !HIGHER_IS_BETTER.includes(metric);
}

/** What is compared: the value itself, but of a bias how far it is from 0. */
export function scoreOf(metric: ComparedMetric, value: number): number {
  return metric === 'BIAS' ? Math.abs(value) : value;
}

/** The metrics over all atoms, as evaluations have them; null where a constant column leaves one undefined. */
export function metricsOfColumns(
  calculatedPpm: Float64Array,
  predictedPpm: Float64Array,
  sortedCalculated: Sorted,
  sortedPredicted: Sorted,
): Record<ComparedMetric, number | null> {
  // what is compared does not depend on the training mean
  const { rmsePpm, maePpm, biasPpm, r2, pearson, spearman } = regressionMetrics(calculatedPpm, predictedPpm, 0);
  return {
    RMSE: rmsePpm,
    MAE: maePpm,
    BIAS: biasPpm,
    R2: r2,
    PEARSON: pearson,
    SPEARMAN: spearman,
    KOLMOGOROV_SMIRNOV: kolmogorovSmirnov(sortedCalculated, sortedPredicted),
    WASSERSTEIN1: wasserstein1(sortedCalculated, sortedPredicted),
  };
}
