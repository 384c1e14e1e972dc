import type { Axis } from './axes.ts';

export type Point = readonly [x: number, y: number];

/** Points of a picture are told apart down to this many pixels. */
const CELL = 0.5;
/** Density is counted in squares of so many cells on a side, each with its neighbours. */
const SQUARE_CELLS = 4;
/** From so many points on a picture shows their density. */
export const MANY_POINTS = 1000;
/** From these shares of the fullest square on, points are among many, and among most. */
const DENSE = [0.1, 0.4];

/** How a caption explains the points of so many atoms. */
export function anAtomAPoint(atoms: number): string {
  return atoms < MANY_POINTS ? 'an atom a point' : 'an atom a point, in three shades by how dense they lie';
}

/** Pairs of two columns. */
export function pointsOf(x: ArrayLike<number>, y: ArrayLike<number>): Point[] {
  return Array.from(x, (value, i) => [value, y[i]]);
}

/**
 * Points as they are seen, without those outside of the axes: those that fall on the same half pixel of a panel become one, so
 * that a picture of many atoms stays small and looks the same. In three parts, from those that lie sparse to those that lie
 * densest.
 */
export function distinctPoints(
  points: readonly Point[],
  x: Axis,
  y: Axis,
  width: number,
  height: number,
): readonly (readonly Point[])[] {
  const columns = Math.ceil(width / CELL);
  const rows = Math.ceil(height / CELL);
  const seen = new Uint8Array((columns + 1) * (rows + 1));
  const squares = Math.ceil((columns + 1) / SQUARE_CELLS);
  const counts = new Uint32Array(squares * Math.ceil((rows + 1) / SQUARE_CELLS));
  const distinct: { readonly point: Point; readonly square: number }[] = [];
  for (const [px, py] of points) {
    const column = Math.round(((px - x.min) / (x.max - x.min)) * columns);
    const row = Math.round(((py - y.min) / (y.max - y.min)) * rows);
    if (!(column >= 0 && column <= columns && row >= 0 && row <= rows)) continue;
    const square = Math.floor(row / SQUARE_CELLS) * squares + Math.floor(column / SQUARE_CELLS);
    counts[square] += 1;
    const cell = row * (columns + 1) + column;
    if (seen[cell] !== 0) continue;
    seen[cell] = 1;
    const point: Point = [x.min + (column / columns) * (x.max - x.min), y.min + (row / rows) * (y.max - y.min)];
    distinct.push({ point, square });
  }
  const densities = smoothed(counts, squares);
  const most = densities.reduce((a, b) => Math.max(a, b), 0);
  const parts: Point[][] = [[], [], []];
  for (const { point, square } of distinct) {
    parts[DENSE.filter((share) => densities[square] >= share * most).length].push(point);
  }
  return parts;
}

/** The sum over each square and those around it, of rows of so many. */
function smoothed(counts: Uint32Array, width: number): Float64Array {
  return Float64Array.from(counts, (_, i) => {
    const column = i % width;
    let sum = 0;
    for (let below = i - width; below <= i + width; below += width) {
      for (let k = column === 0 ? 0 : -1; k <= (column === width - 1 ? 0 : 1); k++) sum += counts[below + k] ?? 0;
    }
    return sum;
  });
}
