import type { Point } from './line-search.ts';
import { add, dot } from './vectors.ts';

/** Steps that are remembered. */
const MEMORY = 10;
/** A step counts only if its curvature is positive beyond rounding: s·y > this x |s| |y|. */
const LEAST_CURVATURE = 1e-10;

/** A step s with the change of gradient y along it. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  inverseProduct: number;
  weight: number;
}

/** The inverse Hessian as far as the last ten steps tell it (limited-memory BFGS). */
export class Curvature {
  /** Oldest first; pairs that are forgotten wait in `spare` to be used again. */
  private readonly pairs: Pair[] = [];
  private readonly spare: Pair[];

  constructor(length: number) {
    this.spare = Array.from({ length: MEMORY }, () => ({
      s: new Float64Array(length),
      y: new Float64Array(length),
      inverseProduct: 0,
      weight: 0,
    }));
  }

  get isEmpty(): boolean {
    return this.pairs.length === 0;
  }

  /** Forgets all steps; false if there were none. */
  forget(): boolean {
    if (this.isEmpty) return false;
    this.spare.push(...this.pairs.splice(0));
    return true;
  }

  /** Remembers the step between two points, unless the function is not convex along it. */
  learn(from: Point, to: Point): void {
    const pair = this.spare.pop() ?? (this.pairs.shift() as Pair);
    const { s, y } = pair;
    for (let i = 0; i < s.length; i++) {
      s[i] = to.x[i] - from.x[i];
      y[i] = to.gradient[i] - from.gradient[i];
    }
    const product = dot(s, y);
    if (product > LEAST_CURVATURE * Math.sqrt(dot(s, s) * dot(y, y))) {
      pair.inverseProduct = 1 / product;
      this.pairs.push(pair);
    } else {
      this.spare.push(pair);
    }
  }

  /**
   * Writes minus the inverse Hessian times the gradient into `direction`; the plain downhill direction if nothing is known.
   *
   * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4 and eq. 7.20.
   */
  direction(gradient: Float64Array, direction: Float64Array): void {
    for (let i = 0; i < gradient.length; i++) direction[i] = -gradient[i];
    for (let k = this.pairs.length - 1; k >= 0; k--) {
      const pair = this.pairs[k];
      pair.weight = pair.inverseProduct * dot(pair.s, direction);
      add(direction, -pair.weight, pair.y);
    }
    const newest = this.pairs.at(-1);
    if (newest !== undefined) {
      const scale = 1 / (newest.inverseProduct * dot(newest.y, newest.y));
      for (let i = 0; i < direction.length; i++) direction[i] *= scale;
    }
    for (const pair of this.pairs) {
      add(direction, pair.weight - pair.inverseProduct * dot(pair.y, direction), pair.s);
    }
  }
}
