import { setImmediate } from 'node:timers/promises';
import { symbolOf } from '../../chemistry/elements.ts';
import type { FeatureSetDefinition } from '../../ml/features/feature-set.ts';
import {
  type PlacedAtoms,
  reachOfFeatures,
  type TrainedDistances,
  type Unseen,
  UnseenDistances,
  type UnseenKind,
} from '../../ml/trained-distances.ts';
import type { ModelVersion } from '../records.ts';
import type { PredictionWarning } from '../warnings.ts';

/** A warning about distances, with what orders those of one kind. */
export interface DistanceWarning {
  readonly kind: UnseenKind | 'NOT_RECORDED';
  readonly warning: PredictionWarning;
  /** By how much a distance is out of the range, Å. */
  readonly excessAngstrom: number;
}

/** Between two looks at who else waits, so many pairs of atoms are visited. */
const PAIRS_PER_TURN = 2_000_000;

const WAY_OUT = 'Compare with a calculation, or train a version on such clusters.';

/**
 * Warnings of clusters about what the version has not seen in training, in order; at most one of each kind for a cluster.
 *
 * - EXTRAPOLATED_DISTANCE: a distance shorter or longer than all that the training clusters have between these elements, as far as
 *   the model sees (`ml/trained-distances.ts`), or elements that never were so near each other;
 * - ISOLATED_ATOM: an atom without neighbours, as the training clusters have none of this element;
 * - DISTANCES_NOT_RECORDED: the version was trained before distances were recorded, so nothing is known.
 *
 * Time grows with the pairs of atoms; others get their turn.
 */
export async function distanceWarnings(
  { outcome, kind }: ModelVersion,
  features: FeatureSetDefinition | null,
  clusters: readonly PlacedAtoms[],
): Promise<DistanceWarning[][]> {
  const trained = outcome.distances;
  if (trained === undefined) {
    const seesDistances = kind === 'SCHNET' || (features !== null && reachOfFeatures(features) !== null);
    return clusters.map(() => (seesDistances ? [NOT_RECORDED] : []));
  }
  if (trained === null) return clusters.map(() => []);
  const unseen = new UnseenDistances(trained);
  const warnings: DistanceWarning[][] = [];
  let pairs = 0;
  for (const cluster of clusters) {
    warnings.push(unseen.of(cluster).map((found) => warningOf(found, cluster, trained)));
    pairs += (cluster.atomicNumbers.length * cluster.atomicNumbers.length) / 2;
    if (pairs < PAIRS_PER_TURN) continue;
    pairs = 0;
    await setImmediate();
  }
  return warnings;
}

const NOT_RECORDED: DistanceWarning = {
  kind: 'NOT_RECORDED',
  warning: {
    code: 'DISTANCES_NOT_RECORDED',
    message:
      'Nobody can tell whether the version was trained on such distances: it is older than their record. Train it again to know.',
  },
  excessAngstrom: 0,
};

function warningOf(found: Unseen, cluster: PlacedAtoms, trained: TrainedDistances): DistanceWarning {
  const { kind, atoms, count, range, excessAngstrom } = found;
  const named = atoms.map((atom) => `${atom + 1} (${symbolOf(cluster.atomicNumbers[atom])})`);
  const within = `within ${angstrom(trained.reachAngstrom)}`;
  if (kind === 'ISOLATED') {
    const [z] = atoms.map((atom) => symbolOf(cluster.atomicNumbers[atom]));
    const message =
      `Atom ${named[0]} has no neighbour ${within}${more(count, 'atom')}; no ${z} of the training clusters was so alone. ` +
      WAY_OUT;
    return { kind, warning: { code: 'ISOLATED_ATOM', message, atoms, count }, excessAngstrom };
  }
  const elements = atoms.map((atom) => symbolOf(cluster.atomicNumbers[atom])).join(' and ');
  const trainedOn =
    range === null
      ? `no training cluster has ${elements} ${within} of each other`
      : `in training, ${elements} ${within} of each other were ${angstrom(range.shortestAngstrom)} to ${angstrom(range.longestAngstrom)} apart`;
  const message = `Atoms ${named.join(' and ')} are ${angstrom(found.distanceAngstrom!)} apart${more(count, 'pair')}; ${trainedOn}. The shieldings are extrapolated. ${WAY_OUT}`;
  return {
    kind,
    warning: {
      ...{ code: 'EXTRAPOLATED_DISTANCE', message, atoms, count, distanceAngstrom: found.distanceAngstrom! },
      ...(range && { trainedFromAngstrom: range.shortestAngstrom, trainedToAngstrom: range.longestAngstrom }),
    },
    excessAngstrom,
  };
}

function more(count: number, noun: string): string {
  return count === 1 ? '' : `, and ${count - 1} more ${noun}${count === 2 ? '' : 's'} like it`;
}

function angstrom(length: number): string {
  return `${Number(length.toFixed(4))} Å`;
}
