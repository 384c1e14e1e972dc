import { shiftedSoftplus } from './shifted-softplus';
import { bytes, madd } from './vector';

/**
 * The last layer: out_i = ssp(o_i) . w + bias for the rows o_i [width] of o, which are `stride` apart. The rows become their
 * derivatives, the logistic of o; `values` [atoms, width] takes ssp(o).
 */
export function output(
  o: usize,
  stride: usize,
  values: usize,
  weights: usize,
  bias: f32,
  out: usize,
  atoms: i32,
  width: i32,
): void {
  for (let atom = 0; atom < atoms; atom++) {
    shiftedSoftplus(o, values, o, width);
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < bytes(width); at += 16) {
      sum = madd(v128.load(values + at), v128.load(weights + at), sum);
    }
    const total =
      f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
    store<f32>(out + bytes(atom), total + bias);
    o += stride;
    values += bytes(width);
  }
}

/**
 * The derivatives by o, which take the place of the logistic, and by the weights and the bias, which are added, of a loss with the
 * derivative `dOut` by the output.
 */
export function outputBack(
  o: usize,
  stride: usize,
  dO: usize,
  values: usize,
  weights: usize,
  dOut: usize,
  dWeights: usize,
  dBias: usize,
  atoms: i32,
  width: i32,
): void {
  let biasSum = load<f32>(dBias);
  for (let atom = 0; atom < atoms; atom++) {
    const d = load<f32>(dOut + bytes(atom));
    biasSum += d;
    const factor = f32x4.splat(d);
    for (let at: usize = 0; at < bytes(width); at += 16) {
      v128.store(dWeights + at, madd(factor, v128.load(values + at), v128.load(dWeights + at)));
      v128.store(dO + at, f32x4.mul(f32x4.mul(factor, v128.load(weights + at)), v128.load(o + at)));
    }
    o += stride;
    dO += stride;
    values += bytes(width);
  }
  store<f32>(dBias, biasSum);
}
