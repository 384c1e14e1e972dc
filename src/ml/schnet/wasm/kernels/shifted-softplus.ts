import { bytes, madd } from './vector';

// in memory, because V8 would build a constant vector anew in every turn of a loop
const CONSTANTS: usize = memory.data<f32>(
  [
    /* 0: log2(e) */ 1.44269504088896341, /* 1: 1.5 * 2^23, which rounds to an integer when it is added */ 12582912.0,
    /* 2, 3: -ln 2 in two parts */ -0.693359375, 2.1219444e-4,
    /* 4 to 9: exp on [-ln 2 / 2, ln 2 / 2] (Cephes' expf) */
    1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, /* 10 */ 1.0,
    /* 11: below this the exponential of a float32 is no normal number */ -87.0, /* 12 */ -0.0,
    /* 13 to 17: 2 artanh(sqrt y) / sqrt y on [0, 1/9] */
    0.281746656914, 0.279614263756, 0.400248522911, 0.666663160041, 2.00000000787, /* 18 */ -0.69314718055994531,
  ],
  16,
);

function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** exp(y) for y <= 0. */
function exponential(y: v128): v128 {
  y = f32x4.pmax(y, constant(11));
  const shifted = madd(y, constant(0), constant(1));
  const n = f32x4.sub(shifted, constant(1));
  const r = madd(n, constant(3), madd(n, constant(2), y));
  let p = madd(r, constant(4), constant(5));
  p = madd(p, r, constant(6));
  p = madd(p, r, constant(7));
  p = madd(p, r, constant(8));
  p = madd(p, r, constant(9));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, constant(10)));
  // times 2^n, through the exponent
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/**
 * `count` numbers z: ssp(z) = ln(e^z / 2 + 1/2) and its derivative, the logistic function. Both in one, since they share the
 * exponential: with t = e^-|z|, ln((1 + t) / 2) is an artanh of (1 - t) / (1 + t). Either may take the place of z.
 */
export function shiftedSoftplus(z: usize, value: usize, slope: usize, count: i32): void {
  for (let at: usize = 0; at < bytes(count); at += 16) {
    const x = v128.load(z + at);
    const t = exponential(v128.or(x, constant(12)));
    const one = constant(10);
    const u = f32x4.add(t, one);
    const v = f32x4.add(u, one);
    const inverse = f32x4.div(one, f32x4.mul(u, v));
    const logistic = f32x4.mul(inverse, v);
    const r = f32x4.mul(t, f32x4.mul(inverse, u));
    const y = f32x4.mul(r, r);
    let p = madd(y, constant(13), constant(14));
    p = madd(p, y, constant(15));
    p = madd(p, y, constant(16));
    p = madd(p, y, constant(17));
    const isNegative = i32x4.shr_s(x, 31);
    v128.store(slope + at, f32x4.mul(logistic, v128.bitselect(t, one, isNegative)));
    v128.store(value + at, f32x4.add(v128.andnot(x, isNegative), madd(r, p, constant(18))));
  }
}
