import type { Random } from '../../random.ts';
import { type BondLengthLaws, draw, neighborReach } from './law.ts';
import { randomDirection, randomDirectionAcross, type Vector } from './random-direction.ts';
import { TwoNearest } from './two-nearest.ts';

const CANDIDATES = 3;
const PLACES = 300;
const DRAWS = 50;
/** How much farther than the reach of neighbours the second of two atoms is sought. */
const PAIR_REACH = 1.25;

/**
 * Adds atoms one at a time, each at drawn distances t1 <= t2 from two atoms that are there, with no third atom nearer than
 * t2; of a few such places it takes the one with most neighbours. Null if no place can be found for an atom.
 */
export function grow(size: number, laws: BondLengthLaws, random: Random): TwoNearest | null {
  const cluster = new TwoNearest(size);
  cluster.add(0, 0, 0);
  if (size > 1) {
    const distance = draw(laws.nearest, random);
    const [x, y, z] = randomDirection(random);
    cluster.add(distance * x, distance * y, distance * z);
  }
  while (cluster.size < size) {
    const place = findPlace(cluster, laws, random);
    if (place === null) return null;
    cluster.add(...place);
  }
  return cluster;
}

function findPlace(cluster: TwoNearest, laws: BondLengthLaws, random: Random): Vector | null {
  const reach = neighborReach(laws);
  for (let attempt = 0; attempt < DRAWS; attempt++) {
    const [t1, t2] = drawOrdered(laws, random);
    let best: Vector | null = null;
    let most = -1;
    let found = 0;
    for (let trial = 0; trial < PLACES && found < CANDIDATES; trial++) {
      const place = tryPlace(cluster, t1, t2, reach, random);
      if (place === null) continue;
      found++;
      const neighbors = countWithin(cluster, place, reach);
      if (neighbors > most) {
        best = place;
        most = neighbors;
      }
    }
    if (best !== null) return best;
  }
  return null;
}

function drawOrdered(laws: BondLengthLaws, random: Random): readonly [number, number] {
  for (;;) {
    const t1 = draw(laws.nearest, random);
    const t2 = draw(laws.nextNearest, random);
    if (t1 <= t2) return [t1, t2];
  }
}

/** A random place at the distance t1 from one atom and t2 from another; null if there is none, or a third atom is nearer. */
function tryPlace(cluster: TwoNearest, t1: number, t2: number, reach: number, random: Random): Vector | null {
  const { positions: p, size } = cluster;
  const a = random.integer(size);
  const b = random.integer(size);
  if (a === b) return null;
  const [ax, ay, az] = [p[3 * a], p[3 * a + 1], p[3 * a + 2]];
  const separation = cluster.distance(b, ax, ay, az);
  if (separation > PAIR_REACH * reach) return null;
  // the circle around the axis ab: its centre lies `along` from a, its radius is that of a triangle of the three sides
  const along = (separation * separation + t1 * t1 - t2 * t2) / (2 * separation);
  const square = t1 * t1 - along * along;
  if (square <= 0) return null;
  const axis: Vector = [
    (p[3 * b] - ax) / separation,
    (p[3 * b + 1] - ay) / separation,
    (p[3 * b + 2] - az) / separation,
  ];
  const [wx, wy, wz] = randomDirectionAcross(axis, random);
  const radius = Math.sqrt(square);
  const x = ax + along * axis[0] + radius * wx;
  const y = ay + along * axis[1] + radius * wy;
  const z = az + along * axis[2] + radius * wz;
  for (let third = 0; third < size; third++) {
    if (third !== a && third !== b && cluster.distance(third, x, y, z) < t2) return null;
  }
  return [x, y, z];
}

function countWithin(cluster: TwoNearest, [x, y, z]: Vector, reach: number): number {
  let count = 0;
  for (let atom = 0; atom < cluster.size; atom++) if (cluster.distance(atom, x, y, z) <= reach) count++;
  return count;
}
