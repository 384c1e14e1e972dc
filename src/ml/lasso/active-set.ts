import type { Matrix } from '../matrix.ts';
import { ActiveFactor } from './active-factor.ts';

/** What the solver knows of the data. */
export interface LassoProblem {
  /** G = Z^T Z / n. */
  readonly gram: Matrix;
  /** Z^T (t - Zw) / n from the residuals themselves. */
  gradientAt(weights: Float64Array): Float64Array;
}

export interface ActiveSetSolution {
  readonly weights: Float64Array;
  /** Variables that entered or left the active set, and solves of the active equations. */
  readonly iterations: number;
}

/** How far a gradient may be beyond alpha before its variable enters. */
const ENTRY_TOLERANCE = 1e-13;

/** How often the gradient is computed anew from the residuals, to take out the rounding of the Gram matrix. */
const MOST_REBASES = 4;

/**
 * Minimises |t - Zw|^2 / (2n) + alpha |w|_1 exactly by an active-set method (after Osborne, Presnell and Turlach, IMA J.
 * Numer. Anal. 20, 389 (2000)): with the signs of the active weights fixed the problem is linear, so it steps to that
 * solution or to the first weight that reaches 0, which leaves; when the active equations hold, the variable with the
 * largest gradient beyond alpha enters. The objective falls at every step.
 *
 * Why not coordinate descent: neighbouring running coordination numbers are almost collinear, and at alpha = 1e-5 descent
 * one coordinate at a time still moves after a million sweeps.
 *
 * A variable that depends linearly on the active ones (a duplicate column, fewer rows than columns) cannot join them. If
 * it would lower the objective, the weights move along the line on which the prediction does not change, until an active
 * one reaches 0 and makes room.
 */
export class ActiveSetSolver {
  private readonly factor: ActiveFactor;
  private readonly weights: Float64Array;
  private readonly signs: Int8Array;
  private readonly baseWeights: Float64Array;
  private baseGradient: Float64Array;
  private iterations = 0;

  constructor(private readonly problem: LassoProblem) {
    const { columns } = problem.gram;
    this.factor = new ActiveFactor(problem.gram);
    this.weights = new Float64Array(columns);
    this.signs = new Int8Array(columns);
    this.baseWeights = new Float64Array(columns);
    this.baseGradient = problem.gradientAt(this.weights);
  }

  /** Solves for one alpha, starting from the solution of the last one. */
  solve(alpha: number): ActiveSetSolution {
    this.iterations = 0;
    for (let rebase = 0; rebase < MOST_REBASES; rebase++) {
      this.solveFromBase(alpha);
      if (this.rebase() <= ENTRY_TOLERANCE / 100) {
        break;
      }
    }
    return { weights: this.weights.slice(), iterations: this.iterations };
  }

  private solveFromBase(alpha: number): void {
    const limit = this.iterations + 1000 + 100 * this.weights.length;
    const refused = new Set<number>();
    this.solveActive(alpha);
    while (this.iterations < limit) {
      const gradient = this.gradient();
      const entering = this.mostViolating(gradient, alpha, refused);
      if (entering < 0) {
        break;
      }
      this.iterations++;
      const entered = this.enter(entering, Math.sign(gradient[entering]));
      this.solveActive(alpha);
      if (entered && this.signs[entering] !== 0) {
        refused.clear();
      } else {
        // rounding alone asked for it: without this the same variable would be tried for ever
        refused.add(entering);
      }
    }
  }

  /** Takes the present weights as the new base; returns by how much the gradient was off. */
  private rebase(): number {
    const estimate = this.gradient();
    this.baseGradient = this.problem.gradientAt(this.weights);
    this.baseWeights.set(this.weights);
    return this.baseGradient.reduce((most, value, k) => Math.max(most, Math.abs(value - estimate[k])), 0);
  }

  /** Makes G_AA w_A = q_A - alpha s_A hold, dropping every weight that would change its sign on the way. */
  private solveActive(alpha: number): void {
    const { factor, weights, signs } = this;
    let refinements = 0;
    while (factor.size > 0) {
      this.iterations++;
      const gradient = this.gradient();
      const residual = Float64Array.from(factor.variables, (j) => gradient[j] - alpha * signs[j]);
      const direction = factor.solve(residual);
      const { leaving } = this.advance(direction, 1);
      if (leaving >= 0) {
        this.leave(leaving);
        refinements = 0;
        continue;
      }
      // a nearly singular G_AA leaves a residual that one or two more solves remove
      const largest = residual.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (largest <= ENTRY_TOLERANCE / 10 || ++refinements > 3) {
        for (const j of factor.variables) {
          signs[j] = Math.sign(weights[j]) || signs[j];
        }
        return;
      }
    }
  }

  /**
   * Moves the active weights by up to `longest` times the direction, but no further than the first one that reaches 0
   * against its sign. Returns how far, and the position of that one or -1.
   */
  private advance(direction: Float64Array, longest: number): { length: number; leaving: number } {
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
    if (length < Number.POSITIVE_INFINITY) {
      factor.variables.forEach((j, position) => {
        weights[j] += length * direction[position];
      });
    }
    return { length, leaving };
  }

  private leave(position: number): void {
    const variable = this.factor.variables[position];
    this.weights[variable] = 0;
    this.signs[variable] = 0;
    this.factor.remove(position);
  }

  /** Puts a variable among the active ones; false if that is impossible because it depends on them and none makes room. */
  private enter(variable: number, sign: number): boolean {
    const { factor, weights, signs } = this;
    signs[variable] = sign;
    if (factor.append(variable)) {
      return true;
    }
    const direction = factor.dependence(variable).map((value) => -sign * value);
    const { leaving, length } = this.advance(direction, Number.POSITIVE_INFINITY);
    if (leaving < 0) {
      signs[variable] = 0;
      return false;
    }
    weights[variable] = sign * length;
    this.leave(leaving);
    if (factor.append(variable)) {
      return true;
    }
    weights[variable] = 0;
    signs[variable] = 0;
    return false;
  }

  /** Negative gradient of the smooth part: that of the base less G times the way from it, which is short in the end. */
  private gradient(): Float64Array {
    const { gram } = this.problem;
    const result = this.baseGradient.slice();
    this.weights.forEach((weight, j) => {
      const change = weight - this.baseWeights[j];
      if (change !== 0) {
        const row = j * gram.columns;
        for (let k = 0; k < result.length; k++) {
          result[k] -= gram.data[row + k] * change;
        }
      }
    });
    return result;
  }

  private mostViolating(gradient: Float64Array, alpha: number, refused: ReadonlySet<number>): number {
    let most = alpha + ENTRY_TOLERANCE;
    let variable = -1;
    for (let k = 0; k < gradient.length; k++) {
      if (this.signs[k] === 0 && Math.abs(gradient[k]) > most && !refused.has(k)) {
        most = Math.abs(gradient[k]);
        variable = k;
      }
    }
    return variable;
  }
}
