import { createHash } from 'node:crypto';
import { NatriumError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { atomicNumberOf, symbolOf } from '../elements.ts';
import { lowestMultiplicity, SHORTEST_DISTANCE_ANGSTROM, type Structure } from '../structure.ts';
import { grow } from './growth.ts';
import { type BondLengthLaws, type DistanceLaw, draw, neighborReach, PAPER_LAWS, shortestDistance } from './law.ts';
import { randomDirection } from './random-direction.ts';
import { refine } from './refinement.ts';
import type { TwoNearest } from './two-nearest.ts';

/** Which clusters to generate. */
export interface GenerationParameters {
  /** Symbol of the element of all atoms. */
  readonly element: string;
  /** Numbers of atoms, each once. */
  readonly sizes: readonly number[];
  readonly clustersPerSize: number;
  readonly laws: BondLengthLaws;
  readonly seed: number;
}

export interface GeneratedCluster {
  /**
   * Such as `s-blda-1-Na20-0007`: the seed, the formula and the number among those of its size, from 1; before the seed a mark
   * of the laws if they are not the paper's.
   */
  readonly label: string;
  readonly structure: Structure;
  /** The algorithm, the seed and the laws. */
  readonly provenance: Readonly<Record<string, string | number>>;
}

/** The paper's numbers of atoms; 28 and 30 are its validation split, 40 its test split. */
export const PAPER_SIZES: readonly number[] = [14, 16, 18, 20, 22, 24, 26, 28, 30, 40];
export const PAPER_CLUSTERS_PER_SIZE = 200;

export const LARGEST_GENERATED_CLUSTER = 1000;
export const MOST_GENERATED_CLUSTERS = 100_000;
export const MOST_GENERATED_ATOMS = 2_000_000;
const LONGEST_MEAN_ANGSTROM = 100;
/** After the first ones it is given up unless one came near, as narrow laws do now and then. */
const FIRST_ATTEMPTS = 10;
const MOST_ATTEMPTS = 60;
const NEAR = 1.5;
/** Narrower laws would have atoms placed finer than programs print positions. */
const LEAST_STANDARD_DEVIATION_ANGSTROM = 0.001;

/**
 * Structures by the second-order bond length distribution algorithm, S-BLDA (Kaneko et al., J. Mater. Inf. 2023, 3, 8): atoms are
 * added one at a time so that the distances to nearest and next-nearest neighbours follow two normal distributions.
 *
 * Beyond the paper's text: the laws are those of the finished cluster. An atom that is added can only shorten the distances of
 * those there are, so the cluster grows by laws that are shifted to longer distances, and a refinement then brings the distances
 * to drawn ones. Of a few places for an atom that with most neighbours is taken, which keeps clusters compact. Atoms are never
 * nearer than four standard deviations below the mean of the nearest (3.1 Å), and connected within four above that of the
 * next-nearest (4.0 Å). Distributions are cut at 3.5 standard deviations. The laws are met from about 10 atoms on; smaller
 * clusters cannot have the whole spread, since several atoms share a distance, and clusters of 2 follow the first law only.
 *
 * A cluster depends on the seed, its size, its number and the laws alone, and only on operations that are exact everywhere
 * (+ - x / sqrt, integers), so it has the same bytes on every machine. The centroid is the origin, the orientation random.
 * @param index of the cluster among all, sizes in the order given, from 0
 * @throws NatriumError BAD_USER_INPUT if the laws cannot be met
 */
export function generateCluster(parameters: GenerationParameters, index: number): GeneratedCluster {
  const { element, sizes, clustersPerSize, laws, seed } = parameters;
  const size = sizes[Math.floor(index / clustersPerSize)];
  const number = (index % clustersPerSize) + 1;
  const z = atomicNumberOf(element)!;
  const atomicNumbers = new Array<number>(size).fill(z);
  return {
    label: `s-blda-${lawMark(laws)}${seed}-${symbolOf(z)}${size}-${String(number).padStart(4, '0')}`,
    structure: {
      atomicNumbers,
      positionsAngstrom: positions(size, laws, randomOf(seed, size, number)),
      charge: 0,
      multiplicity: lowestMultiplicity(atomicNumbers, 0),
    },
    provenance: {
      generated_by: 'S-BLDA',
      seed,
      nearest_mean_angstrom: laws.nearest.meanAngstrom,
      nearest_standard_deviation_angstrom: laws.nearest.standardDeviationAngstrom,
      next_nearest_mean_angstrom: laws.nextNearest.meanAngstrom,
      next_nearest_standard_deviation_angstrom: laws.nextNearest.standardDeviationAngstrom,
    },
  };
}

/** How many clusters the parameters ask for. */
export function generatedCount({ sizes, clustersPerSize }: GenerationParameters): number {
  return sizes.length * clustersPerSize;
}

/** Tells clusters of different laws apart by name; empty for the paper's. */
function lawMark(laws: BondLengthLaws): string {
  const text = lawText(laws);
  return text === lawText(PAPER_LAWS) ? '' : `${createHash('sha256').update(text).digest('hex').slice(0, 6)}-`;
}

function lawText({ nearest, nextNearest }: BondLengthLaws): string {
  return [nearest, nextNearest].flatMap((law) => [law.meanAngstrom, law.standardDeviationAngstrom]).join(' ');
}

/** Every cluster has random numbers of its own, so that it does not depend on which others are asked for. */
function randomOf(seed: number, size: number, number: number): Random {
  return Random.ofText(`natrium-s-blda-1 ${seed} ${size} ${number}`);
}

function positions(size: number, laws: BondLengthLaws, random: Random): Float64Array {
  if (size === 1) return new Float64Array(3);
  if (size === 2) return pair(laws, random);
  let least = Number.POSITIVE_INFINITY;
  let attempt = 0;
  while (attempt < (least <= NEAR * largestMisfit(size) ? MOST_ATTEMPTS : FIRST_ATTEMPTS)) {
    attempt++;
    const cluster = grow(size, growthLaws(laws), random);
    if (cluster === null) continue;
    const misfit = refine(cluster, laws, random);
    least = Math.min(least, misfit);
    if (misfit <= largestMisfit(size) && isConnected(cluster, neighborReach(laws))) return centered(cluster.positions);
  }
  throw unmet(size, laws, attempt, least);
}

/** What later atoms and the refinement take away is added: found by trying, in standard deviations. */
function growthLaws({ nearest, nextNearest }: BondLengthLaws): BondLengthLaws {
  return { nearest: shifted(nearest, 1, 1.2), nextNearest: shifted(nextNearest, 0.6, 1) };
}

function shifted(
  { meanAngstrom, standardDeviationAngstrom: sd }: DistanceLaw,
  by: number,
  factor: number,
): DistanceLaw {
  return { meanAngstrom: meanAngstrom + by * sd, standardDeviationAngstrom: factor * sd };
}

/** In standard deviations. With few atoms, of which several share a distance, no cluster fits well. */
function largestMisfit(size: number): number {
  return 0.5 + 3 / size;
}

function pair({ nearest }: BondLengthLaws, random: Random): Float64Array {
  const half = draw(nearest, random) / 2;
  const [x, y, z] = randomDirection(random);
  return Float64Array.of(half * x, half * y, half * z, -half * x, -half * y, -half * z);
}

function isConnected(cluster: TwoNearest, reach: number): boolean {
  const { size, positions: p } = cluster;
  const isReached = new Uint8Array(size);
  isReached[0] = 1;
  const reached = [0];
  for (const atom of reached) {
    for (let other = 0; other < size; other++) {
      if (isReached[other] || cluster.distance(other, p[3 * atom], p[3 * atom + 1], p[3 * atom + 2]) > reach) continue;
      isReached[other] = 1;
      reached.push(other);
    }
  }
  return reached.length === size;
}

function centered(p: Float64Array): Float64Array {
  const sum = [0, 0, 0];
  for (let k = 0; k < p.length; k++) sum[k % 3] += p[k];
  return p.map((coordinate, k) => coordinate - sum[k % 3] / (p.length / 3));
}

function unmet(size: number, laws: BondLengthLaws, attempts: number, least: number): NatriumError {
  const how =
    least === Number.POSITIVE_INFINITY
      ? 'there is no room for another atom'
      : `the distances stay ${least.toPrecision(2)} standard deviations away from the wanted ones`;
  return new NatriumError(
    'BAD_USER_INPUT',
    `no cluster of ${size} atoms was found whose ${describe(laws)}: in ${attempts} attempts ${how}; bring the two means ` +
      'closer together, or give larger standard deviations',
  );
}

function describe({ nearest, nextNearest }: BondLengthLaws): string {
  const words = ({ meanAngstrom, standardDeviationAngstrom }: DistanceLaw) =>
    `${meanAngstrom} ± ${standardDeviationAngstrom} Å`;
  return `nearest neighbours are ${words(nearest)} and next-nearest ${words(nextNearest)} away`;
}

/** Throws UNKNOWN_ELEMENT, TOO_LARGE or BAD_USER_INPUT unless the parameters ask for something that can be tried. */
export function checkGenerationParameters(parameters: GenerationParameters): void {
  const { element, sizes, clustersPerSize, laws, seed } = parameters;
  if (atomicNumberOf(element) === undefined) {
    throw new NatriumError(
      'UNKNOWN_ELEMENT',
      `element is ${JSON.stringify(element.slice(0, 20))}; give a symbol such as Na`,
    );
  }
  checkSizes(sizes);
  if (!Number.isSafeInteger(clustersPerSize) || clustersPerSize < 1) {
    refuse(`clustersPerSize is ${clustersPerSize}; give a whole number from 1 on`);
  }
  checkAmount(parameters);
  if (sizes.includes(1) && clustersPerSize > 1) {
    refuse(`sizes holds 1, but all clusters of one atom are the same; leave 1 out, or set clustersPerSize to 1`);
  }
  checkLaw('nearest', laws.nearest);
  checkLaw('nextNearest', laws.nextNearest);
  checkLaws(laws);
  // says what is wrong with it
  new Random(seed);
}

function checkSizes(sizes: readonly number[]): void {
  if (sizes.length === 0) refuse('sizes is empty; give at least one number of atoms');
  sizes.forEach((size, i) => {
    if (!Number.isSafeInteger(size) || size < 1 || size > LARGEST_GENERATED_CLUSTER) {
      refuse(`sizes holds ${size}; give whole numbers of atoms from 1 to ${LARGEST_GENERATED_CLUSTER}`);
    }
    if (sizes.indexOf(size) !== i) refuse(`sizes holds ${size} twice; give each number of atoms once`);
  });
}

function checkAmount(parameters: GenerationParameters): void {
  const clusters = generatedCount(parameters);
  const atoms = parameters.sizes.reduce((sum, size) => sum + size, 0) * parameters.clustersPerSize;
  if (clusters > MOST_GENERATED_CLUSTERS || atoms > MOST_GENERATED_ATOMS) {
    throw new NatriumError(
      'TOO_LARGE',
      `${clusters} clusters with ${atoms} atoms are asked for; at most ${MOST_GENERATED_CLUSTERS} clusters and ` +
        `${MOST_GENERATED_ATOMS} atoms are made at once, so ask for fewer, or in parts with seeds of their own`,
    );
  }
}

function checkLaw(name: string, { meanAngstrom: mean, standardDeviationAngstrom: deviation }: DistanceLaw): void {
  if (!(mean > 0 && mean <= LONGEST_MEAN_ANGSTROM)) {
    refuse(`the mean of ${name} is ${mean} Å; give a number above 0 and at most ${LONGEST_MEAN_ANGSTROM} Å`);
  }
  if (!(deviation >= LEAST_STANDARD_DEVIATION_ANGSTROM)) {
    refuse(
      `the standard deviation of ${name} is ${deviation} Å; give ${LEAST_STANDARD_DEVIATION_ANGSTROM} Å at least: atoms that are ` +
        'all equally far apart are no random cluster',
    );
  }
  if (deviation >= mean) {
    refuse(`the standard deviation of ${name} is ${deviation} Å; give less than the mean, ${mean} Å`);
  }
}

/** The next-nearest neighbour is never nearer than the nearest, not at the ends of the distributions either. */
function checkLaws(laws: BondLengthLaws): void {
  const { nearest, nextNearest } = laws;
  const shortest = shortestDistance(laws);
  if (shortest <= SHORTEST_DISTANCE_ANGSTROM) {
    refuse(
      `with ${nearest.meanAngstrom} ± ${nearest.standardDeviationAngstrom} Å to nearest neighbours some atoms would be ` +
        `${shortest.toPrecision(3)} Å apart; keep the mean less four standard deviations above ${SHORTEST_DISTANCE_ANGSTROM} Å`,
    );
  }
  const ends = ({ meanAngstrom: mean, standardDeviationAngstrom: sd }: DistanceLaw) => [
    mean - 3.5 * sd,
    mean + 3.5 * sd,
  ];
  const [[low, high], [nextLow, nextHigh]] = [ends(nearest), ends(nextNearest)];
  if (nextNearest.meanAngstrom <= nearest.meanAngstrom || low > nextLow || high > nextHigh) {
    refuse(
      `${describe(laws)}: then some next-nearest neighbours would have to be nearer than the nearest; give nextNearest a ` +
        'larger mean, and about the same standard deviation',
    );
  }
}

function refuse(message: string): never {
  throw new NatriumError('BAD_USER_INPUT', message);
}
