import { structureHash } from '../../chemistry/structure-identity.ts';
import type { Matrix } from '../matrix.ts';
import type { ModelInput } from '../model.ts';
import { backward, type TargetTransform } from '../target-transform.ts';
import { dealGroups } from './folds.ts';
import { type LassoRows, predictLasso } from './lasso.ts';

/** The fold of each atom, from 0: structures are dealt whole, and those that are the same as one. Throws as `dealGroups` does. */
export function foldsOfAtoms(inputs: readonly ModelInput[], folds: number): Int32Array {
  const hashes = inputs.map(({ structure }) => structureHash(structure));
  const sizes = new Map<string, number>();
  hashes.forEach((hash, i) => {
    sizes.set(hash, (sizes.get(hash) ?? 0) + inputs[i].structure.atomicNumbers.length);
  });
  const dealt = dealGroups([...sizes.values()], folds);
  const foldOf = new Map([...sizes.keys()].map((hash, group) => [hash, dealt[group]]));
  return Int32Array.from(
    inputs.flatMap(({ structure }, i) => structure.atomicNumbers.map(() => foldOf.get(hashes[i])!)),
  );
}

/** The training atoms as Lasso has them. */
export interface TrainingAtoms {
  readonly rows: LassoRows;
  readonly features: Matrix;
  readonly shieldingsPpm: Float64Array;
  readonly transform: TargetTransform;
}

/**
 * For each alpha, from the largest down, the root mean square error (ppm) over all training atoms, each predicted by the fit to the
 * other folds and brought back through the target transform.
 * @param onFold told after each fold, and waited for
 */
export async function leftOutRmsesPpm(
  { rows, features, shieldingsPpm, transform }: TrainingAtoms,
  alphas: readonly number[],
  { foldOfRow, folds }: { readonly foldOfRow: Int32Array; readonly folds: number },
  onFold: () => Promise<void>,
): Promise<number[]> {
  const squares: number[] = alphas.map(() => 0);
  for (const leftOut of rows.leavingOut(foldOfRow, folds, alphas)) {
    leftOut.fits.forEach((fit, k) => {
      const predicted = backward(transform, predictLasso(fit, features, leftOut.rows));
      leftOut.rows.forEach((row, i) => {
        const error = predicted[i] - shieldingsPpm[row];
        squares[k] += error * error;
      });
    });
    await onFold();
  }
  return squares.map((sum) => Math.sqrt(sum / shieldingsPpm.length));
}
