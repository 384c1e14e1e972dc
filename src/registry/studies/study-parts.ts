import { SPLITS } from '../../chemistry/calculation-record.ts';
import {
  type FeatureSetDefinition,
  PAPER_POPULATION_LABELS,
  PAPER_RADII_ANGSTROM,
  PAPER_SMEARING_ANGSTROM,
} from '../../ml/features/feature-set.ts';
import type { Hyperparameters } from '../../ml/model.ts';
import { SCHNET_DEFAULTS } from '../../ml/schnet/hyperparameters.ts';
import { DEFAULT_DISTRIBUTION_WEIGHT } from '../../ml/schnet/loss.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../ml/schnet/training.ts';
import { nameOfCell, type StudyCell, type StudyFeatures } from '../../ml/study/grid.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion, StudySettings } from '../records.ts';

const LONGEST_NAME = 100;

/** Name of the model of a cell: such as `na-dft-1-lasso-cn-direct`. The name of a data set is cut where it leaves too little room. */
export function nameOfPart(dataset: string, version: number, cell: StudyCell): string {
  const end = `-${version}-${nameOfCell(cell)}`;
  return `${dataset.slice(0, LONGEST_NAME - end.length)}${end}`;
}

/** What a cell of the grid trains with: the paper's hyperparameters, but for those that a study sets. */
export function settingsOfCell({ kind, loss }: StudyCell, { epochs, seeds, alphas }: StudySettings): Hyperparameters {
  if (kind === 'LASSO') return { kind, alphas, selection: 'VALIDATION' };
  return {
    ...{ kind, engine: 'WASM', ...SCHNET_DEFAULTS, ...SCHNET_TRAINING_DEFAULTS },
    ...{ loss: loss!, distributionWeight: DEFAULT_DISTRIBUTION_WEIGHT, epochs, seeds, committee: false },
  };
}

const COORDINATION = { radiiAngstrom: PAPER_RADII_ANGSTROM, smearingAngstrom: PAPER_SMEARING_ANGSTROM };

/** Names of the feature sets of studies. */
export const FEATURE_SET_NAMES: Readonly<Record<StudyFeatures, string>> = { CN: 'cn', GOP: 'gop', CN_GOP: 'cn-gop' };

/** Features of a cell on data with populations of these labels. */
export function definitionOf(features: StudyFeatures, labels: readonly string[]): FeatureSetDefinition {
  return {
    runningCoordinationNumbers: features === 'GOP' ? null : COORDINATION,
    grossOrbitalPopulations: features === 'CN' ? null : { labels },
  };
}

/** The populations that every calculation of a version has, or why there are none to train on. */
export type UsablePopulations = { readonly labels: readonly string[] } | { readonly lacking: string };

/** The paper's populations where every calculation has them; else all that the version has, if every calculation has those. */
export async function usablePopulations(store: Store, version: DatasetVersion): Promise<UsablePopulations> {
  const { populationLabels } = await store.versionMembers.contents(version.id);
  if (populationLabels.length === 0) return { lacking: 'no calculation of the data has gross orbital populations' };
  let lacking: string | null = null;
  for (const labels of [PAPER_POPULATION_LABELS, populationLabels]) {
    lacking = await store.versionMembers.withoutPopulations(version.id, SPLITS, labels);
    if (lacking === null) return { labels };
  }
  return { lacking: `calculation ${lacking} lacks gross orbital populations that others have` };
}
