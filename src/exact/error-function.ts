import { exponential } from './exponential.ts';

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
export function scaledErfc(x: number): number {
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
