import DataLoader from 'dataloader';
import type { Caller } from '../registry/access.ts';
import type { Collection, Store } from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import type { Registry } from '../registry/registry.ts';

/** What every resolver gets: one per request. */
export interface RequestContext {
  readonly caller: Caller;
  readonly registry: Registry;
  readonly load: Loaders;
  readonly server: ServerFacts;
}

export interface ServerFacts {
  readonly version: string;
  readonly artifactStore: string;
}

/** Reads of one request, gathered so that a nested query asks the store once for each noun and depth. */
export class Loaders {
  readonly apiTokens: DataLoader<string, records.ApiToken>;
  readonly levelsOfTheory: DataLoader<string, records.LevelOfTheoryRecord>;
  readonly clusters: DataLoader<string, records.Cluster>;
  readonly calculations: DataLoader<string, records.Calculation>;
  readonly datasets: DataLoader<string, records.Dataset>;
  readonly datasetVersions: DataLoader<string, records.DatasetVersion>;
  readonly featureSets: DataLoader<string, records.FeatureSet>;
  readonly models: DataLoader<string, records.Model>;
  readonly modelVersions: DataLoader<string, records.ModelVersion>;
  readonly trainingRuns: DataLoader<string, records.TrainingRun>;
  readonly trials: DataLoader<string, records.Trial>;
  readonly evaluations: DataLoader<string, records.Evaluation>;

  readonly calculationsOfCluster: DataLoader<string, records.Calculation[]>;
  readonly versionsOfDataset: DataLoader<string, records.DatasetVersion[]>;
  readonly versionsOfModel: DataLoader<string, records.ModelVersion[]>;
  readonly versionOfRun: DataLoader<string, records.ModelVersion[]>;
  readonly trialsOfRun: DataLoader<string, records.Trial[]>;
  readonly evaluationsOfModelVersion: DataLoader<string, records.Evaluation[]>;
  readonly aliasesOfModel: DataLoader<string, records.ModelAlias[]>;
  readonly aliasChangesOfModel: DataLoader<string, records.ModelAliasChange[]>;

  constructor(store: Store) {
    this.apiTokens = byId(store.apiTokens);
    this.levelsOfTheory = byId(store.levelsOfTheory);
    this.clusters = byId(store.clusters);
    this.calculations = byId(store.calculations);
    this.datasets = byId(store.datasets);
    this.datasetVersions = byId(store.datasetVersions);
    this.featureSets = byId(store.featureSets);
    this.models = byId(store.models);
    this.modelVersions = byId(store.modelVersions);
    this.trainingRuns = byId(store.trainingRuns);
    this.trials = byId(store.trials);
    this.evaluations = byId(store.evaluations);
    this.calculationsOfCluster = grouped((ids) => store.calculations.findIn('clusterId', ids), 'clusterId');
    this.versionsOfDataset = grouped((ids) => store.datasetVersions.findIn('datasetId', ids), 'datasetId');
    this.versionsOfModel = grouped((ids) => store.modelVersions.findIn('modelId', ids), 'modelId');
    this.versionOfRun = grouped((ids) => store.modelVersions.findIn('trainingRunId', ids), 'trainingRunId');
    this.trialsOfRun = grouped((ids) => store.trials.findIn('trainingRunId', ids), 'trainingRunId');
    this.evaluationsOfModelVersion = grouped((ids) => store.evaluations.findIn('modelVersionId', ids), 'modelVersionId');
    this.aliasesOfModel = grouped((ids) => store.aliases(ids), 'modelId');
    this.aliasChangesOfModel = grouped((ids) => store.modelAliasChanges.findIn('modelId', ids), 'modelId');
  }
}

/** Foreign keys never dangle, so what is asked for by id is there. */
function byId<T extends { readonly id: string }>(collection: Collection<T>): DataLoader<string, T> {
  return new DataLoader(async (ids) => (await collection.getMany(ids)) as T[]);
}

function grouped<T, K extends keyof T>(
  find: (ids: readonly string[]) => Promise<T[]>,
  field: K,
): DataLoader<string, T[]> {
  return new DataLoader(async (ids) => {
    const groups = new Map<unknown, T[]>(ids.map((id) => [id, []]));
    for (const record of await find(ids)) groups.get(record[field])?.push(record);
    return ids.map((id) => groups.get(id)!);
  });
}
