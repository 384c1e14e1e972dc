import { exponential, exponentialMinusOne } from '../exact/exponential.ts';
import { logarithm, logarithmOfOnePlus } from '../exact/logarithm.ts';

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

/**
 * Chebyshev coefficients of (1 + 2x) exp(x^2) erfc(x) in t = (x - 3.75) / (x + 3.75), x from 0 to infinity, computed with
 * 50 digits; the first is already halved. The form is that of Shepherd and Laframboise, Math. Comp. 36, 249 (1981): the
 * factor 1 + 2x keeps the relative error even where the function decays.
 */
const SCALED_ERFC_COEFFICIENTS = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6,
  7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10,
  -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
];

/** Scaled complementary error function exp(x^2) erfc(x), for x >= 0. */
function scaledErfc(x: number): number {
  const t = (x - 3.75) / (x + 3.75);
  let b1 = 0;
  let b2 = 0;
  for (let k = SCALED_ERFC_COEFFICIENTS.length - 1; k > 0; k--) {
    const b = 2 * t * b1 - b2 + SCALED_ERFC_COEFFICIENTS[k];
    b2 = b1;
    b1 = b;
  }
  return (t * b1 - b2 + SCALED_ERFC_COEFFICIENTS[0]) / (1 + 2 * x);
}

/** exp(-x^2) without the error that rounding x^2 would bring: the square of a 24-bit number is exact. */
function gaussian(x: number): number {
  const short = Math.fround(x);
  return exponential(-short * short) * exponential((short - x) * (short + x));
}

/** Complementary error function, 2/sqrt(pi) times the integral of exp(-t^2) from x on; relative error below 1e-15. */
export function erfc(x: number): number {
  if (x < 0) {
    return 2 - erfc(-x);
  }
  // beyond 27.3 the value is below the smallest double
  return x > 28 ? 0 : gaussian(x) * scaledErfc(x);
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

/**
 * Solves log Phi(z) = logP for z <= 0 by Halley's method. The start is formula 26.2.23 of Abramowitz and Stegun, whose
 * error of 4.5e-4 three steps remove.
 */
function lowerQuantile(logP: number): number {
  if (logP === Number.NEGATIVE_INFINITY) {
    return logP;
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
