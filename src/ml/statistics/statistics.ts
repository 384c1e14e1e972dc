import { erfc, scaledErfc } from '../../exact/error-function.ts';
import { exponentialMinusOne } from '../../exact/exponential.ts';
import { logarithm, logarithmOfOnePlus } from '../../exact/logarithm.ts';

/** Arithmetic mean, corrected by a second pass; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  const first = sum(values, 0) / values.length;
  return first + sum(values, first) / values.length;
}

/** Population standard deviation, sqrt(mean((x - mean)^2)); NaN for no values. */
export function standardDeviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    // not a power: those may differ in the last bit between versions of the engine, and trainings start from here
    squares += (values[i] - centre) * (values[i] - centre);
  }
  return Math.sqrt(squares / values.length);
}

function sum(values: ArrayLike<number>, offset: number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    total += values[i] - offset;
  }
  return total;
}

/** Standard normal distribution function Phi(z) = erfc(-z / sqrt 2) / 2. */
export function normalCdf(z: number): number {
  return erfc(-z * Math.SQRT1_2) / 2;
}

/** log Phi(z), accurate and finite far into both tails (until z^2 overflows). */
export function logNormalCdf(z: number): number {
  return z <= 0 ? logarithm(scaledErfc(-z * Math.SQRT1_2) / 2) - (z * z) / 2 : logarithmOfOnePlus(-normalCdf(-z));
}

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Standard normal quantile of a probability p = exp(logP), which may be too small to be written itself. */
export function normalQuantileOfLog(logP: number): number {
  return logP <= -Math.LN2 ? lowerQuantile(logP) : -lowerQuantile(logarithm(-exponentialMinusOne(logP)));
}

/** Below this the leading terms of log Phi(z), -z^2/2 - log(-z) - log(2 pi)/2, are all that doubles show. */
const FAR_LOG = -1e10;

/**
 * Solves log Phi(z) = logP for z <= 0 by Halley's method. The start is formula 26.2.23 of Abramowitz and Stegun, whose
 * error of 4.5e-4 three steps remove.
 */
function lowerQuantile(logP: number): number {
  if (logP === Number.NEGATIVE_INFINITY) {
    return logP;
  }
  if (logP < FAR_LOG) {
    return -Math.sqrt(-2 * logP - logarithm(-4 * Math.PI * logP));
  }
  const t = Math.sqrt(-2 * logP);
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 4; step++) {
    const scaled = scaledErfc(-z * Math.SQRT1_2);
    const slope = 2 / (ROOT_TWO_PI * scaled);
    const newton = (logarithm(scaled / 2) - (z * z) / 2 - logP) / slope;
    z -= newton / (1 + (newton * (z + slope)) / 2);
  }
  return z;
}
