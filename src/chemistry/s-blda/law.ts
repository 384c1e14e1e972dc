import type { Random } from '../../random.ts';
import { normalQuantile } from './normal-quantile.ts';

/** A normal distribution of distances. */
export interface DistanceLaw {
  readonly meanAngstrom: number;
  readonly standardDeviationAngstrom: number;
}

/** What S-BLDA asks of a finished cluster: how far its atoms are from their nearest and their next-nearest neighbours. */
export interface BondLengthLaws {
  readonly nearest: DistanceLaw;
  readonly nextNearest: DistanceLaw;
}

/** The paper's, chosen there to match clusters that were optimised by DFT. */
export const PAPER_LAWS: BondLengthLaws = {
  nearest: { meanAngstrom: 3.5, standardDeviationAngstrom: 0.1 },
  nextNearest: { meanAngstrom: 3.6, standardDeviationAngstrom: 0.1 },
};

/** The least distance of two atoms in Å: four standard deviations below the mean of the nearest, the paper's 3.1. */
export function shortestDistance({ nearest }: BondLengthLaws): number {
  return nearest.meanAngstrom - 4 * nearest.standardDeviationAngstrom;
}

/** Atoms as near as this (Å) are neighbours: four standard deviations above the mean of the next-nearest, the paper's 4.0. */
export function neighborReach({ nextNearest }: BondLengthLaws): number {
  return nextNearest.meanAngstrom + 4 * nextNearest.standardDeviationAngstrom;
}

/** A distance (Å) drawn from the law, within 3.5 standard deviations. */
export function draw(law: DistanceLaw, random: Random): number {
  return quantile(law, random.uniform());
}

const DRAWS_PER_STRATUM = 4;

/** Distances (Å) drawn from the law, ascending: a stratified sample, so that even a small one has about the law's mean. */
export function drawStratified(law: DistanceLaw, count: number, random: Random): Float64Array {
  const strata = Math.floor(count / DRAWS_PER_STRATUM);
  return Float64Array.from({ length: count }, (_, k) => {
    const share = random.uniform();
    return quantile(law, k < DRAWS_PER_STRATUM * strata ? ((k % strata) + share) / strata : share);
  }).sort();
}

function quantile({ meanAngstrom, standardDeviationAngstrom }: DistanceLaw, share: number): number {
  return meanAngstrom + standardDeviationAngstrom * normalQuantile(share);
}
