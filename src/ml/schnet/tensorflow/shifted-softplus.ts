import * as tf from '@tensorflow/tfjs';

/** Shifted softplus ln(½ eˣ + ½) = softplus(x) - ln 2, which is zero at zero; its derivative is the sigmoid. */
export const shiftedSoftplus = tf.customGrad((...args) => {
  const [x, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
  save([x]);
  return {
    value: tf.sub(tf.softplus(x), Math.LN2),
    gradFunc: (dy, [saved]) => tf.mul(dy, tf.sigmoid(saved)),
  };
}) as (x: tf.Tensor2D) => tf.Tensor2D;
