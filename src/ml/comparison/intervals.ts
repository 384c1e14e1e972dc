import { quantile, sorted } from '../statistics/distribution.ts';

/** A value with its bootstrap interval. */
export interface Estimate {
  /** Null where it is undefined. */
  readonly value: number | null;
  /** Both null where there are no resamples to tell. */
  readonly low: number | null;
  readonly high: number | null;
  /** Resamples in which it is undefined; they are left out. */
  readonly undefinedResamples: number;
}

/** A paired difference. */
export interface Difference extends Estimate {
  /** Whether the interval leaves 0 out. */
  readonly moreThanNoise: boolean;
}

/**
 * Two-sided percentile interval: the quantiles (linear interpolation, type 7) at (1 - confidence) / 2 and (1 + confidence) / 2 of
 * what the resamples give. Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
 * @param replicates one a resample; NaN where it is undefined
 */
export function estimate(value: number | null, replicates: Float64Array, confidence: number): Estimate {
  const defined = replicates.filter((each) => !Number.isNaN(each));
  const undefinedResamples = replicates.length - defined.length;
  if (value === null || defined.length === 0) return { value, low: null, high: null, undefinedResamples };
  const ascending = sorted(defined);
  const low = quantile(ascending, (1 - confidence) / 2);
  const high = quantile(ascending, (1 + confidence) / 2);
  return { value, low, high, undefinedResamples };
}

/** Of the larger of two values: metrics that differ by so little are equal but for rounding. */
const ROUNDING = 1e-12;

/** The difference of two values with the interval of the differences in the same resamples; what is rounding is 0. */
export function difference(
  value: number | null,
  replicates: Float64Array,
  otherValue: number | null,
  otherReplicates: Float64Array,
  confidence: number,
): Difference {
  const found = estimate(
    value === null || otherValue === null ? null : value - otherValue,
    replicates.map((each, r) => each - otherReplicates[r]),
    confidence,
  );
  const rounding = ROUNDING * Math.max(Math.abs(value ?? 0), Math.abs(otherValue ?? 0));
  const unlessRounding = (each: number | null) => (each !== null && Math.abs(each) <= rounding ? 0 : each);
  const [low, high] = [unlessRounding(found.low), unlessRounding(found.high)];
  return {
    ...{ value: unlessRounding(found.value), low, high, undefinedResamples: found.undefinedResamples },
    moreThanNoise: low !== null && high !== null && (low > 0 || high < 0),
  };
}
