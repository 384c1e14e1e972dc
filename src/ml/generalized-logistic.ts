import { exponential, exponentialMinusOne } from '../exact/exponential.ts';
import { logarithm, logarithmOfOnePlus } from '../exact/logarithm.ts';
import { mean, standardDeviation } from './statistics.ts';

/**
 * Generalised logistic distribution of type I (scipy's `genlogistic`): F(y) = (1 + exp(-u))^-c, u = (y - location) / scale.
 * A shape c below 1 is skewed to the left.
 */
export interface GeneralizedLogistic {
  /** c, above 0. */
  readonly shape: number;
  /** In the unit of y. */
  readonly location: number;
  /** In the unit of y, above 0. */
  readonly scale: number;
}

/** Below this, log(expm1(x)), log(-expm1(-x)) and log(x) are the same double when they are functions of log x. */
const NEGLIGIBLE_LOG = -37;

/** log(1 + exp(x)) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + logarithmOfOnePlus(exponential(-x)) : logarithmOfOnePlus(exponential(x));
}

/** log F(y): finite for every finite y. */
export function logCdf({ shape, location, scale }: GeneralizedLogistic, y: number): number {
  return -shape * softplus((location - y) / scale);
}

/** log(1 - F(y)): finite for every finite y. */
export function logSurvival(distribution: GeneralizedLogistic, y: number): number {
  const { shape, location, scale } = distribution;
  const u = (y - location) / scale;
  if (u > -NEGLIGIBLE_LOG) {
    const logMinusLogF = logarithm(shape) - u;
    return logMinusLogF < NEGLIGIBLE_LOG ? logMinusLogF : logarithm(-exponentialMinusOne(-exponential(logMinusLogF)));
  }
  return logarithm(-exponentialMinusOne(logCdf(distribution, y)));
}

/** F(y). */
export function cdf(distribution: GeneralizedLogistic, y: number): number {
  return exponential(logCdf(distribution, y));
}

/** Density c exp(-u) (1 + exp(-u))^(-c-1) / scale, per unit of y. */
export function density({ shape, location, scale }: GeneralizedLogistic, y: number): number {
  const u = (y - location) / scale;
  return (shape / scale) * exponential(-u - (shape + 1) * softplus(-u));
}

/** The y with log F(y) = logF. */
export function quantileOfLogCdf({ shape, location, scale }: GeneralizedLogistic, logF: number): number {
  const s = -logF / shape;
  // log(exp(s) - 1), the side chosen so that nothing overflows
  const minusU = s > 1 ? s + logarithmOfOnePlus(-exponential(-s)) : logarithm(exponentialMinusOne(s));
  return location - scale * minusU;
}

/** The y with log(1 - F(y)) = logS. */
export function quantileOfLogSurvival(distribution: GeneralizedLogistic, logS: number): number {
  const { shape, location, scale } = distribution;
  const logMinusLogF = logS < NEGLIGIBLE_LOG ? logS : logarithm(-logarithmOfOnePlus(-exponential(logS)));
  const logSoftplus = logMinusLogF - logarithm(shape);
  if (logSoftplus < NEGLIGIBLE_LOG) {
    return location - scale * logSoftplus;
  }
  return quantileOfLogCdf(distribution, -shape * exponential(logSoftplus));
}

/** Sum of log densities of the values. */
export function logLikelihood({ shape, location, scale }: GeneralizedLogistic, values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const u = (values[i] - location) / scale;
    total -= u + (shape + 1) * softplus(-u);
  }
  return total + values.length * logarithm(shape / scale);
}

/** Parameters of the search, on standardised values: mode, log scale, log shape. The mode is location + scale log shape. */
type Point = readonly [mode: number, logScale: number, logShape: number];

// beyond these the likelihood no longer changes: the distribution has become a Gumbel or a one-sided exponential one
const LARGEST_LOG = 30;

/**
 * Maximum-likelihood fit. Quasi-Newton (BFGS) ascent in (mode, log scale, log shape), in which the three parameters are
 * far less correlated than as they stand, from three starting shapes; the best end is taken. Needs at least two different
 * finite values.
 */
export function fitGeneralizedLogistic(values: ArrayLike<number>): GeneralizedLogistic {
  const centre = mean(values);
  const spread = standardDeviation(values);
  const x = Float64Array.from(values, (value) => (value - centre) / spread);
  let best: Point = [0, 0, 0];
  let highest = Number.NEGATIVE_INFINITY;
  for (const start of [
    [0.4, -1.5, -2],
    [0, -0.6, 0],
    [-0.4, -0.3, 2],
  ] as const) {
    const end = ascend(x, start);
    if (end.value > highest) {
      highest = end.value;
      best = end.point;
    }
  }
  const { shape, location, scale } = distributionAt(best);
  return { shape, location: centre + spread * location, scale: spread * scale };
}

function distributionAt([mode, logScale, logShape]: Point): GeneralizedLogistic {
  const scale = exponential(logScale);
  return { shape: exponential(logShape), location: mode - scale * logShape, scale };
}

interface Evaluation {
  readonly point: Point;
  /** Mean log density. */
  readonly value: number;
  readonly gradient: readonly number[];
}

function evaluate(x: Float64Array, point: Point): Evaluation {
  const [, logScale, logShape] = point;
  if (!(Math.abs(logScale) < LARGEST_LOG && Math.abs(logShape) < LARGEST_LOG)) {
    return { point, value: Number.NEGATIVE_INFINITY, gradient: [0, 0, 0] };
  }
  const { shape, location, scale } = distributionAt(point);
  let sumSoftplus = 0;
  let sumU = 0;
  let sumSlope = 0;
  let sumSlopeU = 0;
  for (const value of x) {
    const u = (value - location) / scale;
    const e = exponential(-Math.abs(u));
    const log = logarithmOfOnePlus(e);
    sumSoftplus += u < 0 ? log - u : log;
    sumU += u;
    const slope = ((shape + 1) * (u < 0 ? 1 : e)) / (1 + e) - 1;
    sumSlope += slope;
    sumSlopeU += slope * u;
  }
  const n = x.length;
  const byLocation = -sumSlope / n / scale;
  return {
    point,
    value: logShape - logScale - sumU / n - ((shape + 1) * sumSoftplus) / n,
    gradient: [
      byLocation,
      -1 - sumSlopeU / n - byLocation * scale * logShape,
      1 - (shape * sumSoftplus) / n - byLocation * scale,
    ],
  };
}

function ascend(x: Float64Array, start: Point): Evaluation {
  let current = evaluate(x, start);
  let inverse = identity();
  for (let iteration = 0; iteration < 300; iteration++) {
    let direction = inverse.map((row) => dot(row, current.gradient));
    if (!(dot(direction, current.gradient) > 0)) {
      inverse = identity();
      direction = [...current.gradient];
    }
    const next = lineSearch(x, current, direction);
    if (next === null) {
      break;
    }
    inverse = updatedInverse(inverse, current, next);
    const gain = next.value - current.value;
    current = next;
    if (gain <= 1e-15 * Math.max(1, Math.abs(current.value)) || length(current.gradient) < 1e-12) {
      break;
    }
  }
  return current;
}

/** The first of the steps 1, 1/2, 1/4, ... along the direction that gains enough, or null if none does. */
function lineSearch(x: Float64Array, from: Evaluation, direction: readonly number[]): Evaluation | null {
  const slope = dot(direction, from.gradient);
  // one step never moves a parameter by more than 2, so that an early bad curvature cannot throw the search away
  const first = Math.min(1, 2 / Math.max(...direction.map(Math.abs)));
  for (let step = first; step > 1e-12; step /= 2) {
    const [a, b, c] = from.point.map((value, k) => value + step * direction[k]);
    const next = evaluate(x, [a, b, c]);
    if (next.value > from.value && next.value >= from.value + 1e-4 * step * slope) {
      return next;
    }
  }
  return null;
}

/** BFGS update of the inverse Hessian of the negated objective. */
function updatedInverse(inverse: number[][], from: Evaluation, to: Evaluation): number[][] {
  const s = to.point.map((value, k) => value - from.point[k]);
  const y = from.gradient.map((value, k) => value - to.gradient[k]);
  const sy = dot(s, y);
  if (!(sy > 1e-14 * length(s) * length(y))) {
    return inverse;
  }
  const hy = inverse.map((row) => dot(row, y));
  const factor = (1 + dot(y, hy) / sy) / sy;
  return inverse.map((row, i) =>
    row.map((value, j) => value + factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy),
  );
}

function identity(): number[][] {
  return [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
}

function length(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, k) => total + value * b[k], 0);
}
