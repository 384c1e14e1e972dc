import { setImmediate } from 'node:timers/promises';
import { NatriumError } from '../../errors.ts';
import { featureMatrix } from '../features/feature-matrix.ts';
import { type FeatureSetDefinition, featureNames } from '../features/feature-set.ts';
import type { Matrix } from '../matrix.ts';
import {
  type CurvePoint,
  type LassoPathPoint,
  type ModelImplementation,
  type ModelInput,
  TRANSFORM_OF_TARGET,
  TrainingPaused,
} from '../model.ts';
import {
  checkElements,
  checkFinite,
  checkValidationElements,
  elementsOf,
  joinTargets,
  splitByCluster,
} from '../model-file.ts';
import { mean } from '../statistics/statistics.ts';
import { backward, fitTargetTransform, forward } from '../target-transform.ts';
import { reachOfFeatures, trainedDistances } from '../trained-distances.ts';
import { foldsOfAtoms, leftOutRmsesPpm } from './cross-validation.ts';
import { decodeLasso, encodeLasso, LASSO_FORMAT } from './file.ts';
import { type LassoFit, LassoRows, predictLasso } from './lasso.ts';

/**
 * Lasso on a feature set: one fit for each alpha on the training atoms (Kaneko et al., "Lasso"). Alpha is chosen by RMSE in ppm, the
 * larger one of equals: on the validation atoms, or on the training atoms, each predicted by a fit without its fold. A fold holds
 * whole clusters; a structure that was calculated twice is one cluster. The target transform is fitted to all training atoms, the
 * standardisation of the features to those of each fit. The model is the fit to all training atoms in either case.
 * Deterministic, so the seed plays no part.
 */
export const lassoModel: ModelImplementation = {
  format: LASSO_FORMAT,

  async train(task, { onProgress, isToPause = () => false }) {
    const { settings, features } = task;
    if (settings.kind !== 'LASSO' || features === null) throw new TypeError('Lasso needs its settings and features');
    checkValidationElements(task);
    const started = performance.now();
    const secondsSoFar = () => (performance.now() - started) / 1000;
    const pausePoint = async () => {
      // lets the process hear that nobody waits any more
      await setImmediate();
      if (isToPause()) throw new TrainingPaused();
    };
    const folds = settings.selection === 'CROSS_VALIDATION' ? settings.folds! : null;
    const foldOfRow = folds === null ? null : foldsOfAtoms(task.train, folds);
    const trainPpm = joinTargets(task.train);
    const validationPpm = joinTargets(task.validation);
    const transform = fitTargetTransform(TRANSFORM_OF_TARGET[task.target], trainPpm);
    const trainTarget = forward(transform, trainPpm);
    const validationTarget = forward(transform, validationPpm);
    const trainFeatures = finiteFeatures(features, task.train);
    const validationFeatures = finiteFeatures(features, task.validation);

    const alphas = [...new Set(settings.alphas)];
    const steps = alphas.length * (1 + (folds ?? 0));
    const rows = new LassoRows(trainFeatures, trainTarget);
    const path: FittedAlpha[] = [];
    let begun = secondsSoFar();
    for (const fit of rows.path(alphas)) {
      const train = predictLasso(fit, trainFeatures);
      const validation = predictLasso(fit, validationFeatures);
      const point = {
        x: fit.alpha,
        trainLoss: meanSquare(train, trainTarget),
        validationLoss: meanSquare(validation, validationTarget),
        trainRmsePpm: rmse(backward(transform, train), trainPpm),
        validationRmsePpm: rmse(backward(transform, validation), validationPpm),
        seconds: secondsSoFar() - begun,
      };
      path.push({ fit, point });
      onProgress({ step: path.length, steps, point, seconds: secondsSoFar() });
      await pausePoint();
      begun = secondsSoFar();
    }

    let step = path.length;
    const onFold = async () => {
      step += alphas.length;
      onProgress({ step, steps, point: null, seconds: secondsSoFar() });
      await pausePoint();
    };
    const atoms = { rows, features: trainFeatures, shieldingsPpm: trainPpm, transform };
    const leftOut =
      folds === null || foldOfRow === null ? null : await leftOutRmsesPpm(atoms, alphas, { foldOfRow, folds }, onFold);
    const criteria = leftOut ?? path.map(({ point }) => point.validationRmsePpm);
    const best = criteria.reduce((least, value, k) => (value < criteria[least] ? k : least), 0);
    const { fit, point } = path[best];
    const reach = reachOfFeatures(features);
    const trainStructures = task.train.map((input) => input.structure);
    return {
      weights: encodeLasso(fit, {
        elements: elementsOf(task.train),
        features,
        transform,
        featureNames: featureNames(features),
      }),
      outcome: {
        selectionLoss: criteria[best],
        validationRmsePpm: point.validationRmsePpm,
        trainRmsePpm: point.trainRmsePpm,
        trainingMeanPpm: mean(trainPpm),
        bestEpoch: null,
        alpha: fit.alpha,
        nonZero: fit.nonZero,
        engine: 'double precision, active set on moments of blocks of rows',
        seconds: secondsSoFar(),
        curve: path.map((each) => each.point).reverse(),
        distances: reach && trainedDistances(reach, trainStructures),
        lassoPath: path.map((each, k) => pathPoint(each, leftOut?.[k] ?? null)).reverse(),
      },
    };
  },

  async predict(weights, inputs) {
    const { model, features, parameters } = decodeLasso(weights);
    checkElements(parameters, inputs);
    const predicted = predictLasso(model, featureMatrix(features, inputs));
    const shieldings = splitByCluster(backward(parameters.transform, predicted), inputs);
    // before the transform as well, which is bounded
    checkFinite(inputs, splitByCluster(predicted, inputs));
    checkFinite(inputs, shieldings);
    return shieldings;
  },
};

/** One alpha of a path, with errors in ppm. */
interface FittedAlpha {
  readonly fit: LassoFit;
  readonly point: CurvePoint & { readonly trainRmsePpm: number; readonly validationRmsePpm: number };
}

function pathPoint({ fit, point }: FittedAlpha, crossValidationRmsePpm: number | null): LassoPathPoint {
  const { alpha, nonZero, objective, dualityGap } = fit;
  const { trainRmsePpm, validationRmsePpm } = point;
  return { alpha, nonZero, objective, dualityGap, trainRmsePpm, validationRmsePpm, crossValidationRmsePpm };
}

/** Throws NON_FINITE_NUMBER naming the calculation, the atom and the feature. */
function finiteFeatures(definition: FeatureSetDefinition, inputs: readonly ModelInput[]): Matrix {
  const matrix = featureMatrix(definition, inputs);
  const { data, columns } = matrix;
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return matrix;
  let atom = Math.floor(at / columns);
  const calculation = inputs.find(({ structure }) => {
    const isHere = atom < structure.atomicNumbers.length;
    if (!isHere) atom -= structure.atomicNumbers.length;
    return isHere;
  })!;
  throw new NatriumError(
    'NON_FINITE_NUMBER',
    `the feature ${featureNames(definition)[at % columns]} of atom ${atom + 1} of ${calculation.name} is ${data[at]}; use a feature ` +
      'set without it, or a data set version without this calculation',
  );
}

function meanSquare(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) * (value - b[i]), 0) / a.length;
}

function rmse(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(meanSquare(a, b));
}
