import { NatriumError } from '../errors.ts';
import {
  fitGeneralizedLogistic,
  type GeneralizedLogistic,
  logCdf,
  logSurvival,
  quantileOfLogCdf,
  quantileOfLogSurvival,
} from './statistics/generalized-logistic.ts';
import { logNormalCdf, mean, normalQuantileOfLog, standardDeviation } from './statistics/statistics.ts';

export const TARGET_TRANSFORM_KINDS = ['NONE', 'STANDARDIZE', 'GENERALIZED_LOGISTIC'] as const;
export type TargetTransformKind = (typeof TARGET_TRANSFORM_KINDS)[number];

/** How shieldings (ppm) become the target that a model is trained on; fitted to training rows only. */
export type TargetTransform =
  | { readonly kind: 'NONE' }
  | { readonly kind: 'STANDARDIZE'; readonly mean: number; readonly standardDeviation: number }
  | ({ readonly kind: 'GENERALIZED_LOGISTIC' } & GeneralizedLogistic);

/** The fewest values that three parameters are fitted to. */
const FEWEST_VALUES = 5;

// beyond these, squares and quotients of shieldings would leave the range of doubles
const LARGEST_SHIELDING_PPM = 1e100;
const SMALLEST_SPREAD_PPM = 1e-100;

/**
 * Fits a transform to the training shieldings: nothing; their mean and population standard deviation; or the generalised
 * logistic distribution of greatest likelihood (protocol, "Target transform"), location and scale in ppm.
 * Throws BAD_USER_INPUT for values that are all equal or beyond ±1e100, and for fewer than 5 values where a distribution is
 * fitted; NON_FINITE_NUMBER for NaN or infinite values.
 */
export function fitTargetTransform(
  kind: TargetTransformKind,
  trainingShieldingsPpm: ArrayLike<number>,
): TargetTransform {
  if (kind === 'NONE') {
    return { kind };
  }
  const reason = whyUnfittable(trainingShieldingsPpm, kind === 'GENERALIZED_LOGISTIC' ? FEWEST_VALUES : 2);
  if (reason !== null) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `The target transform ${kind} cannot be fitted to the training shieldings: ${reason}. Train on others, or on the target UNSCALED.`,
    );
  }
  if (kind === 'STANDARDIZE') {
    return { kind, mean: mean(trainingShieldingsPpm), standardDeviation: standardDeviation(trainingShieldingsPpm) };
  }
  return { kind, ...fitGeneralizedLogistic(trainingShieldingsPpm) };
}

/**
 * Why no distribution can be fitted to shieldings: too few, all equal, or beyond ±1e100 ppm; null if one can.
 * Throws NON_FINITE_NUMBER for NaN or infinite values.
 */
export function whyUnfittable(shieldingsPpm: ArrayLike<number>, fewest = FEWEST_VALUES): string | null {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < shieldingsPpm.length; i++) {
    if (!Number.isFinite(shieldingsPpm[i])) {
      throw new NatriumError('NON_FINITE_NUMBER', `Shielding ${i + 1} is ${shieldingsPpm[i]}.`);
    }
    lowest = Math.min(lowest, shieldingsPpm[i]);
    highest = Math.max(highest, shieldingsPpm[i]);
  }
  if (shieldingsPpm.length < fewest) return `there are ${shieldingsPpm.length}, and it needs at least ${fewest}`;
  const largest = Math.max(Math.abs(lowest), Math.abs(highest));
  if (largest > LARGEST_SHIELDING_PPM) return `one is ${largest} ppm from 0`;
  // a spread of rounding errors is no spread
  if (highest - lowest <= Math.max(1e-12 * largest, SMALLEST_SPREAD_PPM)) {
    return `all ${shieldingsPpm.length} are ${lowest} ppm`;
  }
  return null;
}

/** Beyond this, far from anything a model says, z squared would overflow. */
const LARGEST_TARGET = 1e150;
const LOWEST_LOG = -(LARGEST_TARGET * LARGEST_TARGET) / 2;

/**
 * Shieldings in ppm to targets. GENERALIZED_LOGISTIC is z = Phi^-1(F(y)), computed from log F or log(1 - F), whichever is
 * smaller, so that it stays increasing and invertible where F itself would round to 0 or 1: far below the location it goes on
 * as z = -sqrt(2 shape (location - y) / scale), far above as z = sqrt(2 (y - location) / scale) (leading terms), until it ends
 * at ±1e150.
 */
export function forward(transform: TargetTransform, shieldingsPpm: ArrayLike<number>): Float64Array {
  switch (transform.kind) {
    case 'NONE':
      return Float64Array.from(shieldingsPpm);
    case 'STANDARDIZE':
      return Float64Array.from(shieldingsPpm, (y) => (y - transform.mean) / transform.standardDeviation);
    case 'GENERALIZED_LOGISTIC':
      return Float64Array.from(shieldingsPpm, (y) => {
        const logF = logCdf(transform, y);
        return logF <= -Math.LN2 ? lowerTarget(logF) : -lowerTarget(logSurvival(transform, y));
      });
  }
}

function lowerTarget(logP: number): number {
  return Math.max(normalQuantileOfLog(Math.max(logP, LOWEST_LOG)), -LARGEST_TARGET);
}

/**
 * Targets to shieldings in ppm, the inverse of `forward`. GENERALIZED_LOGISTIC is y = F^-1(Phi(z)) through the logarithms of
 * the tails: for large |z| it goes on as y = location - scale z^2 / (2 shape) below and y = location + scale z^2 / 2
 * above (leading terms), increasing; targets beyond ±1e150 are taken as that, and what would overflow is the largest double.
 */
export function backward(transform: TargetTransform, targets: ArrayLike<number>): Float64Array {
  switch (transform.kind) {
    case 'NONE':
      return Float64Array.from(targets);
    case 'STANDARDIZE':
      return Float64Array.from(targets, (z) => transform.mean + transform.standardDeviation * z);
    case 'GENERALIZED_LOGISTIC':
      return Float64Array.from(targets, (target) => {
        const z = within(LARGEST_TARGET, target);
        // the two meet where nobody looks for the last bit, which is not at 0
        const y =
          z <= 1 ? quantileOfLogCdf(transform, logNormalCdf(z)) : quantileOfLogSurvival(transform, logNormalCdf(-z));
        return within(Number.MAX_VALUE, y);
      });
  }
}

function within(limit: number, value: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
