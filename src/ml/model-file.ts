import { symbolOf } from '../chemistry/elements.ts';
import { NatriumError } from '../errors.ts';
import type { FeatureSetDefinition } from './features/feature-set.ts';
import type { LabelledInput, ModelInput } from './model.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from './safetensors.ts';
import type { SchNetHyperparameters } from './schnet/hyperparameters.ts';
import type { TargetTransform } from './target-transform.ts';

/** What a model file says beside its tensors, as JSON in the metadata of the safetensors file. */
export interface ModelParameters {
  /** Atomic numbers seen in training, ascending. */
  readonly elements: readonly number[];
  readonly transform: TargetTransform;
  readonly features?: FeatureSetDefinition;
  readonly featureNames?: readonly string[];
  readonly hyperparameters?: SchNetHyperparameters;
}

/** One safetensors file with all that a prediction needs: equal models have equal bytes. */
export function encodeModel(format: string, tensors: NamedTensors, parameters: ModelParameters): Uint8Array {
  return encodeSafetensors(tensors, { format, parameters: JSON.stringify(parameters) });
}

/** The format named in a model file. */
export function modelFormat(bytes: Uint8Array): string {
  return decodeSafetensors(bytes, 'the model file').metadata.format ?? '';
}

export function decodeModel(
  bytes: Uint8Array,
  format: string,
): { readonly tensors: NamedTensors; readonly parameters: ModelParameters } {
  const { tensors, metadata } = decodeSafetensors(bytes, 'the model file');
  if (metadata.format !== format) {
    throw new NatriumError('CORRUPT_ARTIFACT', `the model file is of format ${metadata.format}, not ${format}`);
  }
  return { tensors, parameters: JSON.parse(metadata.parameters) };
}

/** Shieldings of all atoms in a row, cluster after cluster. */
export function joinTargets(inputs: readonly LabelledInput[]): Float64Array {
  return Float64Array.from(inputs.flatMap((input) => [...input.shieldingsPpm]));
}

/** The inverse of joining: one array a cluster. */
export function splitByCluster(values: Float64Array, inputs: readonly ModelInput[]): Float64Array[] {
  let start = 0;
  return inputs.map(({ structure }) => {
    const end = start + structure.atomicNumbers.length;
    const part = values.slice(start, end);
    start = end;
    return part;
  });
}

export function elementsOf(inputs: readonly ModelInput[]): number[] {
  return [...new Set(inputs.flatMap((input) => [...input.structure.atomicNumbers]))].sort((a, b) => a - b);
}

/** A model says nothing about an element that it was never trained on, so it refuses rather than invents. */
export function checkElements(parameters: ModelParameters, inputs: readonly ModelInput[]): void {
  for (const { name, structure } of inputs) {
    const unseen = structure.atomicNumbers.find((z) => !parameters.elements.includes(z));
    if (unseen !== undefined) {
      const seen = parameters.elements.map(symbolOf).join(', ');
      throw new NatriumError(
        'FEATURES_UNAVAILABLE',
        `${name} holds ${symbolOf(unseen)}, which the model was not trained on (${seen}); use a version trained with it`,
      );
    }
  }
}
