import { Curvature } from './curvature.ts';
import { type Objective, type Point, searchLine } from './line-search.ts';
import { longestGroup } from './vectors.ts';

export interface MinimiserOptions {
  /** Variables that belong together, such as the 3 coordinates of an atom; divides their number. */
  readonly groupSize: number;
  /** Converged when the gradient of no group is longer. */
  readonly gradientTolerance: number;
  /** No group moves farther in one step. */
  readonly longestStep: number;
  readonly mostSteps: number;
}

export interface Minimum extends Readonly<Point> {
  /** Norm of the gradient of the group where it is longest. */
  readonly longestGradient: number;
  readonly steps: number;
  /** `noProgress`: no step leads down any more, because of rounding or because the function is not smooth there. */
  readonly outcome: 'converged' | 'tooManySteps' | 'noProgress';
}

/**
 * A local minimum of a smooth function by the limited-memory BFGS method. It ends after `mostSteps` steps, of at most 60
 * evaluations each, whatever the function does. Only + - x / and sqrt are used, so that the same function gives the same
 * bits on every machine.
 *
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.5.
 *
 * @param start copied
 */
export function minimise(objective: Objective, start: Float64Array, options: MinimiserOptions): Minimum {
  const { groupSize, gradientTolerance, longestStep, mostSteps } = options;
  const direction = new Float64Array(start.length);
  const curvature = new Curvature(start.length);
  let next = pointAt(objective, start);
  let here = pointAt(objective, start);

  const step = (longestGradient: number): boolean => {
    do {
      curvature.direction(here.gradient, direction);
      const longest = longestStep / longestGroup(direction, groupSize);
      const first = Math.min(longest, curvature.isEmpty ? Math.min(1, 1 / longestGradient) : 1);
      if (searchLine(objective, here, direction, first, longest, next)) return true;
    } while (curvature.forget());
    return false;
  };

  for (let steps = 0; ; steps++) {
    const longestGradient = longestGroup(here.gradient, groupSize);
    const end = (outcome: Minimum['outcome']): Minimum => ({ ...here, longestGradient, steps, outcome });
    if (longestGradient <= gradientTolerance) return end('converged');
    if (steps >= mostSteps) return end('tooManySteps');
    if (!step(longestGradient)) return end('noProgress');
    curvature.learn(here, next);
    [here, next] = [next, here];
  }
}

function pointAt(objective: Objective, start: Float64Array): Point {
  const x = Float64Array.from(start);
  const gradient = new Float64Array(start.length);
  return { x, gradient, value: objective(x, gradient) };
}
