import { dot } from './vectors.ts';

/** Part of the promised decrease that a step must bring. */
const SUFFICIENT_DECREASE = 1e-4;
/** Part of the slope at the start that may be left at the end. */
const SLOPE_LEFT = 0.9;
/** Differences of values below this part of the value are rounding. */
const ROUNDING = 1e-12;
const MOST_TRIALS = 30;

/** The value at `x`; writes the gradient, of the same length, into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** A place with its value and gradient. */
export interface Point {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  value: number;
}

/** A length along the direction, and the slope there. */
interface Trial {
  readonly step: number;
  readonly slope: number;
}

/**
 * A step along a downhill direction that satisfies Wolfe's conditions (sufficient decrease, and a slope no more than 0.9
 * times as steep), or the longest step where it still goes down steeply there. Where the decrease drowns in rounding, the
 * slope stands for it (approximate Wolfe conditions). Returns false if the direction does not lead down or 30 trials found
 * no such step. A place where value or slope is not finite counts as too far.
 *
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., eq. 3.6; Hager and Zhang, SIAM J. Optim. 16, 170 (2005),
 * eq. 22-27.
 *
 * @param first the first step to try, in lengths of `direction`; at most `longest`
 * @param to receives the place, the value and the gradient at the end
 */
export function searchLine(
  objective: Objective,
  from: Point,
  direction: Float64Array,
  first: number,
  longest: number,
  to: Point,
): boolean {
  const slopeAtStart = dot(from.gradient, direction);
  if (!(slopeAtStart < 0)) return false;
  const rounding = ROUNDING * Math.abs(from.value);
  let short: Trial = { step: 0, slope: slopeAtStart };
  let long: Trial | null = null;
  let step = first;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    for (let i = 0; i < direction.length; i++) to.x[i] = from.x[i] + step * direction[i];
    to.value = objective(to.x, to.gradient);
    const slope = dot(to.gradient, direction);
    const isLower =
      to.value <= from.value + SUFFICIENT_DECREASE * step * slopeAtStart ||
      (to.value <= from.value + rounding && slope <= (2 * SUFFICIENT_DECREASE - 1) * slopeAtStart);
    if (!isLower || !Number.isFinite(slope)) {
      long = { step, slope };
    } else if (slope >= SLOPE_LEFT * slopeAtStart || step >= longest) {
      return true;
    } else {
      short = { step, slope };
    }
    step = long === null ? Math.min(longest, 3 * step) : between(short, long);
  }
  return false;
}

/** Where a straight line through the slopes is zero, if they say that a minimum is between; else the middle. */
function between(short: Trial, long: Trial): number {
  const part = long.slope > 0 ? short.slope / (short.slope - long.slope) : 0.5;
  return short.step + Math.min(0.9, Math.max(0.1, part)) * (long.step - short.step);
}
