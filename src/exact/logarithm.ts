import { LN2_HIGH, LN2_LOW } from './ln2.ts';

const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_TO_54 = 18014398509481984;
const EXPONENT_BIAS = 1023;

const bits = new DataView(new ArrayBuffer(8));

/**
 * ln x by operations that are exact everywhere (+ - x / and the bits of a double), so that what follows from it has the same
 * bits on every machine; `Math.log` may differ in the last bit between versions of the engine. Within one unit in the last
 * place; minus infinity at 0, NaN below.
 *
 * Source: fdlibm's e_log.c (Sun Microsystems, 1993): x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2), and
 * ln(1 + f) = 2 artanh(s) with s = f / (2 + f).
 */
export function logarithm(x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < SMALLEST_NORMAL) return logarithm(x * TWO_TO_54) - 54 * LN2_HIGH - 54 * LN2_LOW;
  bits.setFloat64(0, x);
  const head = bits.getUint32(0);
  let k = (head >>> 20) - EXPONENT_BIAS;
  bits.setUint32(0, (head & 0xfffff) | (EXPONENT_BIAS << 20));
  let fraction = bits.getFloat64(0);
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    k++;
  }
  const f = fraction - 1;
  const s = f / (2 + f);
  const z = s * s;
  const series =
    z *
    (0.6666666666666735 +
      z *
        (0.3999999999940942 +
          z *
            (0.2857142874366239 +
              z *
                (0.22222198432149784 +
                  z * (0.1818357216161805 + z * (0.15313837699209373 + z * 0.14798198605116586))))));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + series) + k * LN2_LOW) - f);
}

/** ln(1 + x) in the same way, without the loss of digits near 0: within two units in the last place. */
export function logarithmOfOnePlus(x: number): number {
  const u = 1 + x;
  if (u === 1) return x;
  if (u <= 0 || u === Number.POSITIVE_INFINITY) return logarithm(u);
  // u is not quite 1 + x; what rounding took from it is added along the slope
  return logarithm(u) + (x - (u - 1)) / u;
}
