import { NatriumError } from '../errors.ts';
import type { ModelInput } from '../ml/model.ts';
import type { ArtifactStore, Compute, Store } from './ports.ts';
import type { ModelVersion } from './records.ts';

/** What is wrong with the version rather than with the request. */
const FAULTS_OF_VERSION = ['CORRUPT_ARTIFACT', 'NON_FINITE_NUMBER'];

/**
 * Shieldings in ppm by a version, one array a cluster; all are finite. Throws `NON_FINITE_NUMBER` naming version and cluster for a
 * prediction that is none, `CORRUPT_ARTIFACT` naming the version for weights that cannot be used.
 */
export async function predictedShieldings(
  store: Store,
  artifacts: ArtifactStore,
  compute: Compute,
  version: ModelVersion,
  inputs: readonly ModelInput[],
): Promise<Float64Array[]> {
  const weights = await artifacts.get(version.weightsSha256);
  try {
    return await compute.predict(weights, inputs);
  } catch (error) {
    if (!(error instanceof NatriumError && FAULTS_OF_VERSION.includes(error.code))) throw error;
    const [model] = await store.models.getMany([version.modelId]);
    const reference = `${model!.name}/${version.version}`;
    throw new NatriumError(error.code, `${reference}: ${error.message}`, error.details, { cause: error });
  }
}
