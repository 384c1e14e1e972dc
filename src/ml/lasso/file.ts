import { NatriumError } from '../../errors.ts';
import { type FeatureColumn, featureColumns } from '../features/feature-columns.ts';
import { type FeatureSetDefinition, featureNames } from '../features/feature-set.ts';
import { decodeModel, encodeModel } from '../model-file.ts';
import type { ModelParameters } from '../model-parameters.ts';
import type { NamedTensors, Tensor } from '../safetensors.ts';
import type { TargetTransform } from '../target-transform.ts';
import { type LassoModel, lassoOfRawFeatures } from './lasso.ts';

export const LASSO_FORMAT = 'natrium-lasso/1';

export function encodeLasso(model: LassoModel, parameters: ModelParameters): Uint8Array {
  const { standardization, coefficients, intercept } = model;
  const vector = (data: Float64Array): Tensor => ({ dtype: 'F64', shape: [data.length], data });
  const tensors: NamedTensors = new Map([
    ['coefficients', vector(coefficients)],
    ['intercept', vector(Float64Array.of(intercept))],
    ['feature_mean', vector(standardization.mean)],
    ['feature_scale', vector(standardization.scale)],
  ]);
  return encodeModel(LASSO_FORMAT, tensors, parameters);
}

export interface LassoFile {
  readonly model: LassoModel;
  readonly features: FeatureSetDefinition;
  readonly parameters: ModelParameters;
}

/** Throws `CORRUPT_ARTIFACT` for bytes that are no Lasso model, or one that cannot predict. */
export function decodeLasso(bytes: Uint8Array): LassoFile {
  const { tensors, parameters } = decodeModel(bytes, LASSO_FORMAT);
  const { features } = parameters;
  if (features === undefined) throw corrupt('say nothing of features');
  return { model: modelOf(tensors, featureNames(features).length), features, parameters };
}

function modelOf(tensors: NamedTensors, features: number): LassoModel {
  const vector = (name: string, length: number): Float64Array => {
    const tensor = tensors.get(name);
    if (!(tensor?.data instanceof Float64Array)) throw corrupt(`hold no F64 tensor ${name}`);
    if (tensor.shape.length !== 1 || tensor.shape[0] !== length) {
      throw corrupt(`have a tensor ${name} of shape [${tensor.shape}] for [${length}]`);
    }
    if (!tensor.data.every(Number.isFinite)) throw corrupt(`have a tensor ${name} with numbers that are not finite`);
    return tensor.data;
  };
  const scale = vector('feature_scale', features);
  const coefficients = vector('coefficients', features);
  if (!scale.every((value, j) => value > 0 || (value === 0 && coefficients[j] === 0))) {
    throw corrupt('divide a feature by a scale that is not above 0');
  }
  return {
    standardization: { mean: vector('feature_mean', features), scale },
    coefficients,
    intercept: vector('intercept', 1)[0],
  };
}

function corrupt(what: string): NatriumError {
  return new NatriumError('CORRUPT_ARTIFACT', `the Lasso weights ${what}; train the model again`);
}

/** One weight of a Lasso, in every unit that somebody may want it in. */
export interface LassoCoefficient extends FeatureColumn {
  /** Of the feature over the training atoms; a standard deviation of 0 marks one that did not vary. */
  readonly mean: number;
  readonly standardDeviation: number;
  /** In units of the fitted target, for one standard deviation of the feature. */
  readonly standardized: number;
  /** In units of the fitted target, for one unit of the feature. */
  readonly perUnit: number;
  /** Null for a target that is no linear function of the shielding. */
  readonly ppmPerUnit: number | null;
}

/** A Lasso in figures. Prediction of the target = intercept + sum of perUnit times feature. */
export interface LassoDescription {
  /** Where all features have their training means, in units of the fitted target. */
  readonly standardizedIntercept: number;
  /** Where all features are 0, in units of the fitted target. */
  readonly intercept: number;
  /** Where all features are 0: shielding = interceptPpm + sum of ppmPerUnit times feature. Null where ppmPerUnit is. */
  readonly interceptPpm: number | null;
  /** One a feature, in their order. */
  readonly coefficients: readonly LassoCoefficient[];
}

/** What a model file of a Lasso says. Throws as {@link decodeLasso} does. */
export function describeLasso(bytes: Uint8Array): LassoDescription {
  const { model, features, parameters } = decodeLasso(bytes);
  const { mean, scale } = model.standardization;
  const { perUnit, intercept } = lassoOfRawFeatures(model);
  const inPpm = linearPpm(parameters.transform);
  return {
    standardizedIntercept: model.intercept,
    intercept,
    interceptPpm: inPpm && inPpm.offset + inPpm.factor * intercept,
    coefficients: featureColumns(features).map((column, j) => ({
      ...column,
      ...{ mean: mean[j], standardDeviation: scale[j] },
      ...{ standardized: model.coefficients[j], perUnit: perUnit[j] },
      ppmPerUnit: inPpm && inPpm.factor * perUnit[j],
    })),
  };
}

/** Shielding (ppm) = offset + factor times target, if the transform is of that form. */
function linearPpm(transform: TargetTransform): { readonly offset: number; readonly factor: number } | null {
  switch (transform.kind) {
    case 'NONE':
      return { offset: 0, factor: 1 };
    case 'STANDARDIZE':
      return { offset: transform.mean, factor: transform.standardDeviation };
    case 'GENERALIZED_LOGISTIC':
      return null;
  }
}
