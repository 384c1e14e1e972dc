import { NatriumError } from '../../errors.ts';
import { Random, type RandomState } from '../../random.ts';
import { isCount, isFiniteNumber, isListOf, isRecord } from '../json-values.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensors, type Tensor } from '../safetensors.ts';
import type { AdamState } from './adam.ts';

/** What one epoch of training came to: losses in the units of the targets, errors in those in which they are told. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, weighted by atoms, of the loss before each step. */
  readonly trainLoss: number;
  /** Root of the mean squared error before each step, over the epoch; null: not known. */
  readonly trainRmse: number | null;
  /** The loss as trained, over the whole validation split, after the epoch. */
  readonly validationLoss: number;
  readonly validationRmse: number | null;
  /** Wall-clock time of the epoch. */
  readonly seconds: number;
}

/** Weights of the epoch with the least validation loss so far. */
export interface BestEpoch {
  readonly epoch: number;
  readonly validationLoss: number;
  readonly weights: NamedTensors;
}

/** Sums over the steps of an epoch so far, weighted by atoms. */
export interface EpochSums {
  readonly atoms: number;
  readonly loss: number;
  /** Of the errors; null: not known. */
  readonly squares: number | null;
  readonly seconds: number;
}

/** A training between two steps: all it needs to go on, bit for bit, on the same engine and backend. */
export interface TrainingCheckpoint {
  /** Of the random numbers at the beginning of the epoch, before its order was drawn. */
  readonly random: RandomState;
  /** Batches of the epoch that are done. */
  readonly batches: number;
  readonly sums: EpochSums;
  readonly weights: NamedTensors;
  readonly optimizer: AdamState;
  /** Null before the end of the first epoch. */
  readonly best: BestEpoch | null;
  readonly history: readonly EpochMetrics[];
}

/**
 * Raised when the layout changes; readers of all older ones stay. 1 kept the history in the metadata, whose size is bounded; since 2
 * it is a tensor. In 1 errors were in the units of the targets, since 2 they are in those in which they are told.
 */
const VERSION = 2;

const GROUPS = ['weights', 'best', 'first-moments', 'second-moments'] as const;
const METADATA_KEY = 'natrium.training';
/** float64 [epochs, columns]. */
const HISTORY = 'history';
const HISTORY_COLUMNS = ['trainLoss', 'trainRmse', 'validationLoss', 'validationRmse', 'seconds'] as const;

/** A checkpoint as one safetensors file. */
export function encodeCheckpoint(checkpoint: TrainingCheckpoint): Uint8Array {
  const { random, batches, sums, weights, optimizer, best, history } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const groups = [weights, best?.weights ?? new Map<string, Tensor>(), optimizer.firstMoments, optimizer.secondMoments];
  GROUPS.forEach((group, index) => {
    for (const [name, tensor] of groups[index]) tensors.set(`${group}/${name}`, tensor);
  });
  tensors.set(HISTORY, {
    dtype: 'F64',
    shape: [history.length, HISTORY_COLUMNS.length],
    data: Float64Array.from(history.flatMap((epoch) => HISTORY_COLUMNS.map((column) => epoch[column] ?? Number.NaN))),
  });
  const rest: CheckpointMetadata = {
    version: VERSION,
    ...{ random, batches, sums },
    optimizerSteps: optimizer.steps,
    best: best && { epoch: best.epoch, validationLoss: best.validationLoss },
  };
  return encodeSafetensors(tensors, { [METADATA_KEY]: JSON.stringify(rest) });
}

interface CheckpointMetadata extends Pick<TrainingCheckpoint, 'random' | 'batches' | 'sums'> {
  readonly version: number;
  readonly optimizerSteps: number;
  readonly best: Pick<BestEpoch, 'epoch' | 'validationLoss'> | null;
}

/** Errors of this layout were in the units of the targets. */
export const LAYOUT_IN_TARGET_UNITS = 1;

/**
 * Reads a checkpoint, and says of which layout it is. Throws `CORRUPT_ARTIFACT` naming `what` when the bytes are none; that its
 * tensors fit the network is checked when they are used.
 */
export function decodeCheckpoint(bytes: Uint8Array, what: string): TrainingCheckpoint & { readonly layout: number } {
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  const fail = (reason: string, cause?: unknown) =>
    new NatriumError('CORRUPT_ARTIFACT', `${what} is no checkpoint of a training: ${reason}.`, {}, { cause });
  const { history: kept, ...rest } = readMetadata(metadata[METADATA_KEY], fail);
  const groups = GROUPS.map(() => new Map<string, Tensor>());
  for (const [name, tensor] of tensors) {
    const end = name.indexOf('/');
    const group = (GROUPS as readonly string[]).indexOf(name.slice(0, Math.max(end, 0)));
    if (group >= 0) groups[group].set(name.slice(end + 1), tensor);
    else if (rest.version === 1 || name !== HISTORY) throw fail(`nothing of it is called ${name.slice(0, 200)}`);
  }
  const history = rest.version === 1 ? kept : historyOf(tensors.get(HISTORY));
  if (!isListOf(history, isRecord) || !history.every(isEpoch)) throw fail('its history is no row of epochs');
  const [weights, bestWeights, firstMoments, secondMoments] = groups;
  if ((rest.best === null) !== (history.length === 0) || (rest.best?.epoch ?? 0) > history.length) {
    throw fail('its best epoch is none of its history');
  }
  return {
    layout: rest.version,
    ...{ random: rest.random, batches: rest.batches, sums: rest.sums },
    weights,
    optimizer: { steps: rest.optimizerSteps, firstMoments, secondMoments },
    best: rest.best && { ...rest.best, weights: bestWeights },
    history: history as unknown as readonly EpochMetrics[],
  };
}

function readMetadata(
  text: string | undefined,
  fail: (reason: string, cause?: unknown) => NatriumError,
): CheckpointMetadata & { readonly history?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (error) {
    throw fail('its metadata do not say where it stood', error);
  }
  const isKnown = isRecord(value) && isCount(value.version) && value.version >= 1 && value.version <= VERSION;
  if (!isKnown) throw fail(`its layout is none of 1 to ${VERSION}`);
  const { random, batches, sums, optimizerSteps, best } = value as Readonly<Record<string, unknown>>;
  if (!isListOf(random, isCount)) throw fail('its random state is none');
  // throws where these are not four words
  Random.fromState(random as unknown as RandomState);
  const sizes = isRecord(sums) ? [sums.loss, sums.squares ?? 0, sums.seconds] : [];
  const isStanding =
    isCount(batches) &&
    isCount(optimizerSteps) &&
    isRecord(sums) &&
    isCount(sums.atoms) &&
    sums.atoms > 0 === batches > 0 &&
    sizes.every((size) => isFiniteNumber(size) && size >= 0);
  if (!isStanding) throw fail('its metadata do not say where it stood');
  if (
    !(best === null || (isRecord(best) && isCount(best.epoch) && best.epoch > 0 && isFiniteNumber(best.validationLoss)))
  ) {
    throw fail('its best epoch is none');
  }
  return value as unknown as CheckpointMetadata;
}

function historyOf(tensor: Tensor | undefined): object[] | null {
  const width = HISTORY_COLUMNS.length;
  if (tensor?.dtype !== 'F64' || tensor.shape.length !== 2 || tensor.shape[1] !== width) return null;
  return Array.from({ length: tensor.shape[0] }, (_, row) => ({
    epoch: row + 1,
    ...Object.fromEntries(
      HISTORY_COLUMNS.map((name, column) => {
        const value = tensor.data[row * width + column];
        return [name, isError(name) && Number.isNaN(value) ? null : value];
      }),
    ),
  }));
}

function isEpoch(epoch: Readonly<Record<string, unknown>>, index: number): boolean {
  return (
    epoch.epoch === index + 1 &&
    HISTORY_COLUMNS.every((name) => isFiniteNumber(epoch[name]) || (isError(name) && epoch[name] === null))
  );
}

/** Whether it may be unknown. */
function isError(column: string): boolean {
  return column === 'trainRmse' || column === 'validationRmse';
}
