import { NatriumError } from '../errors.ts';
import { lassoModel } from './lasso/model.ts';
import type { ModelImplementation, ModelInput, ModelKind } from './model.ts';
import { modelFormat } from './model-file.ts';
import { schNetModel } from './schnet/model.ts';
import { wasmEngine } from './schnet/wasm/engine.ts';

const schNet = schNetModel({
  WASM: async () => wasmEngine,
  // loading tfjs takes most of a second, which nobody else need wait for
  TENSORFLOW: async () => (await import('./schnet/tensorflow/backend.ts')).openTensorflow(),
});

/** Every kind of model, by name. A new kind is one more entry. */
export const MODELS: Readonly<Record<ModelKind, ModelImplementation>> = { LASSO: lassoModel, SCHNET: schNet };

/** What steps and validations of a SchNet training take on this machine, now. */
export const measureSchNet = schNet.measure;

/** Shieldings in ppm by a model file of any kind, one array a cluster. */
export async function predictShieldings(weights: Uint8Array, inputs: readonly ModelInput[]): Promise<Float64Array[]> {
  const format = modelFormat(weights);
  const model = Object.values(MODELS).find((each) => each.format === format);
  if (model === undefined) {
    throw new NatriumError('CORRUPT_ARTIFACT', `the model file is of the unknown format ${JSON.stringify(format)}`);
  }
  return model.predict(weights, inputs);
}
