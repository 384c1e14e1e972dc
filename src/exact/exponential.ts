import { LN2_HIGH, LN2_LOW } from './ln2.ts';

const SMALLEST_ARGUMENT = -708;
const LARGEST_ARGUMENT = 709;

const LOWEST_EXPONENT = -1022;
const POWERS_OF_TWO = powersOfTwo();

/**
 * e^x by operations that are exact everywhere (+ - x / and a table of powers of two), so that what follows from it has the
 * same bits on every machine; `Math.exp` may differ in the last bit between versions of the engine. Within one unit in the
 * last place; 0 below -708, infinite above 709.
 *
 * Source: fdlibm's e_exp.c (Sun Microsystems, 1993): x = k ln 2 + r with |r| <= ln 2 / 2, and a rational approximation on r.
 */
export function exponential(x: number): number {
  if (x < SMALLEST_ARGUMENT) return 0;
  if (x > LARGEST_ARGUMENT) return Number.POSITIVE_INFINITY;
  const k = nearestPower(x);
  return (1 + growthOfRest(x, k)) * POWERS_OF_TWO[k - LOWEST_EXPONENT];
}

/** e^x - 1 in the same way, without the loss of digits near 0: within two units in the last place. */
export function exponentialMinusOne(x: number): number {
  if (x < SMALLEST_ARGUMENT) return -1;
  if (x > LARGEST_ARGUMENT) return Number.POSITIVE_INFINITY;
  const k = nearestPower(x);
  const growth = growthOfRest(x, k);
  if (k === 0) return growth;
  const power = POWERS_OF_TWO[k - LOWEST_EXPONENT];
  return growth * power + (power - 1);
}

/** The whole k for which x is nearest to k ln 2. */
function nearestPower(x: number): number {
  return Math.floor(x * Math.LOG2E + 0.5);
}

/** e^r - 1 of the rest r = x - k ln 2. */
function growthOfRest(x: number, k: number): number {
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  return high - (low - (r * c) / (2 - c));
}

/** 2^-1022 … 2^1023. */
function powersOfTwo(): Float64Array {
  const powers = new Float64Array(2046);
  powers[-LOWEST_EXPONENT] = 1;
  for (let i = -LOWEST_EXPONENT + 1; i < powers.length; i++) powers[i] = 2 * powers[i - 1];
  for (let i = -LOWEST_EXPONENT - 1; i >= 0; i--) powers[i] = powers[i + 1] / 2;
  return powers;
}
