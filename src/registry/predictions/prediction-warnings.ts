import type { FeatureSetDefinition } from '../../ml/features/feature-set.ts';
import type { PlacedAtoms } from '../../ml/trained-distances.ts';
import type { Store } from '../ports.ts';
import type { Cluster, ModelVersion } from '../records.ts';
import type { PredictionKey, PredictionWarning } from '../warnings.ts';
import { distanceWarnings } from './distance-warnings.ts';
import { frameWarnings } from './frame-warnings.ts';

/**
 * Warnings of each prediction, in order: about the frame of its populations (`frame-warnings.ts`) and about distances that its
 * version has never seen (`distance-warnings.ts`). What they follow from never changes, so the same prediction always has the same
 * warnings. A few queries a model version, none for each cluster.
 */
export async function warningsOfPredictions(
  store: Store,
  predictions: readonly PredictionKey[],
): Promise<PredictionWarning[][]> {
  const versionIds = [...new Set(predictions.map((each) => each.modelVersionId))];
  const warnings = new Map<PredictionKey, PredictionWarning[]>();
  for (const version of await store.modelVersions.getMany(versionIds)) {
    const ofVersion = predictions.filter((each) => each.modelVersionId === version!.id);
    const clusters = await store.clusters.getMany(ofVersion.map((each) => each.clusterId));
    const features = await featuresOf(store, version!);
    const frames = await frameWarnings(store, version!, features, ofVersion);
    const distances = await distanceWarnings(version!, features, clusters as readonly Cluster[]);
    ofVersion.forEach((prediction, i) => {
      warnings.set(prediction, [...frames[i], ...distances[i].map(({ warning }) => warning)]);
    });
  }
  return predictions.map((prediction) => warnings.get(prediction)!);
}

/** Warnings of structures that are not stored, in order. They have no populations, so nothing of them depends on a frame. */
export async function warningsOfStructures(
  store: Store,
  version: ModelVersion,
  structures: readonly PlacedAtoms[],
): Promise<PredictionWarning[][]> {
  const distances = await distanceWarnings(version, await featuresOf(store, version), structures);
  return distances.map((found) => found.map(({ warning }) => warning));
}

/** The definition of the features of a version; null if it needs none. */
export async function featuresOf(store: Store, version: ModelVersion): Promise<FeatureSetDefinition | null> {
  if (version.featureSetId === null) return null;
  const [featureSet] = await store.featureSets.getMany([version.featureSetId]);
  return featureSet!.definition;
}
