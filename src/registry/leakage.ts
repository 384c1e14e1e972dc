import type { Store } from './ports.ts';
import type { HeldCluster, ModelVersion } from './records.ts';

/** Evaluated clusters that a model version was made with, by identity or by fingerprint. */
export interface Leakage {
  readonly modelVersionId: string;
  /** How many evaluated clusters are in the training split of its data set version. */
  readonly count: number;
  /** How many are in the validation split, if the version was chosen by it. */
  readonly validationCount: number;
  readonly clusters: readonly HeldCluster[];
}

/** What a version had of the clusters of these calculations when it was trained and chosen; one query. */
export async function leakageOf(
  store: Store,
  { id, datasetVersionId, hyperparameters }: ModelVersion,
  calculationIds: readonly string[],
): Promise<Leakage> {
  const held = await store.versionMembers.heldClusters(datasetVersionId, calculationIds);
  // chosen on the training split alone, such a version has seen nothing of the validation split
  const isCrossValidated = hyperparameters.kind === 'LASSO' && hyperparameters.selection === 'CROSS_VALIDATION';
  const clusters = isCrossValidated ? held.filter(({ split }) => split === 'train') : held;
  const countIn = (split: string) => clusters.filter((each) => each.split === split).length;
  return { modelVersionId: id, count: countIn('train'), validationCount: countIn('validation'), clusters };
}
