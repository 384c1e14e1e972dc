import * as tf from '@tensorflow/tfjs';
import { EMBEDDING, interactionLayers, OUTPUT_HIDDEN, OUTPUT_LAST } from '../weights.ts';
import { constantProduct, matrixProduct } from './matrix-product.ts';
import { type PairIndices, pairConvolution } from './pair-convolution.ts';
import { shiftedSoftplus } from './shifted-softplus.ts';

/** What SchNet sees of one or more clusters. */
export interface ModelInput {
  /** One-hot atomic numbers, [atoms, embedding rows]. */
  readonly elements: tf.Tensor2D;
  readonly pairs: PairIndices;
  /** Distances of the pairs in Gaussians, [pairs, gaussians]. */
  readonly gaussians: tf.Tensor2D;
  /** Cosine cutoff of the pairs, [pairs, 1]. */
  readonly cutoffs: tf.Tensor2D;
}

/** Weight tensors under SchNetPack's names. */
export type WeightTensors = ReadonlyMap<string, tf.Tensor>;

/**
 * SchNet as SchNetPack 1.0.0 computes it (Schütt et al., J. Chem. Phys. 148, 241722, 2018), with an output for every atom
 * instead of a pooled one. With ssp the shifted softplus, and every product with weights written as x Wᵀ + b:
 *
 *     x_i   = embedding of the element of i
 *     W_ij  = filter(ssp(filterHidden(gaussians(r_ij)))) · cutoff(r_ij)       in every block
 *     x_i  += dense(ssp(f2out(Σ_j in2f(x_j) ∘ W_ij)))
 *     out_i = outputLast(ssp(outputHidden(x_i)))
 *
 * Answers [atoms, 1].
 */
export function schnet(weights: WeightTensors, interactions: number, input: ModelInput): tf.Tensor2D {
  const weight = (layer: string) => tf.transpose(weights.get(`${layer}.weight`) as tf.Tensor2D);
  const bias = (layer: string) => weights.get(`${layer}.bias`) as tf.Tensor1D;
  const dense = (x: tf.Tensor2D, layer: string) => tf.add<tf.Tensor2D>(matrixProduct(x, weight(layer)), bias(layer));

  let x = constantProduct(input.elements, weights.get(EMBEDDING) as tf.Tensor2D);
  for (let block = 0; block < interactions; block++) {
    const layer = interactionLayers(block);
    const hidden = tf.add<tf.Tensor2D>(
      constantProduct(input.gaussians, weight(layer.filterHidden)),
      bias(layer.filterHidden),
    );
    const filters = tf.mul<tf.Tensor2D>(dense(shiftedSoftplus(hidden), layer.filter), input.cutoffs);
    const features = matrixProduct(x, weight(layer.in2f));
    const message = shiftedSoftplus(dense(pairConvolution(features, filters, input.pairs), layer.f2out));
    x = tf.add(x, dense(message, layer.dense));
  }
  return dense(shiftedSoftplus(dense(x, OUTPUT_HIDDEN)), OUTPUT_LAST);
}
