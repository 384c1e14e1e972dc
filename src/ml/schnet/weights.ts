import { NatriumError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import { float32Tensor, type NamedTensors, type Tensor } from '../safetensors.ts';
import type { SchNetHyperparameters } from './hyperparameters.ts';

/** Rows of the embedding: atomic numbers 1 … 99; row 0 is SchNetPack's padding. */
export const EMBEDDING_ROWS = 100;

export const EMBEDDING = 'representation.embedding.weight';
export const OUTPUT_HIDDEN = 'output.out_net.0';
export const OUTPUT_LAST = 'output.out_net.1';

/** The layers of an interaction block; a layer has `.weight` [out, in] and, all but `in2f`, `.bias` [out]. */
export function interactionLayers(block: number) {
  const prefix = `representation.interactions.${block}`;
  return {
    filterHidden: `${prefix}.filter_network.0`,
    filter: `${prefix}.filter_network.1`,
    in2f: `${prefix}.cfconv.in2f`,
    f2out: `${prefix}.cfconv.f2out`,
    dense: `${prefix}.dense`,
  } as const;
}

/** Names and shapes of the weights, in the order of SchNetPack 1.0.0. */
export function weightShapes(hyperparameters: SchNetHyperparameters): ReadonlyMap<string, readonly number[]> {
  const { atomBasis, filters, gaussians, interactions } = hyperparameters;
  const shapes = new Map<string, readonly number[]>([[EMBEDDING, [EMBEDDING_ROWS, atomBasis]]]);
  const layer = (name: string, outputs: number, inputs: number, hasBias = true) => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (hasBias) shapes.set(`${name}.bias`, [outputs]);
  };
  for (let block = 0; block < interactions; block++) {
    const layers = interactionLayers(block);
    layer(layers.filterHidden, filters, gaussians);
    layer(layers.filter, filters, filters);
    layer(layers.in2f, filters, atomBasis, false);
    layer(layers.f2out, atomBasis, filters);
    layer(layers.dense, atomBasis, atomBasis);
  }
  const hidden = Math.floor(atomBasis / 2);
  layer(OUTPUT_HIDDEN, hidden, atomBasis);
  layer(OUTPUT_LAST, 1, hidden);
  return shapes;
}

/**
 * Initial values as SchNetPack 1.0.0 draws them: weights uniform in ±sqrt(6 / (inputs + outputs)) (Xavier), biases zero,
 * embedding N(0, 1) but for row 0, which is zero. The numbers are the generator's, not PyTorch's.
 */
export function initialWeights(hyperparameters: SchNetHyperparameters, random: Random): NamedTensors {
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of weightShapes(hyperparameters)) {
    const data = new Float32Array(elements(shape));
    if (name === EMBEDDING) {
      for (let index = shape[1]; index < data.length; index++) data[index] = random.normal();
    } else if (shape.length === 2) {
      const bound = Math.sqrt(6 / (shape[0] + shape[1]));
      for (let index = 0; index < data.length; index++) data[index] = bound * (2 * random.uniform() - 1);
    }
    weights.set(name, float32Tensor(shape, data));
  }
  return weights;
}

/**
 * Checks that tensors are the weights of this network, and puts them in the order of {@link weightShapes}.
 *
 * @param what names the tensors in the error, such as `the weights of na/3`
 * @throws NatriumError `CORRUPT_ARTIFACT` for missing, unexpected or misshapen tensors, another type than float32, or a
 *   number that is not finite
 */
export function checkWeights(
  hyperparameters: SchNetHyperparameters,
  tensors: NamedTensors,
  what: string,
): ReadonlyMap<string, Tensor & { readonly data: Float32Array }> {
  const fail = (reason: string) => new NatriumError('CORRUPT_ARTIFACT', `${what} do not fit the network: ${reason}.`);
  const shapes = weightShapes(hyperparameters);
  const unexpected = [...tensors.keys()].filter((name) => !shapes.has(name));
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) throw fail(`${listed(missing)} missing`);
  if (unexpected.length > 0) {
    throw fail(`${listed(unexpected)} not part of it; leave out buffers and duplicates of filter_network`);
  }
  const weights = new Map<string, Tensor & { readonly data: Float32Array }>();
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name)!;
    const { data } = tensor;
    if (!(data instanceof Float32Array)) throw fail(`${name} is of type ${tensor.dtype}; convert it to F32`);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw fail(`${name} has the shape [${tensor.shape}], [${shape}] is needed`);
    }
    if (data.length !== elements(shape)) throw fail(`${name} holds ${data.length} numbers for the shape [${shape}]`);
    const notFinite = data.findIndex((value) => !Number.isFinite(value));
    if (notFinite >= 0) throw fail(`${name} holds ${data[notFinite]} at index ${notFinite}`);
    weights.set(name, { dtype: 'F32', shape, data });
  }
  return weights;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return `${names.length > 3 ? `${shown} and ${names.length - 3} more` : shown} ${names.length > 1 ? 'are' : 'is'}`;
}
