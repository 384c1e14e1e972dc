import type { Store } from '../ports.ts';
import type { HeldCluster, ModelVersion } from '../records.ts';

/** Evaluated clusters that a model version was trained or validated on, by identity or by fingerprint. */
export interface Leakage {
  readonly modelVersionId: string;
  /** How many evaluated clusters are in the training split of its data set version. */
  readonly count: number;
  /** How many are in its validation split, by whose errors it was chosen; none where folds of the training split chose its alpha. */
  readonly validationCount: number;
  readonly clusters: readonly HeldCluster[];
}

/** What versions had of the clusters of these calculations when they were trained and validated; one query a data set version. */
export async function leakageOf(
  store: Store,
  versions: readonly ModelVersion[],
  calculationIds: readonly string[],
): Promise<Leakage[]> {
  const held = new Map<string, readonly HeldCluster[]>();
  for (const id of new Set(versions.map(({ datasetVersionId }) => datasetVersionId))) {
    held.set(id, await store.versionMembers.heldClusters(id, calculationIds));
  }
  return versions.map(({ id, datasetVersionId, hyperparameters }) => {
    const isCrossValidated = hyperparameters.kind === 'LASSO' && hyperparameters.selection === 'CROSS_VALIDATION';
    const clusters = held.get(datasetVersionId)!.filter(({ split }) => split === 'train' || !isCrossValidated);
    const countIn = (split: string) => clusters.filter((each) => each.split === split).length;
    return { modelVersionId: id, count: countIn('train'), validationCount: countIn('validation'), clusters };
  });
}
