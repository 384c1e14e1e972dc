import * as tf from '@tensorflow/tfjs';

/** Atoms of each pair; each pair once, for both directions. */
export interface PairIndices {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * Sum over the neighbours of each atom of their features, weighted element by element by the filter of the pair:
 *
 *     y_i = Σ_{pairs {i, j}} u_j ∘ W_ij
 *
 * features u [atoms, filters], filters W [pairs, filters] → y [atoms, filters]. As W_ij = W_ji, the derivative by u is the
 * same sum over ∂y; that by W is ∂y_i ∘ u_j + ∂y_j ∘ u_i.
 *
 * The loops run outside tfjs, on arrays: its wasm backend has no scatter-add, and a gather there takes longer than all the
 * rest of a step.
 */
export function pairConvolution(features: tf.Tensor2D, filters: tf.Tensor2D, pairs: PairIndices): tf.Tensor2D {
  const convolution = tf.customGrad((...args) => {
    const [u, w, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([u, w]);
    return {
      value: tf.tensor2d(sumOverPairs(floats(u), floats(w), pairs, u.shape[1]), u.shape),
      gradFunc: (dy, saved) => {
        const [du, dw] = [floats(saved[0]), floats(saved[1])];
        const [atoms, width] = u.shape;
        const slope = floats(dy);
        return [
          tf.tensor2d(sumOverPairs(slope, dw, pairs, width), [atoms, width]),
          tf.tensor2d(exchangedProducts(slope, du, pairs, width), [pairs.first.length, width]),
        ];
      },
    };
  });
  return convolution(features, filters) as tf.Tensor2D;
}

function sumOverPairs(u: Float32Array, w: Float32Array, { first, second }: PairIndices, width: number): Float32Array {
  const y = new Float32Array(u.length);
  for (let pair = 0, filter = 0; pair < first.length; pair++) {
    let i = first[pair] * width;
    let j = second[pair] * width;
    for (const end = filter + width; filter < end; filter++, i++, j++) {
      y[i] += u[j] * w[filter];
      y[j] += u[i] * w[filter];
    }
  }
  return y;
}

function exchangedProducts(
  slope: Float32Array,
  u: Float32Array,
  { first, second }: PairIndices,
  width: number,
): Float32Array {
  const products = new Float32Array(first.length * width);
  for (let pair = 0, filter = 0; pair < first.length; pair++) {
    let i = first[pair] * width;
    let j = second[pair] * width;
    for (const end = filter + width; filter < end; filter++, i++, j++) {
      products[filter] = slope[i] * u[j] + slope[j] * u[i];
    }
  }
  return products;
}

function floats(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync<'float32'>();
}
