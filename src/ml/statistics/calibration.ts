import { NatriumError } from '../../errors.ts';
import { finished } from '../steps.ts';
import { correlation } from './metrics.ts';
import { ascendingOrder, ranks } from './ranks.ts';
import { mean, normalQuantileOfLog, standardDeviation } from './statistics.ts';

/** The central shares of a normal distribution whose coverage is told; 68.27 % lie within one standard deviation. */
const COVERAGE_LEVELS = [0.5, 0.6827, 0.9, 0.95] as const;

const MOST_BINS = 10;

/** Atoms of like standard deviation, and how large their errors are. */
export interface ReliabilityBin {
  readonly count: number;
  /** Smallest and largest standard deviation. */
  readonly fromPpm: number;
  readonly toPpm: number;
  /** sqrt(mean s^2): the error that the standard deviations let expect. */
  readonly rootMeanVariancePpm: number;
  /** sqrt(mean r^2): the error that there is. */
  readonly rmsePpm: number;
}

/**
 * How far the standard deviations s of predictions tell their errors r = predicted - calculated, with z = r / s. Over the atoms
 * with s > 0; null where there are none.
 */
export interface Calibration {
  readonly count: number;
  /** Atoms with s = 0, which are left out. */
  readonly withoutSpread: number;
  /** 0 if errors are centred. */
  readonly meanZ: number | null;
  /** Of the population; 1 if s is as large as errors are, above 1 if it is too small. */
  readonly standardDeviationZ: number | null;
  /** Share of atoms with |z| <= Phi^-1((1 + level) / 2); the level itself if errors are normal and s is right. */
  readonly coverage: readonly { readonly level: number; readonly coverage: number }[];
  /** Mean of |coverage - level| over the levels 0.01, 0.02, ..., 0.99. */
  readonly expectedCalibrationError: number | null;
  /** Mean of log(2 pi s^2) / 2 + z^2 / 2. */
  readonly negativeLogLikelihood: number | null;
  /** Spearman's correlation of |r| and s; null if one of them is constant. */
  readonly spearman: number | null;
  /** sqrt(mean s^2): how small the standard deviations are. */
  readonly sharpnessPpm: number | null;
  /** Up to ten, of equal count within one, by rising s. */
  readonly reliability: readonly ReliabilityBin[];
  /** Mean of |rootMeanVariance - rmse| / rootMeanVariance over the bins (Levi et al., Sensors 22, 5540, 2022). */
  readonly expectedNormalizedCalibrationError: number | null;
}

/**
 * Calibration of predictions with standard deviations, all in ppm and atom by atom; in steps, each of which sorts once at most, so
 * that others can come in between.
 * Throws BAD_USER_INPUT for unequal lengths or a negative standard deviation, NON_FINITE_NUMBER for NaN or infinite values.
 */
export function* calibrationSteps(
  calculatedPpm: ArrayLike<number>,
  predictedPpm: ArrayLike<number>,
  standardDeviationsPpm: ArrayLike<number>,
): Generator<void, Calibration> {
  const total = calculatedPpm.length;
  if (predictedPpm.length !== total || standardDeviationsPpm.length !== total) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `A calibration needs as many predictions and standard deviations as references; there are ${predictedPpm.length}, ` +
        `${standardDeviationsPpm.length} and ${total}.`,
    );
  }
  for (let i = 0; i < total; i++) checkAtom(i, predictedPpm[i] - calculatedPpm[i], standardDeviationsPpm[i]);
  const atoms = ascendingOrder(standardDeviationsPpm).filter((i) => standardDeviationsPpm[i] > 0);
  yield;
  const deviations = Float64Array.from(atoms, (i) => standardDeviationsPpm[i]);
  const errors = Float64Array.from(atoms, (i) => predictedPpm[i] - calculatedPpm[i]);
  const z = errors.map((error, k) => error / deviations[k]);
  const sizes = z.map(Math.abs).sort();
  yield;
  const errorRanks = ranks(errors.map(Math.abs));
  yield;
  const spearman = correlation(errorRanks, ranks(deviations));
  yield;
  const count = atoms.length;
  const orNull = (value: () => number) => (count === 0 ? null : value());
  const reliability = binsOf(errors, deviations);
  return {
    ...{ count, withoutSpread: total - count, spearman, reliability },
    meanZ: orNull(() => mean(z)),
    standardDeviationZ: orNull(() => standardDeviation(z)),
    coverage: count === 0 ? [] : COVERAGE_LEVELS.map((level) => ({ level, coverage: coverageOf(sizes, level) })),
    expectedCalibrationError: orNull(() => {
      const levels = Float64Array.from({ length: 99 }, (_, k) => (k + 1) / 100);
      return mean(levels.map((level) => Math.abs(coverageOf(sizes, level) - level)));
    }),
    negativeLogLikelihood: orNull(() =>
      mean(z.map((each, k) => Math.log(2 * Math.PI) / 2 + Math.log(deviations[k]) + (each * each) / 2)),
    ),
    sharpnessPpm: orNull(() => rootMeanSquare(deviations)),
    expectedNormalizedCalibrationError: orNull(() =>
      mean(reliability.map((bin) => Math.abs(bin.rootMeanVariancePpm - bin.rmsePpm) / bin.rootMeanVariancePpm)),
    ),
  };
}

/** All steps of `calibrationSteps` at once. */
export function calibrationOf(
  calculatedPpm: ArrayLike<number>,
  predictedPpm: ArrayLike<number>,
  standardDeviationsPpm: ArrayLike<number>,
): Calibration {
  return finished(calibrationSteps(calculatedPpm, predictedPpm, standardDeviationsPpm));
}

function checkAtom(atom: number, error: number, deviation: number): void {
  if (!Number.isFinite(error) || !Number.isFinite(deviation)) {
    throw new NatriumError(
      'NON_FINITE_NUMBER',
      `Atom ${atom + 1}: the error is ${error} ppm and the standard deviation ${deviation} ppm.`,
    );
  }
  if (deviation < 0) {
    throw new NatriumError('BAD_USER_INPUT', `Atom ${atom + 1} has the standard deviation ${deviation} ppm.`);
  }
}

/** @param sizes |z| in ascending order */
function coverageOf(sizes: Float64Array, level: number): number {
  const limit = normalQuantileOfLog(Math.log((1 + level) / 2));
  let low = 0;
  let high = sizes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sizes[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low / sizes.length;
}

function binsOf(errors: Float64Array, deviations: Float64Array): ReliabilityBin[] {
  const bins = Math.min(MOST_BINS, errors.length);
  return Array.from({ length: bins }, (_, k) => {
    const from = Math.floor((k * errors.length) / bins);
    const to = Math.floor(((k + 1) * errors.length) / bins);
    return {
      count: to - from,
      ...{ fromPpm: deviations[from], toPpm: deviations[to - 1] },
      rootMeanVariancePpm: rootMeanSquare(deviations.subarray(from, to)),
      rmsePpm: rootMeanSquare(errors.subarray(from, to)),
    };
  });
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(mean(values.map((value) => value * value)));
}
