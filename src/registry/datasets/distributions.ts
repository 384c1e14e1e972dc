import { NatriumError } from '../../errors.ts';
import {
  type DistributionSummary,
  plottingProbabilities,
  quantile,
  type Sorted,
  sorted,
  summarize,
} from '../../ml/statistics/distribution.ts';

const MOST_POINTS = 10_000;

/** Shieldings as a distribution. */
export interface Distribution extends DistributionSummary {
  readonly values: Sorted;
}

export function distributionOf(shieldingsPpm: ArrayLike<number>): Distribution {
  const values = sorted(shieldingsPpm);
  return { ...summarize(values), values };
}

/** Throws BAD_USER_INPUT for more than 10,000 probabilities, and for one that is not from 0 to 1. */
export function quantilesOf({ values }: Distribution, probabilities: readonly number[]) {
  if (probabilities.length > MOST_POINTS) {
    throw new NatriumError('BAD_USER_INPUT', `${probabilities.length} probabilities; give at most ${MOST_POINTS}`);
  }
  return probabilities.map((probability) => ({ probability, valuePpm: quantile(values, probability) }));
}

/** Probabilities of so many Q-Q points, at most as many as there are atoms. Throws BAD_USER_INPUT unless 1 to 10,000 are asked. */
export function probabilitiesOfPoints(points: number, atoms: number): number[] {
  if (points >= 1 && points <= MOST_POINTS) return plottingProbabilities(Math.min(points, atoms));
  throw new NatriumError('BAD_USER_INPUT', `points is ${points}; give 1 to ${MOST_POINTS}`);
}
