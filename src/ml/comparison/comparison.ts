import { NatriumError } from '../../errors.ts';
import { type Sorted, sorted } from '../statistics/distribution.ts';
import { ColumnMoments, PairMoments } from './cluster-moments.ts';
import { type ComparedColumns, checkColumns, clusterOfAtoms } from './columns.ts';
import { type Difference, difference, type Estimate, estimate } from './intervals.ts';
import { COMPARED_METRICS, type ComparedMetric, isLowerBetter, metricsOfColumns, scoreOf } from './metrics.ts';
import { MergedColumns } from './resampled-distances.ts';
import { correlationOfRanks, RankedColumn } from './resampled-ranks.ts';
import { ClusterResamples } from './resamples.ts';

export const FEWEST_RESAMPLES = 100;
const MOST_RESAMPLES = 10_000;
const LOWEST_CONFIDENCE = 0.5;
const HIGHEST_CONFIDENCE = 0.999;

export interface BootstrapSettings {
  /** 100 to 10,000. */
  readonly resamples: number;
  /** 0.5 to 0.999. */
  readonly confidence: number;
  readonly seed: number;
}

export interface ComparisonTask extends BootstrapSettings {
  readonly columns: ComparedColumns;
  /** Number of the version with which all are compared. */
  readonly baseline: number;
}

/** A metric of one version, beside those of others in the same resamples. */
export interface MetricOfVersion extends Estimate {
  /** Own value less the baseline's; of biases, of how far they are from 0. */
  readonly differenceToBaseline: Difference;
  /** Null if the metric is undefined for all versions. */
  readonly differenceToBest: Difference | null;
}

export interface MetricComparison {
  readonly metric: ComparedMetric;
  /** Number of the version with the best value, the first of equal ones; null if it is undefined for all. */
  readonly best: number | null;
  readonly versions: readonly MetricOfVersion[];
}

/** Throws BAD_USER_INPUT for settings out of range. */
export function checkBootstrap({ resamples, confidence, seed }: BootstrapSettings): void {
  if (!Number.isInteger(resamples) || resamples < FEWEST_RESAMPLES || resamples > MOST_RESAMPLES) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `resamples is ${resamples}; give a whole number from ${FEWEST_RESAMPLES} to ${MOST_RESAMPLES}`,
    );
  }
  if (!(confidence >= LOWEST_CONFIDENCE && confidence <= HIGHEST_CONFIDENCE)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `confidence is ${confidence}; give a number from ${LOWEST_CONFIDENCE} to ${HIGHEST_CONFIDENCE}, such as 0.95`,
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new NatriumError('BAD_USER_INPUT', `seed is ${seed}; give a whole number from 0 on`);
  }
}

/**
 * Metrics of versions on the same atoms, with intervals and paired differences by a bootstrap over clusters.
 *
 * Atoms of a cluster are not independent, so whole clusters are drawn: as many as there are, with replacement, the same draws for
 * every version and metric. A metric of a resample is that of its atoms, each as often as its cluster was drawn. With fewer than
 * two clusters there are no intervals. Same task, same answer, to the bit; memory holds one version's orders at a time, time grows with
 * versions x atoms x resamples.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993); of clusters: Davison and Hinkley, Bootstrap Methods and
 * their Application (1997), section 3.8. Throws BAD_USER_INPUT for columns or settings that do not fit, NON_FINITE_NUMBER for NaN.
 */
export function compareVersions(task: ComparisonTask): MetricComparison[] {
  const { columns, baseline, confidence } = task;
  checkColumns(columns);
  checkBootstrap(task);
  const calculated = new CalculatedColumn(columns);
  const values = columns.predictedPpm.map((predicted) =>
    metricsOfColumns(columns.calculatedPpm, predicted, calculated.sorted, sorted(predicted)),
  );
  const resampled = columns.predictedPpm.map((predicted) => resampledMetrics(calculated, predicted, task));
  return COMPARED_METRICS.map((metric) => {
    const scores = values.map((each) => (each[metric] === null ? null : scoreOf(metric, each[metric])));
    const replicates = resampled.map((each) => each[metric]);
    const scored = metric === 'BIAS' ? replicates.map((each) => each.map(Math.abs)) : replicates;
    const best = indexOfBest(scores, isLowerBetter(metric));
    const against = (v: number, other: number) =>
      difference(scores[v], scored[v], scores[other], scored[other], confidence);
    return {
      metric,
      best,
      versions: values.map((each, v) => ({
        ...estimate(each[metric], replicates[v], confidence),
        differenceToBaseline: against(v, baseline),
        differenceToBest: best === null ? null : against(v, best),
      })),
    };
  });
}

function indexOfBest(scores: readonly (number | null)[], lowerIsBetter: boolean): number | null {
  let best: number | null = null;
  scores.forEach((score, v) => {
    if (score === null) return;
    const leader = best === null ? null : scores[best]!;
    if (leader === null || (lowerIsBetter ? score < leader : score > leader)) best = v;
  });
  return best;
}

/** What all versions are compared with, prepared once. */
class CalculatedColumn {
  readonly values: Float64Array;
  readonly starts: Uint32Array;
  readonly clusterOfAtom: Uint32Array;
  readonly sorted: Sorted;
  readonly moments: ColumnMoments;
  readonly ranked: RankedColumn;

  constructor({ calculatedPpm, clusterStarts }: ComparedColumns) {
    this.values = calculatedPpm;
    this.starts = clusterStarts;
    this.sorted = sorted(calculatedPpm);
    this.clusterOfAtom = clusterOfAtoms(clusterStarts);
    this.moments = new ColumnMoments(calculatedPpm, clusterStarts);
    this.ranked = new RankedColumn(calculatedPpm, this.clusterOfAtom);
  }
}

/** Each metric of one version in each resample; NaN where it is undefined. None of fewer than two clusters. */
function resampledMetrics(
  calculated: CalculatedColumn,
  predicted: Float64Array,
  { resamples, seed }: BootstrapSettings,
): Record<ComparedMetric, Float64Array> {
  const { starts, clusterOfAtom } = calculated;
  const clusters = starts.length - 1;
  const count = clusters < 2 ? 0 : resamples;
  const replicates = Object.fromEntries(COMPARED_METRICS.map((metric) => [metric, new Float64Array(count)])) as Record<
    ComparedMetric,
    Float64Array
  >;
  const predictedMoments = new ColumnMoments(predicted, starts);
  const moments = new PairMoments(calculated.moments, predictedMoments);
  const ranked = new RankedColumn(predicted, clusterOfAtom);
  const merged = new MergedColumns(calculated.values, predicted, clusterOfAtom, clusters);
  const calculatedRanks = new Float64Array(predicted.length);
  const predictedRanks = new Float64Array(predicted.length);
  // seeded anew for each version: the draws are the same
  const drawn = new ClusterResamples(starts, seed);
  for (let r = 0; r < count; r++) {
    drawn.draw();
    const { weights, atoms } = drawn;
    const { rmse, mae, bias, r2, pearson } = moments.of(weights, atoms);
    replicates.RMSE[r] = rmse;
    replicates.MAE[r] = mae;
    replicates.BIAS[r] = bias;
    replicates.R2[r] = r2;
    replicates.PEARSON[r] = pearson;
    if (Number.isNaN(pearson)) {
      replicates.SPEARMAN[r] = Number.NaN;
    } else {
      calculated.ranked.rank(weights, atoms, calculatedRanks);
      ranked.rank(weights, atoms, predictedRanks);
      replicates.SPEARMAN[r] = correlationOfRanks(calculatedRanks, predictedRanks, starts, weights);
    }
    const { kolmogorovSmirnov, wasserstein1 } = merged.distances(weights, atoms);
    replicates.KOLMOGOROV_SMIRNOV[r] = kolmogorovSmirnov;
    replicates.WASSERSTEIN1[r] = wasserstein1;
  }
  return replicates;
}
