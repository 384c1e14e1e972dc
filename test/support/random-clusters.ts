import type { Structure } from '../../src/chemistry/structure.ts';
import { lowestMultiplicity } from '../../src/chemistry/structure.ts';
import type { Random } from '../../src/random.ts';

export function structureOf(atomicNumbers: readonly number[], positions: ArrayLike<number>, charge = 0): Structure {
  return {
    atomicNumbers,
    positionsAngstrom: Float64Array.from(positions),
    charge,
    multiplicity: lowestMultiplicity(atomicNumbers, charge),
  };
}

/** Atoms in a ball with room for them, none nearer to another than 2.5 Å; elements in turn from the list. */
export function randomCluster(random: Random, size: number, elements: readonly number[]): Structure {
  const edge = 2 * (2 + 2.2 * Math.cbrt(size));
  const atoms: number[][] = [];
  while (atoms.length < size) {
    const atom = [0, 1, 2].map(() => edge * (random.uniform() - 0.5));
    if (atoms.every((other) => distance(atom, other) > 2.5)) atoms.push(atom);
  }
  return structureOf(
    atoms.map((_, k) => elements[k % elements.length]),
    atoms.flat(),
  );
}

/** The structure turned, perhaps mirrored, moved and with its atoms in another order, as far as doubles go. */
export function copyOf(structure: Structure, random: Random): Structure {
  const rotation = randomRotation(random);
  const mirror = random.integer(2) === 0 ? 1 : -1;
  const shift = [0, 1, 2].map(() => 10 * random.normal());
  const order = random.shuffle([...structure.atomicNumbers.keys()]);
  const p = structure.positionsAngstrom;
  return {
    ...structure,
    atomicNumbers: order.map((atom) => structure.atomicNumbers[atom]),
    positionsAngstrom: Float64Array.from(
      order.flatMap((atom) =>
        rotation.map((row, axis) => mirror * row.reduce((sum, x, k) => sum + x * p[3 * atom + k], 0) + shift[axis]),
      ),
    ),
  };
}

/** Every atom moved in a random direction by up to `farthest`, one of them by all of it. */
export function moved(structure: Structure, farthest: number, random: Random): Structure {
  const positions = structure.positionsAngstrom.slice();
  for (let atom = 0; atom < structure.atomicNumbers.length; atom++) {
    const direction = unit([0, 1, 2].map(() => random.normal()));
    const length = atom === 0 ? farthest : farthest * random.uniform();
    for (let axis = 0; axis < 3; axis++) positions[3 * atom + axis] += length * direction[axis];
  }
  return { ...structure, positionsAngstrom: positions };
}

export function rounded(structure: Structure, decimals: number): Structure {
  return { ...structure, positionsAngstrom: structure.positionsAngstrom.map((x) => Number(x.toFixed(decimals))) };
}

/** Rows of a random rotation matrix. */
export function randomRotation(random: Random): number[][] {
  const a = unit([0, 1, 2].map(() => random.normal()));
  const v = [0, 1, 2].map(() => random.normal());
  const along = v[0] * a[0] + v[1] * a[1] + v[2] * a[2];
  const b = unit(v.map((x, k) => x - along * a[k]));
  return [a, b, [0, 1, 2].map((k) => a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])];
}

function unit(v: readonly number[]): number[] {
  const length = Math.hypot(...v);
  return v.map((x) => x / length);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
