import type { Store } from '../ports.ts';
import { type DistanceWarning, distanceWarnings } from '../predictions/distance-warnings.ts';
import { frameWarnings } from '../predictions/frame-warnings.ts';
import { featuresOf } from '../predictions/prediction-warnings.ts';
import type { Calculation, Cluster, ModelVersion } from '../records.ts';
import type { PredictionWarning } from '../warnings.ts';

/** Of the calculations concerned, so many are named. */
export const MOST_NAMED_CALCULATIONS = 20;

/** Bounds what is read at once. */
const CLUSTERS_PER_PART = 2000;

interface Evaluated {
  readonly calculation: Pick<Calculation, 'id' | 'label'>;
  readonly cluster: Cluster;
}

/** The warnings of one kind: the plainest ones, and how many there are. */
interface Group {
  worst: { readonly item: Evaluated; readonly warning: PredictionWarning; readonly excessAngstrom: number }[];
  clusters: number;
  count: number;
}

/**
 * What warnings the predictions of these calculations' clusters would carry, one a kind with the calculations most concerned, so that
 * it does not grow with the evaluation. A few queries for some thousand clusters.
 */
export async function warningsOfEvaluation(
  store: Store,
  version: ModelVersion,
  items: readonly Evaluated[],
): Promise<PredictionWarning[]> {
  const features = await featuresOf(store, version);
  const groups = new Map<string, Group>();
  for (let start = 0; start < items.length; start += CLUSTERS_PER_PART) {
    const part = items.slice(start, start + CLUSTERS_PER_PART);
    const keys = part.map(({ calculation, cluster }) => ({
      ...{ modelVersionId: version.id, clusterId: cluster.id, calculationId: calculation.id },
    }));
    const clusters = part.map(({ cluster }) => cluster);
    const frames = await frameWarnings(store, version, features, keys);
    const distances = await distanceWarnings(version, features, clusters);
    part.forEach((item, i) => {
      for (const warning of frames[i]) add(groups, warning.code, item, { warning, excessAngstrom: 0 });
      for (const found of distances[i]) add(groups, found.kind, item, found);
    });
  }
  return [...groups.values()].map((group) => summaryOf(group, items.length));
}

function add(
  groups: Map<string, Group>,
  kind: string,
  item: Evaluated,
  { warning, excessAngstrom }: Pick<DistanceWarning, 'warning' | 'excessAngstrom'>,
): void {
  const group = groups.get(kind) ?? { worst: [], clusters: 0, count: 0 };
  groups.set(kind, group);
  group.clusters++;
  group.count += warning.count ?? 0;
  // kept in order, those that are worse first; of equals the first
  const before = group.worst.findIndex((each) => each.excessAngstrom < excessAngstrom);
  group.worst.splice(before < 0 ? group.worst.length : before, 0, { item, warning, excessAngstrom });
  group.worst.length = Math.min(group.worst.length, MOST_NAMED_CALCULATIONS);
}

function summaryOf({ worst, clusters, count }: Group, total: number): PredictionWarning {
  const [{ item, warning }] = worst;
  if (warning.code === 'DISTANCES_NOT_RECORDED') return { ...warning, clusterCount: clusters };
  const name = item.calculation.label ?? item.cluster.label ?? item.cluster.formula;
  return {
    ...warning,
    message: `Concerns ${clusters} of ${total} clusters, such as ${name}. ${warning.message}`,
    ...(warning.count !== undefined && { count }),
    clusterCount: clusters,
    calculationIds: worst.map((each) => each.item.calculation.id),
  };
}

/** Of an evaluation that was made before any were looked for. */
export const NOT_LOOKED_FOR: PredictionWarning = {
  code: 'DISTANCES_NOT_RECORDED',
  message:
    'This evaluation is older than the look for distances that its version was not trained on. Predictions of its clusters tell.',
};
