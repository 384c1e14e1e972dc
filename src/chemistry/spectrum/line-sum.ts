import type { Kernel } from './lineshapes.ts';

/** So few lines are summed one by one. */
const SUMMED_ONE_BY_ONE = 512;
const LINES_OF_A_LEAF = 28;

/** Chebyshev points of the first kind on [-1, 1], and their barycentric weights. */
const NODES = 14;
const ANGLES = Array.from({ length: NODES }, (_, k) => ((2 * k + 1) * Math.PI) / (2 * NODES));
const POINTS = Float64Array.from(ANGLES, Math.cos);
const BARYCENTRIC = Float64Array.from(ANGLES, (angle, k) => (k % 2 === 0 ? 1 : -1) * Math.sin(angle));

/** Lines between two positions, and what stands for them where the kernel is smooth. */
interface Cell {
  readonly centre: number;
  readonly halfWidth: number;
  /** Lines from..to of the sorted ones. */
  readonly from: number;
  readonly to: number;
  /** Weights at the Chebyshev points, with the same sum over any smooth kernel; null for a few lines. */
  readonly weights: Float64Array | null;
  readonly children: readonly Cell[];
}

/**
 * Σ kernel(x - line) over all lines, for every x. Up to 512 lines are summed one by one. More go into a tree of intervals, where
 * an interval over which the kernel is smooth counts as 14 weighted Chebyshev points: time grows with lines plus points, not with
 * their product, and far tails count in full. The result then differs by less than 1e-8 of the highest value that there is.
 */
export function sumOfLines(kernel: Kernel, lines: ArrayLike<number>, positions: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(lines).sort();
  if (sorted.length <= SUMMED_ONE_BY_ONE) {
    return Float64Array.from(positions, (x) => directSum(kernel, sorted, 0, sorted.length, x));
  }
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  const halfWidth = Math.max((last - first) / 2, kernel.smoothOver);
  const root = cellOf(kernel, sorted, 0, sorted.length, (first + last) / 2, halfWidth);
  return Float64Array.from(positions, (x) => cellSum(kernel, sorted, root, x));
}

function directSum(kernel: Kernel, lines: Float64Array, from: number, to: number, x: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += kernel.at(x - lines[i]);
  return sum;
}

function cellSum(kernel: Kernel, lines: Float64Array, cell: Cell, x: number): number {
  const distance = Math.abs(x - cell.centre);
  if (distance - cell.halfWidth > kernel.reach) return 0;
  const { weights, centre, halfWidth } = cell;
  if (weights === null) return directSum(kernel, lines, cell.from, cell.to, x);
  let sum = 0;
  if (kernel.isSmooth(halfWidth, distance)) {
    for (let k = 0; k < NODES; k++) sum += weights[k] * kernel.at(x - centre - halfWidth * POINTS[k]);
  } else {
    for (const child of cell.children) sum += cellSum(kernel, lines, child, x);
  }
  return sum;
}

function cellOf(
  kernel: Kernel,
  lines: Float64Array,
  from: number,
  to: number,
  centre: number,
  halfWidth: number,
): Cell {
  if (to - from <= LINES_OF_A_LEAF) return { centre, halfWidth, from, to, weights: null, children: [] };
  const weights = new Float64Array(NODES);
  const children: Cell[] = [];
  if (halfWidth <= kernel.smoothOver) {
    for (let i = from; i < to; i++) spread(weights, (lines[i] - centre) / halfWidth, 1);
    return { centre, halfWidth, from, to, weights, children };
  }
  const middle = firstAtLeast(lines, from, to, centre);
  const quarter = halfWidth / 2;
  if (middle > from) children.push(cellOf(kernel, lines, from, middle, centre - quarter, quarter));
  if (middle < to) children.push(cellOf(kernel, lines, middle, to, centre + quarter, quarter));
  for (const child of children) {
    if (child.weights === null) {
      for (let i = child.from; i < child.to; i++) spread(weights, (lines[i] - centre) / halfWidth, 1);
    } else {
      const offset = (child.centre - centre) / halfWidth;
      child.weights.forEach((weight, k) => {
        spread(weights, offset + POINTS[k] / 2, weight);
      });
    }
  }
  return { centre, halfWidth, from, to, weights, children };
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

function firstAtLeast(lines: Float64Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
