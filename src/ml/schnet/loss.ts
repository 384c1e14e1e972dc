import { checkRange } from './hyperparameters.ts';

/**
 * How a network is judged over the n atoms of a mini-batch (y targets, p predictions; Kaneko et al., J. Mater. Inf. 2023,
 * 3, 8):
 *
 *     MSE            (1/n) Σ (y_i - p_i)²
 *     DISTRIBUTION   (1/n) Σ (y_i - p_i)² + (weight/n) Σ (sort(y)_i - sort(p)_i)²
 *
 * The second term compares the two distributions, whichever atom has which value; the paper's weight a is 3.
 */
export type SchNetLoss = { readonly kind: 'MSE' } | { readonly kind: 'DISTRIBUTION'; readonly weight: number };

export const DEFAULT_DISTRIBUTION_WEIGHT = 3;
export const WEIGHT_RANGE = [0, 1000] as const;

/** Throws `INVALID_HYPERPARAMETER` for a weight outside 0 … 1000. */
export function checkLoss(loss: SchNetLoss): void {
  if (loss.kind === 'DISTRIBUTION') checkRange('weight', loss.weight, WEIGHT_RANGE, 'number');
}

export interface LossValue {
  readonly loss: number;
  readonly meanSquaredError: number;
  /** Derivative of the loss by each prediction. */
  readonly derivative: Float64Array;
}

/**
 * The loss of all atoms of a mini-batch and its derivative by each prediction, in float64. The derivative of the sort is
 * its permutation: the prediction of rank k is drawn to the target of rank k; equal predictions rank in their order.
 */
export function evaluateLoss(predictions: ArrayLike<number>, targets: ArrayLike<number>, loss: SchNetLoss): LossValue {
  const atoms = targets.length;
  if (atoms === 0 || predictions.length !== atoms) {
    throw new RangeError(
      `A loss needs as many predictions (${predictions.length}) as targets (${atoms}), and one at least.`,
    );
  }
  const derivative = new Float64Array(atoms);
  let squares = 0;
  for (let atom = 0; atom < atoms; atom++) {
    const difference = predictions[atom] - targets[atom];
    squares += difference * difference;
    derivative[atom] = (2 / atoms) * difference;
  }
  const meanSquaredError = squares / atoms;
  if (loss.kind === 'MSE') return { loss: meanSquaredError, meanSquaredError, derivative };

  const ranked = Array.from({ length: atoms }, (_, atom) => atom).sort((i, j) => predictions[i] - predictions[j]);
  const sortedTargets = Float64Array.from(targets).sort();
  let sortedSquares = 0;
  for (let rank = 0; rank < atoms; rank++) {
    const difference = predictions[ranked[rank]] - sortedTargets[rank];
    sortedSquares += difference * difference;
    derivative[ranked[rank]] += ((2 * loss.weight) / atoms) * difference;
  }
  return { loss: meanSquaredError + (loss.weight * sortedSquares) / atoms, meanSquaredError, derivative };
}
