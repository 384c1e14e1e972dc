import type { Matrix } from '../matrix.ts';
import { ActiveFactor, DEPENDENT } from './active-factor.ts';

/**
 * How far a gradient may be beyond alpha before its variable enters: so little of alpha, but of the largest correlation between the
 * bounds, since less would be rounding.
 */
const ENTRY_TOLERANCE = 1e-8;
const LARGEST_ENTRY_TOLERANCE = 1e-13;
const SMALLEST_ENTRY_TOLERANCE = 1e-15;

/** The objective falls to a new depth if by more than this share of the square of the largest correlation. */
const SMALLEST_FALL = 1e-16;

/** How often in a row the gradient is computed anew and variables are found that still have to enter. */
const MOST_RENEWALS = 4;

/** Solves of the active equations without a change of the active set. */
const MOST_REFINEMENTS = 4;

/**
 * Minimises |t - Zw|^2 / (2n) + alpha |w|_1 by an active-set method (after Osborne, Presnell and Turlach, IMA J. Numer. Anal. 20, 389
 * (2000)): with the signs of the active weights fixed the problem is linear, so it steps to that solution or to the first weight that
 * reaches 0, which leaves; when the active equations hold, the variable with the largest gradient beyond alpha enters. The
 * objective falls at every step.
 *
 * Why not coordinate descent: neighbouring running coordination numbers are almost collinear, so that descent one coordinate at a
 * time takes thousands of sweeps, and says nothing exact in the end.
 *
 * A variable that depends linearly on the active ones (a duplicate column, fewer rows than columns) cannot join them. If
 * it would lower the objective, the weights move along the line on which the prediction does not change, until an active
 * one reaches 0 and makes room.
 *
 * Copies that differ by less than the factor can tell would change places for ever at a tiny alpha. So a variable takes the place of
 * another only if it can join those that are left, and is tried again only if the objective has fallen to a new depth since.
 */
export class ActiveSetSolver {
  /** As they are now; copy what has to stay. */
  readonly weights: Float64Array;
  /** Z^T (t - Zw) / n. */
  gradient: Float64Array;
  /** Variables that entered or left the active set, and solves of the active equations. */
  iterations = 0;

  private readonly factor: ActiveFactor;
  private readonly signs: Int8Array;
  private readonly baseWeights: Float64Array;
  private baseGradient: Float64Array;
  private readonly largestCorrelation: number;
  private readonly smallestFall: number;

  /**
   * @param gram Z^T Z / n
   * @param correlations Z^T t / n
   */
  constructor(
    private readonly gram: Matrix,
    correlations: Float64Array,
  ) {
    this.factor = new ActiveFactor(gram);
    this.weights = new Float64Array(gram.columns);
    this.signs = new Int8Array(gram.columns);
    this.baseWeights = new Float64Array(gram.columns);
    this.baseGradient = correlations;
    this.gradient = correlations.slice();
    this.largestCorrelation = correlations.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.smallestFall = SMALLEST_FALL * this.largestCorrelation * this.largestCorrelation;
  }

  /** Solves for an alpha from where it is: the solution for a larger one is near. */
  solve(alpha: number): void {
    this.iterations = 0;
    const size = this.largestCorrelation;
    const tolerance = Math.max(
      Math.min(ENTRY_TOLERANCE * alpha, LARGEST_ENTRY_TOLERANCE * size),
      SMALLEST_ENTRY_TOLERANCE * size,
    );
    for (let renewal = 0; renewal < MOST_RENEWALS; renewal++) {
      const entered = this.settle(alpha, tolerance);
      this.renewGradient();
      if (!entered) break;
    }
    this.solveActive(alpha, 0);
    this.renewGradient();
  }

  /** Goes on from a gradient at the present weights that has none of the rounding of the Gram matrix. */
  rebase(gradient: Float64Array): void {
    this.baseGradient = gradient;
    this.baseWeights.set(this.weights);
    this.gradient = gradient.slice();
  }

  /** Whether any variable entered. */
  private settle(alpha: number, tolerance: number): boolean {
    const limit = this.iterations + 1000 + 100 * this.weights.length;
    const refused = new Set<number>();
    let any = false;
    let fallen = 0;
    let deepest = 0;
    this.solveActive(alpha, tolerance);
    while (this.iterations < limit) {
      const entering = this.mostViolating(alpha + tolerance, refused);
      if (entering < 0) break;
      this.iterations++;
      const [weights, gradient] = [this.weights.slice(), this.gradient.slice()];
      const entered = this.enter(entering, Math.sign(this.gradient[entering]));
      this.solveActive(alpha, tolerance);
      fallen += this.fallSince(weights, gradient, alpha);
      if (entered && fallen > deepest + this.smallestFall && this.signs[entering] !== 0) {
        deepest = fallen;
        refused.clear();
        any = true;
      } else {
        // rounding alone asked for it: without this the same variable would be tried for ever
        refused.add(entering);
      }
    }
    return any;
  }

  /** Makes the gradient of every active variable alpha times its sign, dropping weights that would change theirs on the way. */
  private solveActive(alpha: number, tolerance: number): void {
    const { factor, signs } = this;
    let refinements = 0;
    let before = Number.POSITIVE_INFINITY;
    while (factor.size > 0) {
      const residual = Float64Array.from(factor.variables, (j) => this.gradient[j] - alpha * signs[j]);
      const largest = residual.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (largest <= tolerance / 10 || refinements === MOST_REFINEMENTS) return;
      // a nearly singular G_AA leaves a residual that another solve removes, unless its factor has gathered rounding
      if (refinements > 1 && largest > before / 2) factor.renew();
      before = largest;
      this.iterations++;
      const step = factor.solve(residual);
      const { leaving, length } = this.reach(step, 1);
      this.advance(step, length);
      if (leaving >= 0) {
        this.leave(leaving);
        refinements = 0;
        before = Number.POSITIVE_INFINITY;
      } else {
        refinements++;
      }
    }
  }

  /** How far the active weights can go in a direction, at most `longest`, until one reaches 0 against its sign: its position, or -1. */
  private reach(direction: Float64Array, longest: number): { length: number; leaving: number } {
    const { factor, weights, signs } = this;
    let length = longest;
    let leaving = -1;
    factor.variables.forEach((j, position) => {
      if (direction[position] * signs[j] < 0) {
        const reach = -weights[j] / direction[position];
        if (reach < length) {
          length = reach;
          leaving = position;
        }
      }
    });
    return { length, leaving };
  }

  private advance(direction: Float64Array, length: number): void {
    this.factor.variables.forEach((j, position) => {
      this.move(j, length * direction[position]);
    });
  }

  /** By how much the objective is lower than at these weights with this gradient. */
  private fallSince(weights: Float64Array, gradient: Float64Array, alpha: number): number {
    let fall = 0;
    for (let j = 0; j < weights.length; j++) {
      const change = this.weights[j] - weights[j];
      fall += (change * (this.gradient[j] + gradient[j])) / 2;
      fall -= alpha * (Math.abs(this.weights[j]) - Math.abs(weights[j]));
    }
    return fall;
  }

  private move(variable: number, change: number): void {
    this.weights[variable] += change;
    this.follow(variable, change);
  }

  /** What a change of a weight makes of the gradient. */
  private follow(variable: number, change: number): void {
    if (change === 0) return;
    const gradient = this.gradient;
    const gram = this.gram;
    const row = variable * gram.columns;
    for (let k = 0; k < gradient.length; k++) {
      gradient[k] -= gram.data[row + k] * change;
    }
  }

  private leave(position: number): void {
    const variable = this.factor.variables[position];
    // what rounding left of it
    this.move(variable, -this.weights[variable]);
    this.signs[variable] = 0;
    this.factor.remove(position);
  }

  /** Puts a variable among the active ones; false if that is impossible because it depends on them and none makes room. */
  private enter(variable: number, sign: number): boolean {
    const { factor, signs } = this;
    signs[variable] = sign;
    if (factor.append(variable)) return true;
    const direction = factor.dependence(variable).map((value) => -sign * value);
    const { leaving, length } = this.reach(direction, Number.POSITIVE_INFINITY);
    // by as much of the leaving column as is in the entering one, the latter stands out from those that are left
    if (leaving < 0 || direction[leaving] * direction[leaving] * factor.independence(leaving) <= DEPENDENT) {
      signs[variable] = 0;
      return false;
    }
    this.advance(direction, length);
    this.move(variable, sign * length);
    this.leave(leaving);
    if (factor.append(variable)) return true;
    this.move(variable, -this.weights[variable]);
    signs[variable] = 0;
    return false;
  }

  /** That of the base less G times the way from it. */
  private renewGradient(): void {
    this.gradient = this.baseGradient.slice();
    this.weights.forEach((weight, j) => {
      this.follow(j, weight - this.baseWeights[j]);
    });
  }

  private mostViolating(bound: number, refused: ReadonlySet<number>): number {
    const { gradient, signs } = this;
    let most = bound;
    let variable = -1;
    for (let k = 0; k < gradient.length; k++) {
      if (signs[k] === 0 && Math.abs(gradient[k]) > most && !refused.has(k)) {
        most = Math.abs(gradient[k]);
        variable = k;
      }
    }
    return variable;
  }
}
