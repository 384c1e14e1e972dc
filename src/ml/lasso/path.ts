import { ActiveSetSolver } from './active-set.ts';
import type { Moments } from './moments.ts';

/** The solution for one alpha, with what certifies it. */
export interface Solution {
  readonly alpha: number;
  /** Of standardised features. */
  readonly weights: Float64Array;
  /** (1 / (2n)) |t - Zw|^2 + alpha |w|_1. */
  readonly objective: number;
  /** How far the objective can be from its minimum, a rigorous bound in the objective's units. */
  readonly dualityGap: number;
  readonly iterations: number;
}

/** What the residuals r = t - Zw of n rows say. */
export interface ResidualSums {
  /** |r|^2 / n. */
  readonly meanSquare: number;
  /** r^T Zw / n. */
  readonly meanProduct: number;
  /** Z^T r / n. */
  readonly gradient: Float64Array;
}

/** Rounding of an element of the Gram matrix: some hundred additions, whose errors mostly cancel. */
const GRAM_ROUNDING = 1e-14;

/** Objective and gap from the Gram matrix are taken where rounding changes them by no more than this share of |t|^2 / n. */
const TOLERATED_ROUNDING = 1e-12;
/** And the objective by no more than this share of itself. */
const TOLERATED_RELATIVE_ROUNDING = 1e-10;

/** A gap is made smaller by residuals as long as it is a larger share of |t|^2 / n than this. */
const WANTED_GAP = 1e-13;
const MOST_REBASES = 6;

/**
 * Solutions from the largest alpha down, each from the one before. Where weights are so large that the rounding of the Gram matrix
 * would show in objective or gap, both come from the residuals, and the solver goes on from there until the gap stays as it is.
 * @param residuals of all rows at these weights; null where the Gram matrix has to do
 */
export function* solvePath(
  moments: Moments,
  alphas: readonly number[],
  residuals: ((weights: Float64Array) => ResidualSums) | null,
): Generator<Solution> {
  const solver = new ActiveSetSolver(moments.gram, moments.correlations);
  for (const alpha of [...new Set(alphas)].sort((a, b) => b - a)) {
    solver.solve(alpha);
    let solution = certified(alpha, solver, residualsOfMoments(moments, solver));
    if (residuals !== null && !isExact(solution, moments)) {
      solution = refined(alpha, solver, residuals, WANTED_GAP * moments.targetVariance);
    }
    yield solution;
  }
}

function refined(
  alpha: number,
  solver: ActiveSetSolver,
  residuals: (weights: Float64Array) => ResidualSums,
  wantedGap: number,
): Solution {
  let best: Solution | null = null;
  let iterations = solver.iterations;
  for (let rebase = 0; rebase < MOST_REBASES; rebase++) {
    const sums = residuals(solver.weights);
    const solution = certified(alpha, solver, sums);
    if (best === null || solution.dualityGap < best.dualityGap) best = solution;
    solver.rebase(sums.gradient);
    if (solution.dualityGap <= wantedGap) break;
    solver.solve(alpha);
    iterations += solver.iterations;
  }
  return { ...best!, iterations };
}

/** Whether the rounding of the Gram matrix does not show in a solution by moments alone. */
function isExact({ alpha, weights, objective, dualityGap }: Solution, { targetVariance }: Moments): boolean {
  const length = weights.reduce((sum, weight) => sum + Math.abs(weight), Math.sqrt(targetVariance));
  const relativeToAlpha = (GRAM_ROUNDING * length) / alpha;
  const rounding = GRAM_ROUNDING * length * length + relativeToAlpha * relativeToAlpha * targetVariance;
  const tolerated = TOLERATED_ROUNDING * targetVariance;
  return rounding <= Math.min(tolerated, TOLERATED_RELATIVE_ROUNDING * objective) && dualityGap <= tolerated;
}

/** The same sums as from residuals, by the moments alone. */
function residualsOfMoments({ correlations, targetVariance }: Moments, solver: ActiveSetSolver): ResidualSums {
  const { weights, gradient } = solver;
  let explained = 0;
  let meanProduct = 0;
  weights.forEach((weight, j) => {
    explained += correlations[j] * weight;
    meanProduct += gradient[j] * weight;
  });
  return { meanSquare: Math.max(targetVariance - explained - meanProduct, 0), meanProduct, gradient };
}

/**
 * With r = t - Zw and s = min(1, alpha / max |Z^T r / n|), s r is dual feasible and the gap is
 * (1 - s)^2 |r|^2 / (2n) + alpha |w|_1 - s r^T Zw / n.
 */
function certified(
  alpha: number,
  { weights, iterations }: ActiveSetSolver,
  { meanSquare, meanProduct, gradient }: ResidualSums,
): Solution {
  const steepest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const penalty = alpha * weights.reduce((total, weight) => total + Math.abs(weight), 0);
  const scale = steepest > alpha ? alpha / steepest : 1;
  const gap = ((1 - scale) * (1 - scale) * meanSquare) / 2 + penalty - scale * meanProduct;
  return {
    alpha,
    weights: weights.slice(),
    objective: meanSquare / 2 + penalty,
    dualityGap: Math.max(gap, 0),
    iterations,
  };
}
