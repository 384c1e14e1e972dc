import { setImmediate } from 'node:timers/promises';
import type { Kernel } from './lineshapes.ts';

/** So few lines are summed one by one. */
const SUMMED_ONE_BY_ONE = 512;
const LINES_OF_A_LEAF = 28;
/** About a millisecond: other work of the process waits no longer. */
const KERNELS_IN_A_ROW = 50_000;
const CELLS_IN_A_ROW = 500;

/** Chebyshev points of the first kind on [-1, 1], and their barycentric weights. */
const NODES = 14;
const ANGLES = Array.from({ length: NODES }, (_, k) => ((2 * k + 1) * Math.PI) / (2 * NODES));
const POINTS = Float64Array.from(ANGLES, Math.cos);
const BARYCENTRIC = Float64Array.from(ANGLES, (angle, k) => (k % 2 === 0 ? 1 : -1) * Math.sin(angle));

/** Neighbouring lines, from the first of them to the last. */
interface Cell {
  readonly centre: number;
  readonly halfWidth: number;
  /** Lines from..to of the sorted ones. */
  readonly from: number;
  readonly to: number;
  /** Null for a few lines, which are summed one by one. */
  readonly parts: Parts | null;
}

interface Parts {
  readonly halves: readonly [Cell, Cell];
  /** Weights at the Chebyshev points, with the same sum as the lines over any smooth kernel. */
  readonly weights: Float64Array;
}

/**
 * Σ kernel(x - line) over all lines, for every x. Up to 512 lines are summed one by one. More go into a tree of intervals, where
 * an interval over which the kernel is smooth counts as 14 weighted Chebyshev points: time grows with lines plus points, not with
 * their product, and far tails count in full. The result then differs by less than 1e-8 of the highest value that there is. A long
 * sum lets other work of the process run in between.
 */
export async function sumOfLines(
  kernel: Kernel,
  lines: ArrayLike<number>,
  positions: ArrayLike<number>,
): Promise<Float64Array> {
  const sorted = Float64Array.from(lines).sort();
  const isDirect = sorted.length <= SUMMED_ONE_BY_ONE;
  const root = isDirect ? leafOf(sorted, 0, sorted.length) : await treeOf(sorted);
  const pointsInARow = Math.ceil(KERNELS_IN_A_ROW / Math.min(sorted.length, SUMMED_ONE_BY_ONE));
  const sums = new Float64Array(positions.length);
  for (let k = 0; k < sums.length; k++) {
    if (k > 0 && k % pointsInARow === 0) await setImmediate();
    const x = positions[k];
    sums[k] = isDirect ? directSum(kernel, sorted, root, x) : cellSum(kernel, sorted, root, x);
  }
  return sums;
}

function directSum(kernel: Kernel, lines: Float64Array, { from, to }: Cell, x: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += kernel.at(x - lines[i]);
  return sum;
}

function cellSum(kernel: Kernel, lines: Float64Array, cell: Cell, x: number): number {
  const { centre, halfWidth, from, to, parts } = cell;
  if (lines[from] - x > kernel.reach || x - lines[to - 1] > kernel.reach) return 0;
  if (parts === null) return directSum(kernel, lines, cell, x);
  const { halves, weights } = parts;
  if (!kernel.isSmooth(halfWidth, Math.abs(x - centre))) {
    return cellSum(kernel, lines, halves[0], x) + cellSum(kernel, lines, halves[1], x);
  }
  let sum = 0;
  for (let k = 0; k < NODES; k++) sum += weights[k] * kernel.at(x - centre - halfWidth * POINTS[k]);
  return sum;
}

/** Joins neighbours two by two until one is left. */
async function treeOf(lines: Float64Array): Promise<Cell> {
  let cells: Cell[] = [];
  for (let from = 0; from < lines.length; from += LINES_OF_A_LEAF) {
    cells.push(leafOf(lines, from, Math.min(from + LINES_OF_A_LEAF, lines.length)));
  }
  while (cells.length > 1) {
    const joined: Cell[] = [];
    for (let i = 0; i < cells.length; i += 2) {
      if (i > 0 && i % CELLS_IN_A_ROW === 0) await setImmediate();
      joined.push(i + 1 < cells.length ? joinedCell(lines, cells[i], cells[i + 1]) : cells[i]);
    }
    cells = joined;
  }
  return cells[0];
}

function leafOf(lines: Float64Array, from: number, to: number): Cell {
  return { ...extentOf(lines, from, to), from, to, parts: null };
}

function joinedCell(lines: Float64Array, left: Cell, right: Cell): Cell {
  const { centre, halfWidth } = extentOf(lines, left.from, right.to);
  const weights = new Float64Array(NODES);
  const add = (position: number, weight: number) => {
    // rounding may put it just outside, or anywhere if the lines are as near as neighbouring doubles
    const t = halfWidth === 0 ? 0 : (position - centre) / halfWidth;
    spread(weights, Math.min(1, Math.max(-1, t)), weight);
  };
  for (const half of [left, right]) {
    if (half.parts === null) {
      for (let i = half.from; i < half.to; i++) add(lines[i], 1);
    } else {
      for (let k = 0; k < NODES; k++) add(half.centre + half.halfWidth * POINTS[k], half.parts.weights[k]);
    }
  }
  return { centre, halfWidth, from: left.from, to: right.to, parts: { halves: [left, right], weights } };
}

function extentOf(lines: Float64Array, from: number, to: number) {
  const first = lines[from];
  const last = lines[to - 1];
  return { centre: (first + last) / 2, halfWidth: (last - first) / 2 };
}

/** Adds `weight` times the Lagrange polynomials at `t`, from -1 to 1: a source at `t` becomes sources at the points. */
function spread(weights: Float64Array, t: number, weight: number): void {
  let sum = 0;
  for (let k = 0; k < NODES; k++) {
    if (t === POINTS[k]) {
      weights[k] += weight;
      return;
    }
    sum += BARYCENTRIC[k] / (t - POINTS[k]);
  }
  for (let k = 0; k < NODES; k++) weights[k] += (weight * BARYCENTRIC[k]) / (t - POINTS[k]) / sum;
}
