import { CommitteePredictions, type PredictedShieldings } from '../ml/committee.ts';
import type { ModelInput } from '../ml/model.ts';
import type { ArtifactStore, Compute } from './ports.ts';
import type { ModelVersion } from './records.ts';

/**
 * Shieldings of each input by a model version, verified weights only. The members of a committee are read and asked one
 * after the other, so that one file of weights is in memory at a time, however many there are.
 */
export async function predictByVersion(
  artifacts: ArtifactStore,
  compute: Compute,
  version: ModelVersion,
  inputs: readonly ModelInput[],
): Promise<PredictedShieldings[]> {
  const predictions = new CommitteePredictions();
  for (const { weightsSha256 } of version.members ?? [version]) {
    predictions.add(await compute.predict(await artifacts.get(weightsSha256), inputs));
  }
  return predictions.result();
}
