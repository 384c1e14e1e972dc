import { NatriumError } from '../../errors.ts';
import type { RandomState } from '../../random.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensors, type Tensor } from '../safetensors.ts';
import type { AdamState } from './adam.ts';

/** What one epoch of training came to, in the units of the targets. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, weighted by atoms, of the loss before each step. */
  readonly trainLoss: number;
  /** Root of the mean squared error before each step, over the epoch. */
  readonly trainRmse: number;
  /** The loss as trained, over the whole validation split, after the epoch. */
  readonly validationLoss: number;
  readonly validationRmse: number;
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
  readonly squares: number;
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

/** Raised when the layout changes; readers of all older ones stay. */
const VERSION = 1;

const GROUPS = ['weights', 'best', 'first-moments', 'second-moments'] as const;
const METADATA_KEY = 'natrium.training';

/** A checkpoint as one safetensors file. */
export function encodeCheckpoint(checkpoint: TrainingCheckpoint): Uint8Array {
  const { random, batches, sums, weights, optimizer, best, history } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const groups = [weights, best?.weights ?? new Map<string, Tensor>(), optimizer.firstMoments, optimizer.secondMoments];
  GROUPS.forEach((group, index) => {
    for (const [name, tensor] of groups[index]) tensors.set(`${group}/${name}`, tensor);
  });
  const rest: CheckpointMetadata = {
    version: VERSION,
    ...{ random, batches, sums },
    optimizerSteps: optimizer.steps,
    best: best && { epoch: best.epoch, validationLoss: best.validationLoss },
    history,
  };
  return encodeSafetensors(tensors, { [METADATA_KEY]: JSON.stringify(rest) });
}

interface CheckpointMetadata extends Pick<TrainingCheckpoint, 'random' | 'batches' | 'sums' | 'history'> {
  readonly version: number;
  readonly optimizerSteps: number;
  readonly best: Pick<BestEpoch, 'epoch' | 'validationLoss'> | null;
}

/** Reads a checkpoint; throws `CORRUPT_ARTIFACT` naming `what` when the bytes are none. Tensors are checked when used. */
export function decodeCheckpoint(bytes: Uint8Array, what: string): TrainingCheckpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  const rest = readMetadata(metadata[METADATA_KEY], what);
  const [weights, bestWeights, firstMoments, secondMoments] = GROUPS.map(
    (group) =>
      new Map(
        [...tensors]
          .filter(([name]) => name.startsWith(`${group}/`))
          .map(([name, tensor]) => [name.slice(group.length + 1), tensor]),
      ),
  );
  return {
    ...{ random: rest.random, batches: rest.batches, sums: rest.sums },
    weights,
    optimizer: { steps: rest.optimizerSteps, firstMoments, secondMoments },
    best: rest.best && { ...rest.best, weights: bestWeights },
    history: rest.history,
  };
}

function readMetadata(text: string | undefined, what: string): CheckpointMetadata {
  try {
    const rest = JSON.parse(text ?? '') as CheckpointMetadata;
    if (Array.isArray(rest.history) && rest.version === VERSION) return rest;
  } catch {
    // told below
  }
  throw new NatriumError(
    'CORRUPT_ARTIFACT',
    `${what} is no checkpoint of a training: its metadata do not say where it stood.`,
  );
}
