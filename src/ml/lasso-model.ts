import { setImmediate } from 'node:timers/promises';
import { NatriumError } from '../errors.ts';
import { featureMatrix } from './features/feature-matrix.ts';
import { featureNames } from './features/feature-set.ts';
import { type LassoFit, type LassoModel, lassoPath, predictLasso } from './lasso.ts';
import { type CurvePoint, type ModelImplementation, TRANSFORM_OF_TARGET } from './model.ts';
import {
  checkElements,
  checkFinite,
  decodeModel,
  elementsOf,
  encodeModel,
  joinTargets,
  splitByCluster,
} from './model-file.ts';
import type { NamedTensors, Tensor } from './safetensors.ts';
import { mean } from './statistics.ts';
import { backward, fitTargetTransform, forward } from './target-transform.ts';
import { reachOfFeatures, trainedDistances } from './trained-distances.ts';

const FORMAT = 'natrium-lasso/1';

/**
 * Lasso on a feature set: one fit for each alpha on the training atoms, chosen by RMSE in ppm on the validation atoms
 * (Kaneko et al., "Lasso"). Deterministic, so the seed plays no part.
 */
export const lassoModel: ModelImplementation = {
  format: FORMAT,

  async train(task, { onProgress }) {
    const { settings, features } = task;
    if (settings.kind !== 'LASSO' || features === null) throw new TypeError('Lasso needs its settings and features');
    const started = performance.now();
    const secondsSoFar = () => (performance.now() - started) / 1000;
    const trainPpm = joinTargets(task.train);
    const validationPpm = joinTargets(task.validation);
    const transform = fitTargetTransform(TRANSFORM_OF_TARGET[task.target], trainPpm);
    const trainTarget = forward(transform, trainPpm);
    const validationTarget = forward(transform, validationPpm);
    const trainFeatures = featureMatrix(features, task.train);
    const validationFeatures = featureMatrix(features, task.validation);

    const pointOf = (fit: LassoFit, begun: number): CurvePoint => {
      const train = predictLasso(fit, trainFeatures);
      const validation = predictLasso(fit, validationFeatures);
      return {
        x: fit.alpha,
        trainLoss: meanSquare(train, trainTarget),
        validationLoss: meanSquare(validation, validationTarget),
        trainRmsePpm: rmse(backward(transform, train), trainPpm),
        validationRmsePpm: rmse(backward(transform, validation), validationPpm),
        seconds: secondsSoFar() - begun,
      };
    };
    const steps = new Set(settings.alphas).size;
    const curve: CurvePoint[] = [];
    let begun = secondsSoFar();
    let best: { readonly fit: LassoFit; readonly point: CurvePoint } | null = null;
    for (const fit of lassoPath(trainFeatures, trainTarget, settings.alphas)) {
      const point = pointOf(fit, begun);
      curve.unshift(point);
      if (best === null || point.validationRmsePpm! < best.point.validationRmsePpm!) best = { fit, point };
      onProgress({ step: curve.length, steps, point, seconds: secondsSoFar() });
      // lets the process hear that nobody waits any more
      await setImmediate();
      begun = secondsSoFar();
    }
    const { fit, point } = best!;
    const reach = reachOfFeatures(features);
    const trainStructures = task.train.map((input) => input.structure);
    return {
      weights: encodeModel(FORMAT, tensorsOf(fit), {
        elements: elementsOf(task.train),
        features,
        transform,
        featureNames: featureNames(features),
      }),
      outcome: {
        selectionLoss: point.validationRmsePpm!,
        validationRmsePpm: point.validationRmsePpm!,
        trainRmsePpm: point.trainRmsePpm!,
        trainingMeanPpm: mean(trainPpm),
        bestEpoch: null,
        alpha: fit.alpha,
        nonZero: fit.nonZero,
        engine: 'double precision, active set',
        seconds: secondsSoFar(),
        curve,
        distances: reach && trainedDistances(reach, trainStructures),
      },
    };
  },

  async predict(weights, inputs) {
    const { tensors, parameters } = decodeModel(weights, FORMAT);
    const { features, transform } = parameters;
    if (features === undefined) throw corrupt('say nothing of features');
    const model = modelOf(tensors, featureNames(features).length);
    checkElements(parameters, inputs);
    const predicted = predictLasso(model, featureMatrix(features, inputs));
    const shieldings = splitByCluster(backward(transform, predicted), inputs);
    // before the transform as well, which is bounded
    checkFinite(inputs, splitByCluster(predicted, inputs));
    checkFinite(inputs, shieldings);
    return shieldings;
  },
};

function tensorsOf({ standardization, coefficients, intercept }: LassoModel): NamedTensors {
  const vector = (data: Float64Array): Tensor => ({ dtype: 'F64', shape: [data.length], data });
  return new Map([
    ['coefficients', vector(coefficients)],
    ['intercept', vector(Float64Array.of(intercept))],
    ['feature_mean', vector(standardization.mean)],
    ['feature_scale', vector(standardization.scale)],
  ]);
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

function meanSquare(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) * (value - b[i]), 0) / a.length;
}

function rmse(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(meanSquare(a, b));
}
