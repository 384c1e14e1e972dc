import * as tf from '@tensorflow/tfjs';

/**
 * a · b with a derivative that transposes first and multiplies then. tfjs' own derivative multiplies transposed operands
 * in place, which its wasm backend does more than ten times slower.
 *
 *     c = a b        ∂a = ∂c bᵀ        ∂b = aᵀ ∂c
 */
export const matrixProduct: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor2D = tf.customGrad((...args) => {
  const [a, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
  save([a, b]);
  return {
    value: tf.matMul(a, b),
    gradFunc: (dc, saved) => {
      const [left, right] = saved as tf.Tensor2D[];
      return [tf.matMul(dc as tf.Tensor2D, tf.transpose(right)), tf.matMul(tf.transpose(left), dc as tf.Tensor2D)];
    },
  };
}) as (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor2D;

/** constant · b, for an operand whose derivative nobody asks for. */
export function constantProduct(constant: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const product = tf.customGrad((...args) => {
    const [right] = args as unknown as [tf.Tensor2D];
    return {
      value: tf.matMul(constant, right),
      gradFunc: (dc) => tf.matMul(tf.transpose(constant), dc as tf.Tensor2D),
    };
  });
  return product(b) as tf.Tensor2D;
}
