import { orientationDependentLabels } from '../ml/features/feature-set.ts';
import type { Store } from './ports.ts';
import type { Calculation, CalculationFrame, Cluster, ModelVersion, Prediction } from './records.ts';
import { isPlacedAlike, TURNED } from './tied-clusters.ts';

export const PREDICTION_WARNING_CODES = ['OTHER_FRAME', 'ARBITRARY_FRAME'] as const;
export type PredictionWarningCode = (typeof PREDICTION_WARNING_CODES)[number];

/** Why the shieldings of a prediction may not be what they seem. */
export interface PredictionWarning {
  readonly code: PredictionWarningCode;
  readonly message: string;
}

/** What a prediction was made of. */
export type PredictionKey = Pick<Prediction, 'modelVersionId' | 'clusterId' | 'calculationId'>;

/** The one frame that a program chooses by the shape of the cluster, so that turning its input changes nothing. */
const CANONICAL_FRAME = 'standard orientation';

const WAY_OUT = "Use a feature set of s populations and coordination numbers, or predict in the training data's frame.";

/**
 * Warnings of each prediction, in order. Populations belong to the frame of their calculation; a version whose feature set
 * holds labels that depend on the orientation gives other shieldings when the cluster is turned:
 *
 * - OTHER_FRAME: the populations are known to be in another frame than those of the training calculations, because
 *   provenance names another one, or because the cluster is one of the training clusters turned, reflected or reordered;
 * - ARBITRARY_FRAME: it is not known that all are in the same program's standard orientation.
 *
 * What they follow from never changes, so the same prediction always has the same warnings. A few queries a model version,
 * none for each cluster.
 */
export async function warningsOfPredictions(
  store: Store,
  predictions: readonly PredictionKey[],
): Promise<PredictionWarning[][]> {
  const versionIds = [...new Set(predictions.map((each) => each.modelVersionId))];
  const warnings = new Map<PredictionKey, PredictionWarning[]>();
  for (const version of await store.modelVersions.getMany(versionIds)) {
    const ofVersion = predictions.filter((each) => each.modelVersionId === version!.id);
    const found = await warningsOfVersion(store, version!, ofVersion);
    ofVersion.forEach((prediction, i) => {
      warnings.set(prediction, found[i]);
    });
  }
  return predictions.map((prediction) => warnings.get(prediction)!);
}

async function warningsOfVersion(
  store: Store,
  version: ModelVersion,
  predictions: readonly PredictionKey[],
): Promise<PredictionWarning[][]> {
  const [featureSet] = version.featureSetId === null ? [] : await store.featureSets.getMany([version.featureSetId]);
  const labels = featureSet ? orientationDependentLabels(featureSet.definition) : [];
  if (labels.length === 0) return predictions.map(() => []);
  const sources = await sourcesOf(store, predictions);
  const frames = await store.versionMembers.frames(version.datasetVersionId, 'train');
  const alike = await store.versionMembers.clusterIdsLike(version.datasetVersionId, 'train', {
    fingerprints: sources.map(({ cluster }) => cluster.fingerprint),
    identities: sources.flatMap(({ turnedFrom }) => turnedFrom ?? []),
  });
  const training = (await store.clusters.getMany(alike)).flatMap((each) => each ?? []);
  return sources.map((source) => {
    // without populations there is no prediction by such a version
    if (source.calculation === null) return [];
    const other = otherFrame(source, frames, training);
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
  /** Identity of the cluster that the calculation was meant for and had in another frame. */
  readonly turnedFrom: string | null;
}

async function sourcesOf(store: Store, predictions: readonly PredictionKey[]): Promise<Source[]> {
  const clusters = await store.clusters.getMany(predictions.map((each) => each.clusterId));
  const calculations = await getManyOrNull(store, predictions);
  const levels = await store.levelsOfTheory.getMany(calculations.flatMap((each) => each?.levelOfTheoryId ?? []));
  const programs = new Map(levels.map((level) => [level!.id, level!.program]));
  return clusters.map((cluster, i) => {
    const calculation = calculations[i];
    const { frame, natrium_cluster: named, not_tied: difference } = calculation?.provenance ?? {};
    return {
      cluster: cluster!,
      calculation,
      program: calculation === null ? null : programs.get(calculation.levelOfTheoryId)!,
      frame: frame === undefined ? null : String(frame),
      turnedFrom: difference === TURNED ? String(named) : null,
    };
  });
}

async function getManyOrNull(store: Store, predictions: readonly PredictionKey[]): Promise<(Calculation | null)[]> {
  const found = await store.calculations.getMany(predictions.flatMap((each) => each.calculationId ?? []));
  const byId = new Map(found.map((each) => [each!.id, each]));
  return predictions.map(({ calculationId }) => byId.get(calculationId ?? '') ?? null);
}

/** In words, how it is known that the populations are in another frame; null if it is not. */
function otherFrame(
  { cluster, frame, turnedFrom }: Source,
  frames: readonly CalculationFrame[],
  training: readonly Cluster[],
): string | null {
  const named = [...new Set(frames.flatMap((each) => each.frame ?? []))];
  if (frame !== null && named.length > 0 && !named.includes(frame)) {
    return `are in the frame "${frame}", and those of the training calculations in "${named.join('", "')}"`;
  }
  const copies = training.filter(
    (each) => each.fingerprint === cluster.fingerprint || each.identitySha256 === turnedFrom,
  );
  if (copies.length === 0 || copies.some((each) => isPlacedAlike(each, cluster))) return null;
  return `are of a training cluster, ${copies[0].label ?? copies[0].identitySha256}, turned, reflected or reordered`;
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
