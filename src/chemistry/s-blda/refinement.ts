import type { Random } from '../../random.ts';
import { type BondLengthLaws, type DistanceLaw, drawStratified, shortestDistance } from './law.ts';
import type { TwoNearest } from './two-nearest.ts';

/** In a sweep as many moves are tried as there are atoms; after a round of sweeps it is seen how far they led. */
const SWEEPS_PER_ROUND = 30;
const MOST_ROUNDS = 12;
/** Misfits in standard deviations: at the one nothing is left to do, at the other a round is enough. */
const DONE = 0.06;
const GOOD = 0.4;
/** A round that leaves more of the misfit than this was the last. */
const STAGNATION = 0.95;

/**
 * Moves atoms until their distances to nearest and next-nearest neighbours follow the laws: as many distances are drawn from
 * each as there are atoms and given out by rank, and a move of one atom is kept unless it makes the sum of squared misfits
 * larger or brings two atoms nearer than the least distance.
 * @returns the root mean square misfit in standard deviations
 */
export function refine(cluster: TwoNearest, laws: BondLengthLaws, random: Random): number {
  const targets = new Targets(cluster, laws, random);
  const shortest = shortestDistance(laws);
  let misfit = targets.assign();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = misfit;
    for (let sweep = 0; sweep < SWEEPS_PER_ROUND; sweep++) {
      if (misfit <= DONE) return misfit;
      for (let move = 0; move < cluster.size; move++) tryMove(cluster, targets, shortest, random);
      misfit = targets.assign();
    }
    if (misfit <= GOOD || misfit > STAGNATION * before) break;
  }
  return misfit;
}

/** Moves a random atom by up to one standard deviation along each axis, if that is no worse. */
function tryMove(cluster: TwoNearest, targets: Targets, shortest: number, random: Random): void {
  const atom = random.integer(cluster.size);
  const p = cluster.positions;
  const x = p[3 * atom] + targets.step * (2 * random.uniform() - 1);
  const y = p[3 * atom + 1] + targets.step * (2 * random.uniform() - 1);
  const z = p[3 * atom + 2] + targets.step * (2 * random.uniform() - 1);
  cluster.propose(atom, x, y, z);
  if (cluster.changedNearest[0] < shortest) return;
  let change = 0;
  for (let k = 0; k < cluster.changes; k++) {
    const each = cluster.changed[k];
    change += targets.nearest.misfit(each, cluster.changedNearest[k]);
    change -= targets.nearest.misfit(each, cluster.nearest[each]);
    change += targets.nextNearest.misfit(each, cluster.changedNext[k]);
    change -= targets.nextNearest.misfit(each, cluster.next[each]);
  }
  if (change <= 0) cluster.accept();
}

/** The distances that the atoms of one cluster shall have. */
class Targets {
  readonly nearest: DrawnDistances;
  readonly nextNearest: DrawnDistances;
  /** Longest move of an atom along an axis. */
  readonly step: number;

  constructor(
    private readonly cluster: TwoNearest,
    { nearest, nextNearest }: BondLengthLaws,
    random: Random,
  ) {
    this.nearest = new DrawnDistances(nearest, cluster.nearest, random);
    this.nextNearest = new DrawnDistances(nextNearest, cluster.next, random);
    this.step = nearest.standardDeviationAngstrom;
  }

  /** Gives the drawn distances out anew; the root mean square misfit that is left. */
  assign(): number {
    const { size, nearest, next } = this.cluster;
    this.nearest.assign();
    this.nextNearest.assign();
    let sum = 0;
    for (let atom = 0; atom < size; atom++) {
      sum += this.nearest.misfit(atom, nearest[atom]) + this.nextNearest.misfit(atom, next[atom]);
    }
    return Math.sqrt(sum / (2 * size));
  }
}

/** Distances drawn from a law, one an atom: the atom with the shortest distance gets the shortest. */
class DrawnDistances {
  private readonly drawn: Float64Array;
  private readonly order: number[];
  private readonly target: Float64Array;
  private readonly standardDeviation: number;

  constructor(
    law: DistanceLaw,
    private readonly distances: Float64Array,
    random: Random,
  ) {
    this.drawn = drawStratified(law, distances.length, random);
    this.order = Array.from(distances, (_, atom) => atom);
    this.target = new Float64Array(distances.length);
    this.standardDeviation = law.standardDeviationAngstrom;
  }

  assign(): void {
    this.order.sort((a, b) => this.distances[a] - this.distances[b] || a - b);
    for (let rank = 0; rank < this.order.length; rank++) this.target[this.order[rank]] = this.drawn[rank];
  }

  /** Squared difference of a distance from the one that the atom shall have, in variances. */
  misfit(atom: number, distance: number): number {
    const difference = (distance - this.target[atom]) / this.standardDeviation;
    return difference * difference;
  }
}
