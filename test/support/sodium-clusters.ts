import { generateCluster } from '../../src/chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import { lowestMultiplicity, type Structure } from '../../src/chemistry/structure.ts';
import type { Random } from '../../src/random.ts';

/** A neutral sodium cluster at these positions (Å, [atoms, 3] row-major). */
export function sodiumCluster(positions: ArrayLike<number>): Structure {
  const atomicNumbers = Array.from({ length: positions.length / 3 }, () => 11);
  return {
    atomicNumbers,
    positionsAngstrom: Float64Array.from(positions),
    charge: 0,
    multiplicity: lowestMultiplicity(atomicNumbers, 0),
  };
}

/** A random cluster by S-BLDA, the same bytes everywhere. */
export function generatedCluster(size: number, random: Random): Structure {
  const seed = random.integer(2 ** 32);
  return generateCluster({ element: 'Na', sizes: [size], clustersPerSize: 1, laws: PAPER_LAWS, seed }, 0).structure;
}

/** Atoms anywhere in a box, none nearer than 2.6 Å to another: steeper forces than a grown cluster has. */
export function scatteredCluster(size: number, random: Random): Structure {
  const edge = 4 * Math.cbrt(size);
  const atoms: number[][] = [];
  while (atoms.length < size) {
    const place = [0, 0, 0].map(() => edge * random.uniform());
    if (atoms.every((atom) => distance(atom, place) > 2.6)) atoms.push(place);
  }
  return sodiumCluster(atoms.flat());
}

/** Na13: an atom with an icosahedron of twelve around it. */
export function icosahedron(edgeAngstrom: number): Structure {
  return shell((1 + Math.sqrt(5)) / 2, edgeAngstrom / 2);
}

/** Na13: an atom with a cuboctahedron of twelve around it. */
export function cuboctahedron(edgeAngstrom: number): Structure {
  return shell(1, edgeAngstrom / Math.SQRT2);
}

/** The positions, each coordinate moved by at most `amplitudeAngstrom`. */
export function shaken({ positionsAngstrom }: Structure, amplitudeAngstrom: number, random: Random): Structure {
  return sodiumCluster(positionsAngstrom.map((x) => x + amplitudeAngstrom * (2 * random.uniform() - 1)));
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [dx, dy, dz] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/** Position of an atom, as a view. */
export function atomAt(positions: Float64Array, atom: number): Float64Array {
  return positions.subarray(3 * atom, 3 * atom + 3);
}

/** The middle and the cyclic permutations of (0, ±1, ±long). */
function shell(long: number, scale: number): Structure {
  const corners = [-1, 1].flatMap((s) => [-1, 1].map((t) => [0, s * scale, t * long * scale]));
  const turned = corners.flatMap(([x, y, z]) => [
    [x, y, z],
    [z, x, y],
    [y, z, x],
  ]);
  return sodiumCluster([[0, 0, 0], ...turned].flat());
}
