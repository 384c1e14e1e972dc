import { setImmediate } from 'node:timers/promises';
import type { Split } from '../../chemistry/calculation-record.ts';
import { featureMatrix } from '../../ml/features/feature-matrix.ts';
import { type FeatureSetDefinition, featureNames } from '../../ml/features/feature-set.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion } from '../records.ts';
import { unlabelledInput } from './datasets.ts';

/** Calculations in memory at once, with all that is known of them. */
const CALCULATIONS_PER_READ = 200;

/** Columns over the same atoms, in the order of their data set version. */
export interface AtomFeatures {
  /** Whose atoms these are. */
  readonly calculationIds: readonly string[];
  /** Atoms of the cluster of each atom. */
  readonly sizes: Int32Array;
  readonly shieldingsPpm: Float64Array;
  /** One a feature, in the order of `featureNames`. */
  readonly features: readonly Float64Array[];
}

/** Features, which must be known, of every atom of a split; of all splits if it is null. Other requests come in between. */
export async function atomFeatures(
  store: Store,
  version: DatasetVersion,
  split: Split | null,
  definition: FeatureSetDefinition,
): Promise<AtomFeatures> {
  const atoms = atomCount(version, split);
  const features = featureNames(definition).map(() => new Float64Array(atoms));
  const sizes = new Int32Array(atoms);
  const shieldingsPpm = new Float64Array(atoms);
  const calculationIds = (await store.versionMembers.list(version.id, split)).map((member) => member.calculationId);
  let atom = 0;
  for (let start = 0; start < calculationIds.length; start += CALCULATIONS_PER_READ) {
    const calculations = await store.calculations.getMany(calculationIds.slice(start, start + CALCULATIONS_PER_READ));
    const clusters = await store.clusters.getMany(calculations.map((calculation) => calculation!.clusterId));
    const inputs = clusters.map((cluster, i) => unlabelledInput(cluster!, calculations[i]));
    const { data, rows, columns } = featureMatrix(definition, inputs);
    for (const [k, column] of features.entries()) {
      for (let row = 0; row < rows; row++) column[atom + row] = data[row * columns + k];
    }
    for (const calculation of calculations) {
      const own = calculation!.shieldingsPpm;
      shieldingsPpm.set(own, atom);
      sizes.fill(own.length, atom, atom + own.length);
      atom += own.length;
    }
    await setImmediate();
  }
  return { calculationIds, sizes, shieldingsPpm, features };
}

/** Atoms of a split of a data set version; of all if it is null. */
export function atomCount({ splitCounts }: DatasetVersion, split: Split | null): number {
  const counts = splitCounts.filter((count) => split === null || count.split === split);
  return counts.reduce((sum, { atoms }) => sum + atoms, 0);
}
