import { bytes, madd } from './vector';

// in memory, because V8 would build a constant vector anew in every turn of a loop
const CONSTANTS: usize = memory.data<f32>(
  [
    /* 0: log2(e) */ 1.44269504088896341, /* 1: 1.5 * 2^23, which rounds to an integer when it is added */ 12582912.0,
    /* 2: smaller powers of 2 count as 0 */ -30.0, /* 3 */ 1.0, /* 4 */ -0.0, /* 5 */ -0.69314718055994531,
    /* 6 to 11: 2^f on [-1/2, 1/2], from the constant up; least relative error, 7.5e-8 */
    1.0000000716546849, 0.6931469670647605, 0.24022119723840046, 0.055507132734977614, 0.009675541334451691,
    0.0013276471992602875,
    /* 12 to 19: ln(1 + t) / t on [0, 1], from the constant up; least error of the logarithm, 3.8e-8 */
    0.9999980831988958, -0.4999077259860304, 0.33204856845494946, -0.2416517599380539, 0.1695088857948024,
    -0.09742564533528258, 0.03733145723183299, -0.00675472119719055,
  ],
  16,
);

function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** Constant `index` plus x times the next. */
function line(index: usize, x: v128): v128 {
  return madd(x, constant(index + 1), constant(index));
}

/**
 * exp(y) for y <= 0; zero below 1e-9. So little never changes a value, and as a slope it would make products that are hardly above
 * zero, on which some processors take a hundred times as long: a network that has run wild consists of them.
 */
function exponential(y: v128): v128 {
  const w = f32x4.mul(y, constant(0));
  const shifted = f32x4.add(w, constant(1));
  const f = f32x4.sub(w, f32x4.sub(shifted, constant(1)));
  const square = f32x4.mul(f, f);
  const p = madd(square, madd(square, line(10, f), line(8, f)), line(6, f));
  // times 2^n, through the exponent; asked this way, what is no number stays none
  return v128.andnot(i32x4.add(p, i32x4.shl(shifted, 23)), f32x4.lt(w, constant(2)));
}

/** ln(1 + t) / t for t in [0, 1]. */
function logarithm(t: v128): v128 {
  const square = f32x4.mul(t, t);
  const low = madd(square, line(14, t), line(12, t));
  const high = madd(square, line(18, t), line(16, t));
  return madd(f32x4.mul(square, square), high, low);
}

/**
 * `count` numbers z: ssp(z) = ln(e^z / 2 + 1/2) and its derivative, the logistic function. Both in one, since they share
 * t = e^-|z|: ssp is max(z, 0) + ln(1 + t) - ln 2, its derivative 1 / (1 + t) or t / (1 + t). Either may take the place of z.
 */
export function shiftedSoftplus(z: usize, value: usize, slope: usize, count: i32): void {
  for (let at: usize = 0; at < bytes(count); at += 16) {
    const x = v128.load(z + at);
    const t = exponential(v128.or(x, constant(4)));
    const one = constant(3);
    const inverse = f32x4.div(one, f32x4.add(t, one));
    const isNegative = i32x4.shr_s(x, 31);
    v128.store(slope + at, f32x4.mul(inverse, v128.bitselect(t, one, isNegative)));
    v128.store(value + at, f32x4.add(v128.andnot(x, isNegative), madd(t, logarithm(t), constant(5))));
  }
}
