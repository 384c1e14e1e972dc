import type { Structure } from '../../chemistry/structure.ts';
import type { NamedTensors } from '../safetensors.ts';
import type { AdamState } from './adam.ts';
import type { SchNetHyperparameters } from './hyperparameters.ts';
import type { SchNetLoss } from './loss.ts';

/** Clusters with a target for every atom, in the units in which the network is trained. */
export interface SchNetBatch {
  readonly structures: readonly Structure[];
  /** One array a structure, one number an atom. */
  readonly targets: readonly Float64Array[];
}

/** How far a step of Adam goes. */
export interface StepSize {
  readonly learningRate: number;
  /** A gradient with a larger Euclidean norm, over all weights, is shortened to it; null: never. */
  readonly largestGradientNorm: number | null;
}

/** Throws RangeError unless there is a cluster and every atom of every cluster has a target. */
export function checkBatch({ structures, targets }: SchNetBatch): void {
  if (structures.length === 0 || targets.length !== structures.length) {
    throw new RangeError(
      `A batch needs clusters (${structures.length}) and as many arrays of targets (${targets.length}).`,
    );
  }
  structures.forEach(({ atomicNumbers }, cluster) => {
    if (atomicNumbers.length === 0 || targets[cluster].length !== atomicNumbers.length) {
      throw new RangeError(
        `Cluster ${cluster} of a batch has ${atomicNumbers.length} atoms and ${targets[cluster].length} targets.`,
      );
    }
  });
}

/** What a network made of a batch, before any weight moved. */
export interface BatchOutcome {
  /** The loss as trained. */
  readonly loss: number;
  /** Mean squared error over the atoms: the loss without its sort term. */
  readonly meanSquaredError: number;
  /** For every atom, in the order of the batch; good until the next call. */
  readonly outputs: ArrayLike<number>;
}

/**
 * A program that evaluates and trains SchNet (SchNetPack 1.0.0, output per atom). Every engine passes one contract test
 * and reads the same weights; `backend` says on what it computes, because only one engine and backend repeats bit for bit.
 */
export interface SchNetEngine {
  readonly name: 'tensorflow' | 'wasm';
  readonly backend: string;
  /** In words, at which distances filters of these hyperparameters are evaluated. */
  describeFilters(hyperparameters: SchNetHyperparameters): string;
  /**
   * A network with these weights and a fresh optimiser; the weights are copied. Throws `INVALID_HYPERPARAMETER` for a
   * field outside its range and `CORRUPT_ARTIFACT` for weights that do not fit.
   */
  open(hyperparameters: SchNetHyperparameters, weights: NamedTensors): SchNetSession;
}

/** One network in memory. Calls on one session must not overlap; a session is dead after `dispose`. */
export interface SchNetSession {
  /** Output for every atom of every structure, in the units of the targets. */
  predict(structures: readonly Structure[]): Promise<Float64Array[]>;
  /** The loss of a batch and its derivative by every weight (float32); throws what {@link checkBatch} does. */
  gradients(batch: SchNetBatch, loss: SchNetLoss): Promise<BatchOutcome & { readonly gradients: NamedTensors }>;
  /**
   * One step of Adam (see adam.ts) of this size; answers what the network made of the batch before the step. A loss that is
   * not finite leaves the weights as they were. Throws what {@link checkBatch} does.
   */
  step(batch: SchNetBatch, loss: SchNetLoss, size: StepSize): Promise<BatchOutcome>;
  /** A copy of the weights. */
  weights(): Promise<NamedTensors>;
  /** A copy of the optimiser's state: with the weights, all that is needed to go on bit for bit on the same backend. */
  optimizerState(): Promise<AdamState>;
  /** Goes on from a stored state; throws `CORRUPT_ARTIFACT` when it does not fit the network. */
  restoreOptimizer(state: AdamState): void;
  dispose(): void;
}
