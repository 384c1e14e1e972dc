import { symbolOf } from '../chemistry/elements.ts';
import { NatriumError } from '../errors.ts';
import type { LabelledInput, ModelInput, TrainingTask } from './model.ts';
import { type ModelParameters, readModelParameters } from './model-parameters.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensors, safetensorsMetadata } from './safetensors.ts';

/** One safetensors file with all that a prediction needs: equal models have equal bytes. */
export function encodeModel(format: string, tensors: NamedTensors, parameters: ModelParameters): Uint8Array {
  return encodeSafetensors(tensors, { format, parameters: JSON.stringify(parameters) });
}

/** The format named in a model file. */
export function modelFormat(bytes: Uint8Array): string {
  return safetensorsMetadata(bytes, 'the model file').format ?? '';
}

/** What a model file of any kind says beside its tensors. Throws `CORRUPT_ARTIFACT` if it cannot be read. */
export function modelParameters(bytes: Uint8Array): ModelParameters {
  return readModelParameters(safetensorsMetadata(bytes, 'the model file').parameters);
}

/** Throws `CORRUPT_ARTIFACT` for bytes that are no model of this format; whether the tensors fit is for the model to say. */
export function decodeModel(
  bytes: Uint8Array,
  format: string,
): { readonly tensors: NamedTensors; readonly parameters: ModelParameters } {
  const { tensors, metadata } = decodeSafetensors(bytes, 'the model file');
  if (metadata.format !== format) {
    throw new NatriumError(
      'CORRUPT_ARTIFACT',
      `the model file is of format ${JSON.stringify(metadata.format)}, not ${format}`,
    );
  }
  return { tensors, parameters: readModelParameters(metadata.parameters) };
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

/** By shieldings of an element that it never trains on, no model can be chosen. Throws FEATURES_UNAVAILABLE. */
export function checkValidationElements({ train, validation }: Pick<TrainingTask, 'train' | 'validation'>): void {
  const trained = elementsOf(train);
  for (const { name, structure } of validation) {
    const unseen = structure.atomicNumbers.find((z) => !trained.includes(z));
    if (unseen === undefined) continue;
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `${name} in validation holds ${symbolOf(unseen)}, which no cluster in train has (${trained.map(symbolOf).join(', ')}); use a ` +
        'data set version with the same elements in both',
    );
  }
}

/** A number that is none must not pass for a shielding. Throws `NON_FINITE_NUMBER` naming the cluster and the atom. */
export function checkFinite(inputs: readonly ModelInput[], outputs: readonly ArrayLike<number>[]): void {
  outputs.forEach((values, cluster) => {
    const atom = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
    if (atom < 0) return;
    throw new NatriumError(
      'NON_FINITE_NUMBER',
      `the prediction for atom ${atom + 1} of ${inputs[cluster].name} is ${values[atom]}: its geometry is beyond what these ` +
        'weights can compute; use another version',
    );
  });
}
