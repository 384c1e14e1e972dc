import { NatriumError } from '../../errors.ts';

/**
 * Deals groups of rows to folds so that folds are about equally large: the largest group first, each to the fold with fewest rows; of
 * equals always the first. Nothing is drawn, so equal data have equal folds.
 * @param sizes rows of each group
 * @returns the fold of each group, from 0
 * Throws INVALID_HYPERPARAMETER unless there are 2 folds at least and as many groups as folds.
 */
export function dealGroups(sizes: readonly number[], folds: number): number[] {
  checkFolds(folds);
  if (sizes.length < folds) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `${folds} folds need as many different clusters in train, and there are ${sizes.length}; take fewer folds, or more clusters`,
    );
  }
  const order = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a] || a - b);
  const rows = new Array<number>(folds).fill(0);
  const foldOf = new Array<number>(sizes.length);
  for (const group of order) {
    const fold = rows.reduce((lightest, sum, k) => (sum < rows[lightest] ? k : lightest), 0);
    foldOf[group] = fold;
    rows[fold] += sizes[group];
  }
  return foldOf;
}

/** As many as scikit-learn's `LassoCV` has. */
export const DEFAULT_FOLDS = 5;

/** Each takes a fit for every alpha. */
const MOST_FOLDS = 10_000;

/** Throws INVALID_HYPERPARAMETER unless this is a number of folds that there can be. */
export function checkFolds(folds: number): void {
  if (!Number.isInteger(folds) || folds < 2 || folds > MOST_FOLDS) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `folds is ${folds}; give an integer from 2 to ${MOST_FOLDS}, and at most the number of clusters in train`,
    );
  }
}
