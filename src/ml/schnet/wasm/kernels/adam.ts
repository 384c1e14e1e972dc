import { bytes, madd } from './vector';

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
  for (let at: usize = 0; at < bytes(count); at += 16) {
    const slope = v128.load(g + at);
    const first = madd(takeFirst, slope, f32x4.mul(keepFirst, v128.load(m + at)));
    const second = madd(takeSecond, f32x4.mul(slope, slope), f32x4.mul(keepSecond, v128.load(v + at)));
    v128.store(m + at, first);
    v128.store(v + at, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, inverseCorrection)), offset);
    v128.store(w + at, f32x4.add(v128.load(w + at), f32x4.div(f32x4.mul(minusRate, first), root)));
  }
}
