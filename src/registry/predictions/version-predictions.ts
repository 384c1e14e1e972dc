import { NatriumError } from '../../errors.ts';
import { CommitteePredictions, type PredictedShieldings } from '../../ml/committee.ts';
import type { ModelInput } from '../../ml/model.ts';
import type { ModelWeights } from '../models/model-weights.ts';
import type { Compute, Store } from '../ports.ts';
import type { ModelVersion } from '../records.ts';

/** What is wrong with the version rather than with the request. */
const FAULTS_OF_VERSION = ['CORRUPT_ARTIFACT', 'NON_FINITE_NUMBER'];

/**
 * Shieldings of each input by a model version, verified weights only; all are finite. The members of a committee are read and
 * asked one after the other, so that one file of weights is in memory at a time, however many there are. Throws
 * `NON_FINITE_NUMBER` naming version and cluster for a prediction that is no number, `CORRUPT_ARTIFACT` naming the version for
 * weights that cannot be used, or are in quarantine.
 */
export async function predictByVersion(
  store: Store,
  modelWeights: ModelWeights,
  compute: Compute,
  version: ModelVersion,
  inputs: readonly ModelInput[],
): Promise<PredictedShieldings[]> {
  await modelWeights.requireUsable(version);
  const predictions = new CommitteePredictions();
  for (const { weightsSha256 } of version.members ?? [version]) {
    const weights = await modelWeights.read(version, weightsSha256);
    try {
      predictions.add(await compute.predict(weights, inputs));
    } catch (error) {
      if (!(error instanceof NatriumError && FAULTS_OF_VERSION.includes(error.code))) throw error;
      const [model] = await store.models.getMany([version.modelId]);
      const reference = `${model!.name}/${version.version}`;
      throw new NatriumError(error.code, `${reference}: ${error.message}`, error.details, { cause: error });
    }
  }
  return predictions.result();
}
