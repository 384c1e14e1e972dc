import type { Store } from './ports.ts';
import type { HeldCluster, ModelVersion } from './records.ts';

/** Evaluated clusters that a model version was trained or validated on, by identity or by fingerprint. */
export interface Leakage {
  readonly modelVersionId: string;
  /** How many evaluated clusters are in the training split of its data set version. */
  readonly count: number;
  /** How many are in its validation split. Its errors there chose the version, unless folds of the training split chose its alpha. */
  readonly validationCount: number;
  readonly clusters: readonly HeldCluster[];
}

/** What a version had of the clusters of these calculations when it was trained and validated; one query. */
export async function leakageOf(
  store: Store,
  { id, datasetVersionId }: ModelVersion,
  calculationIds: readonly string[],
): Promise<Leakage> {
  const clusters = await store.versionMembers.heldClusters(datasetVersionId, calculationIds);
  const countIn = (split: string) => clusters.filter((each) => each.split === split).length;
  return { modelVersionId: id, count: countIn('train'), validationCount: countIn('validation'), clusters };
}
