import { NatriumError } from '../../errors.ts';
import {
  type CurvePoint,
  type LabelledInput,
  type MeasurementTask,
  type ModelImplementation,
  type ModelInput,
  type SchNetEngineName,
  type SchNetSettings,
  TRANSFORM_OF_TARGET,
  TrainingPaused,
} from '../model.ts';
import {
  checkElements,
  checkFinite,
  checkValidationElements,
  decodeModel,
  elementsOf,
  encodeModel,
  joinTargets,
} from '../model-file.ts';
import type { NamedTensors } from '../safetensors.ts';
import { mean } from '../statistics/statistics.ts';
import { tabulatedBackward } from '../tabulated-transform.ts';
import { backward, fitTargetTransform, forward, type TargetTransform } from '../target-transform.ts';
import { trainedDistances } from '../trained-distances.ts';
import {
  decodeCheckpoint,
  type EpochMetrics,
  encodeCheckpoint,
  LAYOUT_IN_TARGET_UNITS,
  type TrainingCheckpoint,
} from './checkpoint.ts';
import type { SchNetBatch, SchNetEngine } from './engine.ts';
import { checkRange, type SchNetHyperparameters } from './hyperparameters.ts';
import { WEIGHT_RANGE } from './loss.ts';
import { measureTraining, type SchNetMeasurement } from './measurement.ts';
import { checkTrainingOptions, type SchNetTrainingOptions, trainSchNet } from './training.ts';
import { checkWeights } from './weights.ts';

const FORMAT = 'natrium-schnet/1';

/** Clusters in one forward pass of a prediction; bounds its memory. */
const CLUSTERS_PER_PASS = 100;

function optionsOf(settings: SchNetSettings, seed: number): SchNetTrainingOptions {
  const { atomBasis, filters, gaussians, interactions, cutoffAngstrom } = settings;
  const { learningRate, learningRateDecay, patienceEpochs, largestGradientNorm, maxMinutes, batchSize, epochs } =
    settings;
  return {
    hyperparameters: { atomBasis, filters, gaussians, interactions, cutoffAngstrom },
    loss: settings.loss === 'MSE' ? { kind: 'MSE' } : { kind: 'DISTRIBUTION', weight: settings.distributionWeight },
    ...{ learningRate, learningRateDecay, patienceEpochs, largestGradientNorm, maxMinutes, batchSize, epochs, seed },
  };
}

/** Throws INVALID_HYPERPARAMETER naming the first setting outside its range; seeds are left to the caller. */
export function checkSchNetSettings(settings: SchNetSettings): void {
  checkRange('distributionWeight', settings.distributionWeight, WEIGHT_RANGE, 'number');
  checkTrainingOptions(optionsOf(settings, 0));
}

/** The first checkpoint comes soon, the later ones rarely enough to cost nothing. */
const FIRST_CHECKPOINT_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

/** Says when the next checkpoint is due: after 2 s, then after pauses that double up to 30 s. */
function checkpointClock(): () => boolean {
  let pause = FIRST_CHECKPOINT_MS;
  let due = performance.now() + pause;
  return () => {
    if (performance.now() < due) return false;
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    due = performance.now() + pause;
    return true;
  };
}

/** Predicts whatever was trained, and by whom: all engines read the same weights. */
const PREDICTING_ENGINE: SchNetEngineName = 'WASM';

/** SchNet on structures alone, on these engines (Kaneko et al., "SchNet"). */
export function schNetModel(
  engines: Readonly<Record<SchNetEngineName, () => Promise<SchNetEngine>>>,
): ModelImplementation & { measure(task: MeasurementTask): Promise<SchNetMeasurement> } {
  return {
    format: FORMAT,

    async train(task, { onProgress, onCheckpoint, isToPause = () => false }) {
      const { settings } = task;
      if (settings.kind !== 'SCHNET') throw new TypeError('SchNet needs its settings');
      checkValidationElements(task);
      const engine = await engines[settings.engine]();
      const options = optionsOf(settings, task.seed);
      const { hyperparameters } = options;
      const trainPpm = joinTargets(task.train);
      const transform = fitTargetTransform(TRANSFORM_OF_TARGET[task.target], trainPpm);
      const resumeFrom = task.resumeFrom ? checkpointInPpm(task.resumeFrom, transform) : undefined;
      const told = {
        quickly: tabulatedBackward(transform),
        exactly: (outputs: ArrayLike<number>) => backward(transform, outputs),
      };
      const earlier = resumeFrom ? secondsOf(resumeFrom.history) + resumeFrom.sums.seconds : 0;
      const started = performance.now();
      const secondsSoFar = () => earlier + (performance.now() - started) / 1000;

      const isDue = checkpointClock();
      const trained = await trainSchNet(
        engine,
        batchOf(task.train, transform),
        batchOf(task.validation, transform),
        options,
        {
          resumeFrom,
          told,
          onEpoch: (epoch) =>
            onProgress({
              step: epoch.epoch,
              steps: settings.epochs,
              point: pointOf(epoch),
              seconds: secondsSoFar(),
            }),
          onStep: async (checkpoint) => {
            const pause = isToPause();
            if (pause || isDue()) onCheckpoint(encodeCheckpoint(await checkpoint()));
            if (pause) throw new TrainingPaused();
          },
        },
      );
      return {
        weights: encodeModel(FORMAT, trained.weights, { elements: elementsOf(task.train), hyperparameters, transform }),
        outcome: {
          selectionLoss: trained.validationLoss,
          validationRmsePpm: await rmsePpm(engine, hyperparameters, trained.weights, transform, task.validation),
          trainRmsePpm: await rmsePpm(engine, hyperparameters, trained.weights, transform, task.train),
          trainingMeanPpm: mean(trainPpm),
          bestEpoch: trained.bestEpoch,
          alpha: null,
          nonZero: null,
          engine: `${engine.name} (${engine.backend}; ${engine.describeFilters(hyperparameters)})`,
          seconds: secondsSoFar(),
          curve: trained.epochs.map(pointOf),
          distances: trainedDistances(
            { reachAngstrom: hyperparameters.cutoffAngstrom },
            task.train.map((input) => input.structure),
          ),
        },
      };
    },

    async measure({ settings, target, train, validation }) {
      const engine = await engines[settings.engine]();
      const transform = fitTargetTransform(TRANSFORM_OF_TARGET[target], joinTargets(train));
      const options = optionsOf(settings, settings.seeds[0]);
      return measureTraining(engine, batchOf(train, transform), batchOf(validation, transform), options);
    },

    async predict(bytes, inputs) {
      const { tensors, parameters } = decodeModel(bytes, FORMAT);
      const { hyperparameters } = parameters;
      if (hyperparameters === undefined) {
        throw new NatriumError('CORRUPT_ARTIFACT', 'the model file does not say how large the network is');
      }
      const weights = checkWeights(hyperparameters, tensors, 'the weights');
      checkElements(parameters, inputs);
      const engine = await engines[PREDICTING_ENGINE]();
      return predictPpm(engine, hyperparameters, weights, parameters.transform, inputs);
    },
  };
}

function secondsOf(epochs: readonly EpochMetrics[]): number {
  return epochs.reduce((sum, { seconds }) => sum + seconds, 0);
}

async function predictPpm(
  engine: SchNetEngine,
  hyperparameters: SchNetHyperparameters,
  weights: NamedTensors,
  transform: TargetTransform,
  inputs: readonly ModelInput[],
): Promise<Float64Array[]> {
  const session = engine.open(hyperparameters, weights);
  try {
    const shieldings: Float64Array[] = [];
    for (let start = 0; start < inputs.length; start += CLUSTERS_PER_PASS) {
      const part = inputs.slice(start, start + CLUSTERS_PER_PASS);
      const outputs = await session.predict(part.map((input) => input.structure));
      const ofPart = outputs.map((each) => backward(transform, each));
      // before the transform as well, which is bounded
      checkFinite(part, outputs);
      checkFinite(part, ofPart);
      shieldings.push(...ofPart);
    }
    return shieldings;
  } finally {
    session.dispose();
  }
}

async function rmsePpm(
  engine: SchNetEngine,
  hyperparameters: SchNetHyperparameters,
  weights: NamedTensors,
  transform: TargetTransform,
  inputs: readonly LabelledInput[],
): Promise<number> {
  const predicted = await predictPpm(engine, hyperparameters, weights, transform, inputs);
  let squares = 0;
  let atoms = 0;
  inputs.forEach(({ shieldingsPpm }, cluster) => {
    shieldingsPpm.forEach((shielding, atom) => {
      const error = predicted[cluster][atom] - shielding;
      squares += error * error;
    });
    atoms += shieldingsPpm.length;
  });
  return Math.sqrt(squares / atoms);
}

function batchOf(inputs: readonly LabelledInput[], transform: TargetTransform): SchNetBatch {
  return {
    structures: inputs.map((input) => input.structure),
    targets: inputs.map((input) => forward(transform, input.shieldingsPpm)),
  };
}

/** A checkpoint with its errors in ppm; those of the first layout are not known where the transform is no scale. */
function checkpointInPpm(bytes: Uint8Array, transform: TargetTransform): TrainingCheckpoint {
  const checkpoint = decodeCheckpoint(bytes, 'the checkpoint of the trial');
  if (checkpoint.layout !== LAYOUT_IN_TARGET_UNITS) return checkpoint;
  const scale = transform.kind === 'STANDARDIZE' ? transform.standardDeviation : null;
  const inPpm = (rmse: number | null) => (rmse === null || scale === null ? null : rmse * scale);
  const { sums, history } = checkpoint;
  return {
    ...checkpoint,
    sums: { ...sums, squares: sums.squares === null || scale === null ? null : sums.squares * scale * scale },
    history: history.map((epoch) => ({
      ...epoch,
      trainRmse: inPpm(epoch.trainRmse),
      validationRmse: inPpm(epoch.validationRmse),
    })),
  };
}

function pointOf(epoch: EpochMetrics): CurvePoint {
  return {
    x: epoch.epoch,
    trainLoss: epoch.trainLoss,
    validationLoss: epoch.validationLoss,
    trainRmsePpm: epoch.trainRmse,
    validationRmsePpm: epoch.validationRmse,
    seconds: epoch.seconds,
  };
}
