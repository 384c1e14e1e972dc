import { centroidDistances } from './structure-shape.ts';

/** Up to this size all pairs of atoms are compared; beyond it, each atom's distance from the centroid only. */
const LARGEST_ALL_PAIRS = 500;

/** What `structureDifference` needs of a structure. */
export interface ComparedStructure {
  readonly atomicNumbers: readonly number[];
  readonly positionsAngstrom: ArrayLike<number>;
  readonly charge: number;
}

/**
 * How far two structures are apart (Å), whatever their rotation, reflection, translation and order of atoms: the largest
 * difference between their {@link distanceProfile}s. Infinite for other elements or another charge; the multiplicity does
 * not count. If every atom of a structure moves by at most d, its copies are at most 2 d apart, so a copy that was printed
 * with a rounding error of e in each coordinate is within 2 sqrt(3) e.
 *
 * 0 does not prove equal structures: distances do not tell mirror images apart, and there are rare different structures
 * with the same distances around their atoms (Boutin and Kemper, Adv. Appl. Math. 32, 709, 2004; Pozdnyakov et al., Phys.
 * Rev. Lett. 125, 166001, 2020).
 */
export function structureDifference(a: ComparedStructure, b: ComparedStructure): number {
  const elements = ({ atomicNumbers }: ComparedStructure) => Int32Array.from(atomicNumbers).sort();
  const others = elements(b);
  const same = a.charge === b.charge && a.atomicNumbers.length === b.atomicNumbers.length;
  if (!same || elements(a).some((z, i) => z !== others[i])) return Infinity;
  return profileDifference(distanceProfile(a), distanceProfile(b));
}

/** Largest difference (Å) between two profiles of structures of the same elements. */
export function profileDifference(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (let k = 0; k < a.length; k++) {
    const difference = Math.abs(a[k] - b[k]);
    if (difference > largest) largest = difference;
  }
  return largest;
}

/** How many numbers the profile of a structure of so many atoms of one element has; more elements, hardly more. */
export function profileLength(atoms: number): number {
  return atoms <= LARGEST_ALL_PAIRS ? (atoms * (atoms + 3)) / 2 : atoms;
}

/**
 * Lengths (Å) in sorted lists, one after the other: for each element the distances of its atoms from the centroid of all;
 * up to 500 atoms also for each pair of elements the distances between their atoms, and for each element and each other
 * or same one the mean distance of every atom of the first from the (other) atoms of the second. None of these lengths
 * changes by more than 2 d where atoms move by at most d, and so, because sorting does not push numbers apart, no entry
 * does. The mean distances tell apart structures whose atoms have the same distances in another arrangement.
 */
export function distanceProfile({ atomicNumbers, positionsAngstrom }: ComparedStructure): Float64Array {
  const order = Array.from(atomicNumbers, (_, atom) => atom).sort((a, b) => atomicNumbers[a] - atomicNumbers[b]);
  const positions = Float64Array.from(
    order.flatMap((atom) => [0, 1, 2].map((axis) => positionsAngstrom[3 * atom + axis])),
  );
  const blocks = blocksOf(order.map((atom) => atomicNumbers[atom]));
  const fromCentroid = centroidDistances(positions);
  for (const { start, end } of blocks) fromCentroid.subarray(start, end).sort();
  if (order.length > LARGEST_ALL_PAIRS) return fromCentroid;

  const count = order.length;
  const profile = new Float64Array(count + (count * (count - 1)) / 2 + count * blocks.length);
  profile.set(fromCentroid);
  let filled = count;
  const append = (lengths: Float64Array) => {
    profile.set(lengths.sort(), filled);
    filled += lengths.length;
  };
  for (const [k, a] of blocks.entries()) {
    for (const b of blocks.slice(k)) {
      const { distances, meansOfA, meansOfB } = distancesBetween(positions, a, b);
      append(distances);
      append(meansOfA);
      if (b !== a) append(meansOfB);
    }
  }
  return profile;
}

/** Atoms of one element, from `start` up to, but without, `end`. */
interface Block {
  readonly start: number;
  readonly end: number;
}

function blocksOf(sorted: readonly number[]): Block[] {
  const starts = sorted.flatMap((z, atom) => (atom === 0 || z !== sorted[atom - 1] ? [atom] : []));
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? sorted.length }));
}

/** All distances between the atoms of two blocks, and each atom's mean one; within a block every pair counts once. */
function distancesBetween(p: Float64Array, a: Block, b: Block) {
  const [countA, countB] = [a.end - a.start, b.end - b.start];
  const within = a === b;
  const distances = new Float64Array(within ? (countA * (countA - 1)) / 2 : countA * countB);
  const meansOfA = new Float64Array(countA);
  const meansOfB = within ? meansOfA : new Float64Array(countB);
  // an atom that is alone has no other
  const others = within ? Math.max(1, countA - 1) : countB;
  let next = 0;
  for (let i = a.start; i < a.end; i++) {
    for (let j = within ? i + 1 : b.start; j < b.end; j++) {
      const [x, y, z] = [p[3 * i] - p[3 * j], p[3 * i + 1] - p[3 * j + 1], p[3 * i + 2] - p[3 * j + 2]];
      const distance = Math.sqrt(x * x + y * y + z * z);
      distances[next++] = distance;
      meansOfA[i - a.start] += distance / others;
      meansOfB[j - b.start] += distance / (within ? others : countA);
    }
  }
  return { distances, meansOfA, meansOfB };
}
