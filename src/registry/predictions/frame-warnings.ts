import { setImmediate } from 'node:timers/promises';
import { structureDifference } from '../../chemistry/structure-difference.ts';
import { type FeatureSetDefinition, orientationDependentLabels } from '../../ml/features/feature-set.ts';
import { nameOfCluster } from '../names.ts';
import type { Store } from '../ports.ts';
import type { Calculation, CalculationFrame, Cluster, ModelVersion } from '../records.ts';
import { isPlacedAlike } from '../structures/tied-clusters.ts';
import type { PredictionKey, PredictionWarning } from '../warnings.ts';

/** The one frame that a program chooses by the shape of the cluster, so that turning its input changes nothing. */
const CANONICAL_FRAME = 'standard orientation';

/** Two copies of one cluster, both printed with four decimals, are up to 4 sqrt(3) 5e-5 Å apart, and so within this. */
const COPY_TOLERANCE_ANGSTROM = 1e-3;
/** Of the training clusters that may be copies of one cluster, so many are looked at. */
const MOST_COPIES = 100;

const WAY_OUT = "Use a feature set of s populations and coordination numbers, or predict in the training data's frame.";

/**
 * Warnings of predictions by one version, in order. Populations belong to the frame of their calculation; a version whose feature
 * set holds labels that depend on the orientation gives other shieldings when the cluster is turned:
 *
 * - OTHER_FRAME: the populations are known to be in another frame than those of the training calculations, because
 *   provenance names another one, or because the cluster is one of the training clusters turned, reflected or reordered;
 * - ARBITRARY_FRAME: it is not known that all are in the same program's standard orientation.
 *
 * A few queries, none for each cluster.
 */
export async function frameWarnings(
  store: Store,
  version: ModelVersion,
  features: FeatureSetDefinition | null,
  predictions: readonly PredictionKey[],
): Promise<PredictionWarning[][]> {
  const labels = features === null ? [] : orientationDependentLabels(features);
  if (labels.length === 0) return predictions.map(() => []);
  const sources = await sourcesOf(store, predictions);
  const frames = await store.versionMembers.frames(version.datasetVersionId, 'train');
  const originals = await originalsOf(
    store,
    version,
    sources.map(({ cluster }) => cluster),
  );
  return sources.map((source) => {
    // without populations there is no prediction by such a version
    if (source.calculation === null) return [];
    const other = otherFrame(source, frames, originals.get(source.cluster.id));
    const isKnown = frames.every(
      ({ program, frame }) => frame === CANONICAL_FRAME && program === source.program && frame === source.frame,
    );
    return [...(other === null ? [] : [otherFrameWarning(labels, other)]), ...(isKnown ? [] : [arbitrary(labels)])];
  });
}

/** The populations of a prediction, and where they were computed. */
interface Source {
  readonly cluster: Cluster;
  readonly calculation: Calculation | null;
  readonly program: string | null;
  readonly frame: string | null;
}

async function sourcesOf(store: Store, predictions: readonly PredictionKey[]): Promise<Source[]> {
  const clusters = await store.clusters.getMany(predictions.map((each) => each.clusterId));
  const calculations = await getManyOrNull(store, predictions);
  const levels = await store.levelsOfTheory.getMany(calculations.flatMap((each) => each?.levelOfTheoryId ?? []));
  const programs = new Map(levels.map((level) => [level!.id, level!.program]));
  return clusters.map((cluster, i) => {
    const calculation = calculations[i];
    const { frame } = calculation?.provenance ?? {};
    return {
      cluster: cluster!,
      calculation,
      program: calculation === null ? null : programs.get(calculation.levelOfTheoryId)!,
      frame: frame === undefined ? null : String(frame),
    };
  });
}

async function getManyOrNull(store: Store, predictions: readonly PredictionKey[]): Promise<(Calculation | null)[]> {
  const found = await store.calculations.getMany(predictions.flatMap((each) => each.calculationId ?? []));
  const byId = new Map(found.map((each) => [each!.id, each]));
  return predictions.map(({ calculationId }) => byId.get(calculationId ?? '') ?? null);
}

/** By the ids of those that are training clusters turned, reflected or reordered: the training cluster each is a copy of. */
async function originalsOf(
  store: Store,
  version: ModelVersion,
  clusters: readonly Cluster[],
): Promise<Map<string, Cluster>> {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const shapedLike = await store.versionMembers.clustersShapedLike(version.datasetVersionId, 'train', {
    clusterIds: [...byId.keys()],
    toleranceAngstrom: COPY_TOLERANCE_ANGSTROM,
    mostForEach: MOST_COPIES,
  });
  // one that was trained on as it is needs no look at others
  const unknown = shapedLike.filter(({ clusterId, likeIds }) => !likeIds.includes(clusterId));
  const read = await store.clusters.getMany([...new Set(unknown.flatMap(({ likeIds }) => likeIds))]);
  const training = new Map(read.map((each) => [each!.id, each!]));
  const originals = new Map<string, Cluster>();
  for (const { clusterId, likeIds } of unknown) {
    const cluster = byId.get(clusterId)!;
    const alike = likeIds.map((id) => training.get(id)!);
    if (alike.some((each) => isPlacedAlike(each, cluster))) continue;
    const original = alike.find((each) => structureDifference(each, cluster) <= COPY_TOLERANCE_ANGSTROM);
    if (original !== undefined) originals.set(clusterId, original);
    await setImmediate();
  }
  return originals;
}

/** In words, how it is known that the populations are in another frame; null if it is not. */
function otherFrame(
  { frame }: Source,
  frames: readonly CalculationFrame[],
  original: Cluster | undefined,
): string | null {
  const named = [...new Set(frames.flatMap((each) => each.frame ?? []))];
  if (frame !== null && named.length > 0 && !named.includes(frame)) {
    return `are in the frame "${frame}", and those of the training calculations in "${named.join('", "')}"`;
  }
  if (original === undefined) return null;
  return `are of training ${nameOfCluster(original)}, turned, reflected or reordered`;
}

function otherFrameWarning(labels: readonly string[], how: string): PredictionWarning {
  return {
    code: 'OTHER_FRAME',
    message: `The populations ${how}, but ${naming(labels)} on the orientation. ${WAY_OUT}`,
  };
}

function arbitrary(labels: readonly string[]): PredictionWarning {
  return {
    code: 'ARBITRARY_FRAME',
    message:
      `Turning the cluster changes these shieldings: ${naming(labels)} on its orientation, and nothing says that it and ` +
      `all training calculations are in the same program's standard orientation. ${WAY_OUT}`,
  };
}

const MOST_NAMED = 4;

function naming(labels: readonly string[]): string {
  const rest = labels.length - MOST_NAMED;
  const named = labels.slice(0, MOST_NAMED).join(', ');
  if (labels.length === 1) return `${named} depends`;
  return `${named}${rest > 0 ? ` and ${rest} more` : ''} depend`;
}
