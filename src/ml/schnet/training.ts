import { setImmediate } from 'node:timers/promises';
import { NatriumError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { NamedTensors } from '../safetensors.ts';
import { integerPower } from './adam.ts';
import type { BestEpoch, EpochMetrics, EpochSums, TrainingCheckpoint } from './checkpoint.ts';
import { checkBatch, type SchNetBatch, type SchNetEngine, type SchNetSession } from './engine.ts';
import { checkRange, checkSchNetHyperparameters, type SchNetHyperparameters } from './hyperparameters.ts';
import { checkLoss, evaluateLoss, type SchNetLoss } from './loss.ts';
import { checkWeights, initialWeights } from './weights.ts';

export interface SchNetTrainingOptions {
  readonly hyperparameters: SchNetHyperparameters;
  readonly loss: SchNetLoss;
  readonly learningRate: number;
  /** Factor of the learning rate from one epoch to the next; 1: constant. */
  readonly learningRateDecay: number;
  /** Ends when the validation loss has found no new minimum for so many epochs; null: never. */
  readonly patienceEpochs: number | null;
  /** A gradient with a larger Euclidean norm, over all weights, is shortened to it; null: never. */
  readonly largestGradientNorm: number | null;
  /** Ends after the epoch in which the epochs together have taken so long; null: never. */
  readonly maxMinutes: number | null;
  /** Clusters of a mini-batch. */
  readonly batchSize: number;
  /** Epochs to train, unless aborted. */
  readonly epochs: number;
  /** Determines the initial weights and the order of the clusters in every epoch. */
  readonly seed: number;
}

/** The paper's (Kaneko et al., J. Mater. Inf. 2023, 3, 8). */
export const SCHNET_TRAINING_DEFAULTS = {
  ...{ learningRate: 0.01, learningRateDecay: 1, patienceEpochs: null, largestGradientNorm: null, maxMinutes: null },
  ...{ batchSize: 100, epochs: 2000 },
} as const;

/** As many as the paper trained. */
export const PAPER_SEEDS: readonly number[] = Array.from({ length: 20 }, (_, k) => k + 1);

/** What the caller hears after every epoch. */
export interface EpochProgress extends EpochMetrics {
  /** The best epoch so far, this one included. */
  readonly bestEpoch: number;
}

/** How the caller takes part; what it gives is awaited. */
export interface TrainingControl {
  /** From the units of the targets to those in which errors are told; left out: the same. */
  readonly told?: Told;
  onEpoch?(progress: EpochProgress): void | Promise<void>;
  /** After every step. `checkpoint` is all that {@link trainSchNet} needs to go on from there; good until this is settled. */
  onStep?(checkpoint: () => Promise<TrainingCheckpoint>): void | Promise<void>;
  /** Looked at before every step; the training rejects with its reason. */
  readonly signal?: AbortSignal;
  /** A checkpoint of a training with the same data and options. */
  readonly resumeFrom?: TrainingCheckpoint;
}

/** Two ways to the same numbers: `quickly` for what is told of every step, `exactly` for what is told of every epoch. */
export interface Told {
  quickly(outputs: ArrayLike<number>): Float64Array;
  exactly(outputs: ArrayLike<number>): Float64Array;
}

const AS_THEY_ARE: Told = {
  quickly: (outputs) => Float64Array.from(outputs),
  exactly: (outputs) => Float64Array.from(outputs),
};

export interface TrainedSchNet {
  /** Those of the best epoch: least loss, as trained, over the whole validation split. */
  readonly weights: NamedTensors;
  readonly bestEpoch: number;
  readonly validationLoss: number;
  readonly epochs: readonly EpochMetrics[];
}

/** Throws `INVALID_HYPERPARAMETER` naming the first field outside its range, its value and the range. */
export function checkTrainingOptions(options: SchNetTrainingOptions): void {
  checkSchNetHyperparameters(options.hyperparameters);
  checkLoss(options.loss);
  checkRange('learningRate', options.learningRate, [1e-8, 1], 'number');
  checkRange('learningRateDecay', options.learningRateDecay, [0.1, 1], 'number');
  if (options.patienceEpochs !== null) checkRange('patienceEpochs', options.patienceEpochs, [1, 100_000], 'integer');
  if (options.largestGradientNorm !== null) {
    checkRange('largestGradientNorm', options.largestGradientNorm, [1e-6, 1e6], 'number');
  }
  if (options.maxMinutes !== null) checkRange('maxMinutes', options.maxMinutes, [0.001, 100_000], 'number');
  checkRange('batchSize', options.batchSize, [1, 10_000], 'integer');
  checkRange('epochs', options.epochs, [1, 100_000], 'integer');
  checkRange('seed', options.seed, [0, Number.MAX_SAFE_INTEGER], 'integer');
}

/**
 * Trains one network by Adam on mini-batches of clusters, shuffled anew in every epoch, and keeps the weights of the best
 * epoch. Same seed, data, options, engine and backend: same numbers, whether or not it was stopped and resumed between.
 * Targets are in whatever units the caller chose (standardised, transformed); all losses are in those, and errors in those that
 * `told` leads to.
 *
 * @throws NatriumError `INVALID_HYPERPARAMETER`, `EMPTY_SPLIT`, `NON_FINITE_NUMBER` before training; `INVALID_STATE` with
 *   `details.reason` `DIVERGED` when a loss is no longer finite
 */
export async function trainSchNet(
  engine: SchNetEngine,
  train: SchNetBatch,
  validation: SchNetBatch,
  options: SchNetTrainingOptions,
  control: TrainingControl = {},
): Promise<TrainedSchNet> {
  checkTrainingOptions(options);
  checkSplit('train', train);
  checkSplit('validation', validation);
  const { hyperparameters } = options;
  const { resumeFrom, told = AS_THEY_ARE } = control;
  const trainTold = train.targets.map(told.exactly);
  const validationTold = joined(validation.targets.map(told.exactly));
  if (resumeFrom && (resumeFrom.batches - 1) * options.batchSize >= train.structures.length) {
    throw new NatriumError('CORRUPT_ARTIFACT', `The checkpoint has ${resumeFrom.batches} batches, more than an epoch.`);
  }
  const random = resumeFrom ? Random.fromState(resumeFrom.random) : new Random(options.seed);
  const session = engine.open(hyperparameters, resumeFrom?.weights ?? initialWeights(hyperparameters, random));
  try {
    if (resumeFrom) session.restoreOptimizer(resumeFrom.optimizer);
    if (resumeFrom?.best) checkWeights(hyperparameters, resumeFrom.best.weights, 'The best weights of the checkpoint');
    const history: EpochMetrics[] = [...(resumeFrom?.history ?? [])];
    let best: BestEpoch | null = resumeFrom?.best ?? null;
    let begun: BegunEpoch = resumeFrom ?? { batches: 0, sums: NO_SUMS };
    for (let epoch = history.length + 1; epoch <= options.epochs && !isOver(history, best, options); epoch++) {
      const started = performance.now() - 1000 * begun.sums.seconds;
      const secondsSoFar = () => (performance.now() - started) / 1000;
      const atBeginning = random.state();
      const labelled = { ...train, told: trainTold };
      const trained = await trainEpoch(session, labelled, options, random, epoch, begun, control, async (now) => {
        await control.onStep?.(async () => ({
          random: atBeginning,
          batches: now.batches,
          sums: { ...now.sums, seconds: secondsSoFar() },
          weights: await session.weights(),
          optimizer: await session.optimizerState(),
          best,
          history: [...history],
        }));
      });
      begun = { batches: 0, sums: NO_SUMS };
      const outputs = joined(await session.predict(validation.structures));
      const { loss: validationLoss } = evaluateLoss(outputs, joined(validation.targets), options.loss);
      if (!Number.isFinite(validationLoss)) throw diverged(options, epoch, 'validation loss', validationLoss);
      const metrics: EpochMetrics = {
        epoch,
        trainLoss: trained.loss / trained.atoms,
        trainRmse: trained.squares === null ? null : Math.sqrt(trained.squares / trained.atoms),
        validationLoss,
        validationRmse: Math.sqrt(squaredErrors(told.exactly(outputs), validationTold) / outputs.length),
        seconds: secondsSoFar(),
      };
      history.push(metrics);
      if (best === null || validationLoss < best.validationLoss) {
        best = { epoch, validationLoss, weights: await session.weights() };
      }
      await control.onEpoch?.({ ...metrics, bestEpoch: best.epoch });
    }
    // epochs is 1 at least, so there is a best one
    const { epoch: bestEpoch, validationLoss, weights } = best!;
    return { weights, bestEpoch, validationLoss, epochs: history };
  } finally {
    session.dispose();
  }
}

/** Whether patience or time has run out. */
function isOver(
  history: readonly EpochMetrics[],
  best: BestEpoch | null,
  { patienceEpochs, maxMinutes }: SchNetTrainingOptions,
): boolean {
  if (best === null) return false;
  if (patienceEpochs !== null && history.length - best.epoch >= patienceEpochs) return true;
  return maxMinutes !== null && history.reduce((sum, { seconds }) => sum + seconds, 0) >= 60 * maxMinutes;
}

/** How far an epoch is. */
type BegunEpoch = Pick<TrainingCheckpoint, 'batches' | 'sums'>;

const NO_SUMS: EpochSums = { atoms: 0, loss: 0, squares: 0, seconds: 0 };

/** Clusters with their targets also in the units in which errors are told. */
interface LabelledBatch extends SchNetBatch {
  readonly told: readonly Float64Array[];
}

/** What is left of one pass over the training clusters; answers sums of what the network made of them before each of its steps. */
async function trainEpoch(
  session: SchNetSession,
  train: LabelledBatch,
  { loss, batchSize, largestGradientNorm, ...options }: SchNetTrainingOptions,
  random: Random,
  epoch: number,
  begun: BegunEpoch,
  { signal, told = AS_THEY_ARE }: TrainingControl,
  onStep: (now: BegunEpoch) => Promise<void>,
): Promise<EpochSums> {
  const order = random.shuffle(train.structures.map((_, cluster) => cluster));
  const learningRate = options.learningRate * integerPower(options.learningRateDecay, epoch - 1);
  let { batches, sums } = begun;
  for (let start = batches * batchSize; start < order.length; start += batchSize) {
    // lets the process hear an abort, a heartbeat or a request between steps
    await setImmediate();
    signal?.throwIfAborted();
    const clusters = order.slice(start, start + batchSize);
    const batch: SchNetBatch = {
      structures: clusters.map((cluster) => train.structures[cluster]),
      targets: clusters.map((cluster) => train.targets[cluster]),
    };
    const outcome = await session.step(batch, loss, { learningRate, largestGradientNorm });
    if (!Number.isFinite(outcome.loss)) {
      throw diverged(options, epoch, `loss of batch ${start / batchSize + 1}`, outcome.loss);
    }
    const targets = joined(clusters.map((cluster) => train.told[cluster]));
    const squares = squaredErrors(told.quickly(outcome.outputs), targets);
    const atoms = targets.length;
    batches += 1;
    sums = {
      ...sums,
      atoms: sums.atoms + atoms,
      loss: sums.loss + outcome.loss * atoms,
      squares: sums.squares === null ? null : sums.squares + squares,
    };
    await onStep({ batches, sums });
  }
  return sums;
}

function squaredErrors(predictions: Float64Array, targets: Float64Array): number {
  let sum = 0;
  for (let atom = 0; atom < targets.length; atom++) {
    const error = predictions[atom] - targets[atom];
    sum += error * error;
  }
  return sum;
}

/** One array after the other. */
function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function checkSplit(name: string, split: SchNetBatch): void {
  if (split.structures.length === 0) {
    throw new NatriumError('EMPTY_SPLIT', `The ${name} split has no clusters; SchNet needs one at least.`, {
      split: name,
    });
  }
  checkBatch(split);
  const cluster = split.targets.findIndex((targets) => !targets.every(Number.isFinite));
  if (cluster >= 0) {
    throw new NatriumError(
      'NON_FINITE_NUMBER',
      `Cluster ${cluster} of the ${name} split has a target that is not finite.`,
    );
  }
}

function diverged(
  { learningRate, seed }: Pick<SchNetTrainingOptions, 'learningRate' | 'seed'>,
  epoch: number,
  what: string,
  value: number,
): NatriumError {
  return new NatriumError(
    'INVALID_STATE',
    `Training with seed ${seed} diverged in epoch ${epoch}: the ${what} is ${value}. Try a smaller learning rate than ${learningRate}.`,
    { reason: 'DIVERGED', epoch, seed, learningRate },
  );
}
