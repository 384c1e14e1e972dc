import type { Axis } from './axes.ts';

export type Point = readonly [x: number, y: number];

/** Points of a picture are told apart down to this many pixels. */
const CELL = 0.5;

/** Pairs of two columns. */
export function pointsOf(x: ArrayLike<number>, y: ArrayLike<number>): Point[] {
  return Array.from(x, (value, i) => [value, y[i]]);
}

/**
 * Points as they are seen: those that fall on the same half pixel of a panel become one, so that a picture of many atoms stays
 * small and looks the same.
 */
export function distinctPoints(points: readonly Point[], x: Axis, y: Axis, width: number, height: number): Point[] {
  const columns = Math.ceil(width / CELL);
  const rows = Math.ceil(height / CELL);
  const seen = new Uint8Array((columns + 1) * (rows + 1));
  const distinct: Point[] = [];
  for (const [px, py] of points) {
    const column = Math.round(((px - x.min) / (x.max - x.min)) * columns);
    const row = Math.round(((py - y.min) / (y.max - y.min)) * rows);
    const cell = row * (columns + 1) + column;
    if (seen[cell] !== 0) continue;
    seen[cell] = 1;
    distinct.push([x.min + (column / columns) * (x.max - x.min), y.min + (row / rows) * (y.max - y.min)]);
  }
  return distinct;
}
