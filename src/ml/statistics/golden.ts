import type { GoldenRow } from '../golden-row.ts';
import { calibrationOf } from './calibration.ts';
import {
  densityMode,
  kolmogorovSmirnov,
  kolmogorovSmirnovFrom,
  plottingQuantile,
  quantile,
  shareBelow,
  sorted,
  summarize,
  wasserstein1,
} from './distribution.ts';
import { fitGeneralizedLogistic, type GeneralizedLogistic, logLikelihood } from './generalized-logistic.ts';
import { commonHistogram } from './histogram.ts';
import { regressionMetrics } from './metrics.ts';
import { normalCdf } from './statistics.ts';

/** The file that `test/golden/statistics.py` writes: samples, and what scipy, scikit-learn and numpy make of them. */
interface StatisticsGolden {
  readonly statistics: {
    readonly regressions: readonly GoldenRegression[];
    readonly distributions: readonly GoldenDistribution[];
    readonly pairs: readonly GoldenPair[];
    readonly generalizedLogistics: readonly GoldenFit[];
    readonly histograms: readonly GoldenHistogram[];
    readonly calibrations: readonly GoldenCalibration[];
  };
}

type Numbers = readonly number[];

interface Named {
  readonly name: string;
}

const METRICS = ['rmse', 'mae', 'bias', 'trainingMeanRmse', 'trainingMeanMae', 'targetStandardDeviation'] as const;
const RATIOS = ['r2', 'pearson', 'spearman', 'trainingMeanR2'] as const;

interface GoldenRegression
  extends Named,
    Readonly<Record<(typeof METRICS)[number] | (typeof RATIOS)[number] | 'trainingMean', number>> {
  readonly reference: Numbers;
  readonly predicted: Numbers;
}

interface GoldenDistribution
  extends Named,
    Readonly<
      Record<'mean' | 'standardDeviation' | 'skewness' | 'mode' | 'fromNormal' | 'limit' | 'shareBelow', number>
    >,
    Readonly<Record<'values' | 'probabilities' | 'quantiles' | 'plottingQuantiles', Numbers>> {}

interface GoldenPair
  extends Named,
    Readonly<Record<'kolmogorovSmirnov' | 'wasserstein1', number>>,
    Readonly<Record<'a' | 'b' | 'probabilities' | 'quantilesOfA' | 'quantilesOfB', Numbers>> {}

interface GoldenFit extends Named, GeneralizedLogistic {
  readonly values: Numbers;
  /** How often each value is there. */
  readonly counts: Numbers;
  readonly logLikelihood: number;
  /** Of the fit and of the distributions to which it may tend. */
  readonly supremum: number;
}

interface GoldenHistogram extends Named, Readonly<Record<'values' | 'edges' | 'counts', Numbers>> {
  readonly binWidth: number;
}

interface GoldenCalibration
  extends Named,
    Readonly<
      Record<
        | 'count'
        | 'withoutSpread'
        | 'meanZ'
        | 'standardDeviationZ'
        | 'expectedCalibrationError'
        | 'negativeLogLikelihood'
        | 'spearman'
        | 'sharpness'
        | 'expectedNormalizedCalibrationError',
        number
      >
    >,
    Readonly<
      Record<'calculated' | 'predicted' | 'standardDeviations' | 'levels' | 'coverages' | 'expected' | 'found', Numbers>
    > {}

/** Whether a file is one of these. */
export function isStatisticsGoldenFile(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'statistics' in json;
}

/**
 * Compares metrics, distributions, fits of the generalised logistic distribution, histograms and calibrations with those of
 * scipy, scikit-learn and numpy.
 * @param json the parsed content of `statistics.json`
 */
export function compareWithStatisticsGolden(json: unknown): GoldenRow[] {
  const { statistics: golden } = json as StatisticsGolden;
  return [
    ...golden.regressions.flatMap(regressionRows),
    ...golden.distributions.flatMap(distributionRows),
    ...golden.pairs.flatMap(pairRows),
    ...golden.generalizedLogistics.flatMap(fitRows),
    ...golden.histograms.flatMap(histogramRows),
    ...golden.calibrations.flatMap(calibrationRows),
  ];
}

function regressionRows(golden: GoldenRegression): GoldenRow[] {
  const ours = regressionMetrics(golden.reference, golden.predicted, golden.trainingMean);
  const scale = golden.targetStandardDeviation;
  // differences of numbers of this size are all that a double can hold
  const digits = 1e-15 * Math.max(...golden.reference.map(Math.abs));
  return [
    {
      quantity: `metrics, ${golden.name}`,
      deviation: Math.max(...METRICS.map((name) => Math.abs(ours[`${name}Ppm`] - golden[name]))),
      tolerance: 1e-12 * scale + digits,
    },
    {
      quantity: `R2 and correlations, ${golden.name}`,
      deviation: Math.max(...RATIOS.map((name) => Math.abs((ours[name] ?? Number.NaN) - golden[name]))),
      tolerance: 1e-11,
    },
  ];
}

function distributionRows(golden: GoldenDistribution): GoldenRow[] {
  const values = sorted(golden.values);
  const ours = summarize(values);
  const digits = 1e-15 * Math.max(...golden.values.map(Math.abs));
  const spread = golden.standardDeviation;
  return [
    {
      quantity: `mean and deviation, ${golden.name}`,
      deviation: Math.max(Math.abs(ours.mean - golden.mean), Math.abs(ours.standardDeviation - spread)),
      tolerance: 1e-13 * spread + digits,
    },
    {
      quantity: `skewness, ${golden.name}`,
      deviation: Math.abs((ours.skewness ?? Number.NaN) - golden.skewness),
      tolerance: 1e-9,
    },
    {
      // a maximum is flat: what finds it by its height finds half the digits
      quantity: `mode, in deviations, ${golden.name}`,
      deviation: Math.abs((densityMode(values) ?? Number.NaN) - golden.mode) / spread,
      tolerance: 1e-6,
    },
    {
      quantity: `Kolmogorov-Smirnov from a normal one, ${golden.name}`,
      deviation: Math.abs(
        kolmogorovSmirnovFrom(values, (value) => normalCdf((value - golden.mean) / spread)) - golden.fromNormal,
      ),
      tolerance: 1e-13 + digits / spread,
    },
    {
      quantity: `quantiles, ${golden.name}`,
      deviation: Math.max(
        deviationOf(
          golden.probabilities.map((p) => quantile(values, p)),
          golden.quantiles,
        ),
        deviationOf(
          golden.probabilities.map((p) => plottingQuantile(values, p)),
          golden.plottingQuantiles,
        ),
        Math.abs(shareBelow(values, golden.limit) - golden.shareBelow),
      ),
      tolerance: 1e-13 * spread + digits,
    },
  ];
}

function pairRows(golden: GoldenPair): GoldenRow[] {
  const [a, b] = [sorted(golden.a), sorted(golden.b)];
  const quantiles = (values: typeof a) => golden.probabilities.map((p) => plottingQuantile(values, p));
  return [
    {
      quantity: `Kolmogorov-Smirnov, ${golden.name}`,
      deviation: Math.abs(kolmogorovSmirnov(a, b) - golden.kolmogorovSmirnov),
      tolerance: 1e-14,
    },
    {
      quantity: `Wasserstein-1 (ppm), ${golden.name}`,
      deviation: Math.abs(wasserstein1(a, b) - golden.wasserstein1),
      tolerance: 1e-11,
    },
    {
      quantity: `Q-Q points (ppm), ${golden.name}`,
      deviation: Math.max(
        deviationOf(quantiles(a), golden.quantilesOfA),
        deviationOf(quantiles(b), golden.quantilesOfB),
      ),
      tolerance: 1e-11,
    },
  ];
}

function fitRows(golden: GoldenFit): GoldenRow[] {
  const values = golden.values.flatMap((value, k) => new Array<number>(golden.counts[k]).fill(value));
  const ours = logLikelihood(fitGeneralizedLogistic(values), values);
  // where the scale is small beside the values, they hold few digits of their distances from the location
  const digits = (1e-15 * Math.max(...golden.values.map(Math.abs))) / golden.scale;
  return [
    {
      quantity: `fit a value below scipy's, ${golden.name}`,
      deviation: Math.max(0, golden.supremum - ours) / values.length,
      tolerance: 1e-6,
    },
    {
      quantity: `likelihood of scipy's fit, ${golden.name}`,
      deviation: Math.abs(logLikelihood(golden, values) - golden.logLikelihood) / values.length,
      tolerance: 1e-10 + digits,
    },
  ];
}

function histogramRows({ name, values, binWidth, edges, counts }: GoldenHistogram): GoldenRow[] {
  const ours = commonHistogram([{ name, values }], binWidth);
  return [
    {
      quantity: `histogram, ${name}`,
      deviation: Math.max(deviationOf(ours.edgesPpm, edges), deviationOf(ours.counts[0].counts, counts)),
      tolerance: 0,
    },
  ];
}

function calibrationRows(golden: GoldenCalibration): GoldenRow[] {
  const ours = calibrationOf(golden.calculated, golden.predicted, golden.standardDeviations);
  const numbers = [
    [ours.count, golden.count],
    [ours.withoutSpread, golden.withoutSpread],
    [ours.meanZ, golden.meanZ],
    [ours.standardDeviationZ, golden.standardDeviationZ],
    [ours.expectedCalibrationError, golden.expectedCalibrationError],
    [ours.negativeLogLikelihood, golden.negativeLogLikelihood],
    [ours.spearman, golden.spearman],
    [ours.sharpnessPpm, golden.sharpness],
    [ours.expectedNormalizedCalibrationError, golden.expectedNormalizedCalibrationError],
  ] as const;
  const columns = [
    [ours.coverage.map(({ level }) => level), golden.levels],
    [ours.coverage.map(({ coverage }) => coverage), golden.coverages],
    [ours.reliability.map((bin) => bin.rootMeanVariancePpm), golden.expected],
    [ours.reliability.map((bin) => bin.rmsePpm), golden.found],
  ] as const;
  return [
    {
      quantity: `calibration, ${golden.name}`,
      deviation: Math.max(
        ...numbers.map(([our, their]) => Math.abs((our ?? Number.NaN) - their)),
        ...columns.map(([our, their]) => deviationOf(our, their)),
      ),
      tolerance: 1e-11,
    },
  ];
}

/** NaN if the lengths differ, which no tolerance allows. */
function deviationOf(ours: ArrayLike<number>, theirs: Numbers): number {
  return ours.length === theirs.length
    ? theirs.reduce((most, value, k) => Math.max(most, Math.abs(value - ours[k])), 0)
    : Number.NaN;
}
