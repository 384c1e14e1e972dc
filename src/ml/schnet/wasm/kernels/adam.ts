import { bytes, madd } from './vector';

/**
 * What counts as zero, since some processors take a hundred times as long for numbers that are hardly above it: gradients, which
 * against epsilon do nothing when they are so small, and what is left of moments long after the last gradient.
 */
const LEAST_GRADIENT: f32 = 1e-15;
const LEAST_FIRST: f32 = 1e-25;
const LEAST_SECOND: f32 = 1e-32;

/**
 * One step of Adam for `count` weights w with the gradients g and the moments m and v:
 *
 *     m = b1 m + (1 - b1) g     v = b2 v + (1 - b2) g²     w = w - rate m / (sqrt(v / correction) + epsilon)
 *
 * `rate` is the learning rate over 1 - b1^t, `correction` is 1 - b2^t.
 */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  correction: f32,
  epsilon: f32,
): void {
  const keepFirst = f32x4.splat(beta1);
  const takeFirst = f32x4.splat(1 - beta1);
  const keepSecond = f32x4.splat(beta2);
  const takeSecond = f32x4.splat(1 - beta2);
  const minusRate = f32x4.splat(-rate);
  const inverseCorrection = f32x4.splat(1 / correction);
  const offset = f32x4.splat(epsilon);
  const leastGradient = f32x4.splat(LEAST_GRADIENT);
  const leastFirst = f32x4.splat(LEAST_FIRST);
  const leastSecond = f32x4.splat(LEAST_SECOND);
  for (let at: usize = 0; at < bytes(count); at += 16) {
    const slope = orZero(v128.load(g + at), leastGradient);
    const first = orZero(madd(takeFirst, slope, f32x4.mul(keepFirst, v128.load(m + at))), leastFirst);
    const square = madd(takeSecond, f32x4.mul(slope, slope), f32x4.mul(keepSecond, v128.load(v + at)));
    const second = orZero(square, leastSecond);
    v128.store(m + at, first);
    v128.store(v + at, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, inverseCorrection)), offset);
    v128.store(w + at, f32x4.add(v128.load(w + at), f32x4.div(f32x4.mul(minusRate, first), root)));
  }
}

/** x, or zero where it is nearer to zero than `least`. */
function orZero(x: v128, least: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), least));
}
