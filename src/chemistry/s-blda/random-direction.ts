import type { Random } from '../../random.ts';

export type Vector = readonly [number, number, number];

/** Directions shorter than this within the unit ball lose digits when they are stretched. */
const SHORTEST = 1e-3;

/** A unit vector, every direction equally likely: a point of the unit ball, stretched. */
export function randomDirection(random: Random): Vector {
  for (;;) {
    const direction = unit(pointOfBall(random));
    if (direction !== null) return direction;
  }
}

/** A unit vector across a unit vector, every angle equally likely: a point of the unit ball without its part along the axis. */
export function randomDirectionAcross([ux, uy, uz]: Vector, random: Random): Vector {
  for (;;) {
    const [x, y, z] = pointOfBall(random);
    const along = x * ux + y * uy + z * uz;
    const direction = unit([x - along * ux, y - along * uy, z - along * uz]);
    if (direction !== null) return direction;
  }
}

function pointOfBall(random: Random): Vector {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const z = 2 * random.uniform() - 1;
    if (x * x + y * y + z * z <= 1) return [x, y, z];
  }
}

function unit([x, y, z]: Vector): Vector | null {
  const length = Math.sqrt(x * x + y * y + z * z);
  return length < SHORTEST ? null : [x / length, y / length, z / length];
}
