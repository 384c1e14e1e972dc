import DataLoader from 'dataloader';
import { NatriumError } from '../errors.ts';
import type { Caller } from '../registry/caller.ts';
import type { Collection, Store } from '../registry/ports.ts';
import { warningsOfPredictions } from '../registry/predictions/prediction-warnings.ts';
import type * as records from '../registry/records.ts';
import type { Registry } from '../registry/registry.ts';
import { progressOfStudies, runIdsOf } from '../registry/studies/studies.ts';
import type { RunsProgress } from '../registry/training/run-progress.ts';
import type { PredictionWarning } from '../registry/warnings.ts';
import { idOf, type NodeType, toGlobalId } from '../schema/ids.ts';

/** What every resolver gets: one per request. */
export interface RequestContext {
  readonly caller: Caller;
  readonly registry: Registry;
  readonly load: Loaders;
  readonly server: ServerFacts;
  /** How the caller reaches this server. */
  readonly baseUrl: string;
}

export interface ServerFacts {
  readonly version: string;
  readonly artifactStore: string;
}

/** Reads of one request, gathered so that a nested query asks the store once for each noun and depth. */
export class Loaders {
  readonly apiTokens: DataLoader<string, records.ApiToken>;
  readonly levelsOfTheory: DataLoader<string, records.LevelOfTheoryRecord>;
  readonly shieldingReferences: DataLoader<string, records.ShieldingReference>;
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

  readonly predictions: DataLoader<string, records.Prediction>;
  readonly uploads: DataLoader<string, records.Upload>;
  readonly imports: DataLoader<string, records.Import>;
  readonly clusterRuns: DataLoader<string, records.ClusterRun>;
  readonly studies: DataLoader<string, records.Study>;
  readonly jobs: DataLoader<string, records.Job>;

  readonly shieldingReferencesOfLevel: DataLoader<string, records.ShieldingReference[]>;
  readonly calculationsOfCluster: DataLoader<string, records.Calculation[]>;
  readonly predictionsOfCluster: DataLoader<string, records.Prediction[]>;
  readonly parentsOfCluster: DataLoader<string, records.ClusterParent[]>;
  readonly childrenOfCluster: DataLoader<string, records.ClusterParent[]>;
  readonly versionsOfDataset: DataLoader<string, records.DatasetVersion[]>;
  readonly exportsOfVersion: DataLoader<string, records.Export[]>;
  readonly versionsOfModel: DataLoader<string, records.ModelVersion[]>;
  readonly versionOfRun: DataLoader<string, records.ModelVersion[]>;
  readonly reproductionsOfVersion: DataLoader<string, records.TrainingRun[]>;
  readonly trialsOfRun: DataLoader<string, records.Trial[]>;
  readonly evaluationsOfModelVersion: DataLoader<string, records.Evaluation[]>;
  readonly aliasesOfModel: DataLoader<string, records.ModelAlias[]>;
  readonly aliasChangesOfModel: DataLoader<string, records.ModelAliasChange[]>;
  readonly attemptsOfJob: DataLoader<string, records.JobAttempt[]>;
  readonly jobOfTrial: DataLoader<string, records.Job[]>;
  readonly jobOfImport: DataLoader<string, records.Job[]>;
  readonly jobOfClusterRun: DataLoader<string, records.Job[]>;
  readonly jobsOfWorker: DataLoader<string, records.Job[]>;
  readonly warningsOfPrediction: DataLoader<string, PredictionWarning[]>;
  readonly progressOfStudy: DataLoader<string, RunsProgress>;

  constructor(store: Store) {
    this.apiTokens = byId(store.apiTokens, 'ApiToken');
    this.levelsOfTheory = byId(store.levelsOfTheory, 'LevelOfTheory');
    this.shieldingReferences = byId(store.shieldingReferences, 'ShieldingReference');
    this.clusters = byId(store.clusters, 'Cluster');
    this.calculations = byId(store.calculations, 'Calculation');
    this.datasets = byId(store.datasets, 'Dataset');
    this.datasetVersions = byId(store.datasetVersions, 'DatasetVersion');
    this.featureSets = byId(store.featureSets, 'FeatureSet');
    this.models = byId(store.models, 'Model');
    this.modelVersions = byId(store.modelVersions, 'ModelVersion');
    this.trainingRuns = byId(store.trainingRuns, 'TrainingRun');
    this.trials = byId(store.trials, 'Trial');
    this.evaluations = byId(store.evaluations, 'Evaluation');
    this.predictions = byId(store.predictions, 'Prediction');
    this.uploads = byId(store.uploads, 'Upload');
    this.imports = byId(store.imports, 'Import');
    this.shieldingReferencesOfLevel = grouped(
      (ids) => store.shieldingReferences.findIn('levelOfTheoryId', ids),
      'levelOfTheoryId',
    );
    this.clusterRuns = byId(store.clusterRuns, 'ClusterRun');
    this.studies = byId(store.studies, 'Study');
    this.jobs = byId(store.jobs, 'Job');
    this.calculationsOfCluster = grouped((ids) => store.calculations.findIn('clusterId', ids), 'clusterId');
    this.predictionsOfCluster = grouped((ids) => store.predictions.findIn('clusterId', ids), 'clusterId');
    this.parentsOfCluster = grouped((ids) => store.lineage.parentsOf(ids), 'clusterId');
    this.childrenOfCluster = grouped((ids) => store.lineage.childrenOf(ids), 'parentId');
    this.versionsOfDataset = grouped((ids) => store.datasetVersions.findIn('datasetId', ids), 'datasetId');
    this.exportsOfVersion = grouped((ids) => store.exports.findIn('datasetVersionId', ids), 'datasetVersionId');
    this.versionsOfModel = grouped((ids) => store.modelVersions.findIn('modelId', ids), 'modelId');
    this.versionOfRun = grouped((ids) => store.modelVersions.findIn('trainingRunId', ids), 'trainingRunId');
    this.reproductionsOfVersion = grouped(
      (ids) => store.trainingRuns.findIn('reproducedVersionId', ids),
      'reproducedVersionId',
    );
    this.trialsOfRun = grouped((ids) => store.trials.findIn('trainingRunId', ids), 'trainingRunId');
    this.evaluationsOfModelVersion = grouped(
      (ids) => store.evaluations.findIn('modelVersionId', ids),
      'modelVersionId',
    );
    this.aliasesOfModel = grouped((ids) => store.aliases(ids), 'modelId');
    this.aliasChangesOfModel = grouped((ids) => store.modelAliasChanges.findIn('modelId', ids), 'modelId');
    this.progressOfStudy = new DataLoader(async (ids) => {
      const studies = (await store.studies.getMany(ids)).map((each) => each!);
      // those that the parts of the answer show, so that no study has ended while one of its runs has not
      const runs = await Promise.all(studies.flatMap(runIdsOf).map((id) => this.trainingRuns.load(id)));
      return progressOfStudies(store, studies, runs);
    });
    this.attemptsOfJob = grouped((ids) => store.jobs.attemptsOf(ids), 'jobId');
    this.jobOfTrial = grouped((ids) => store.jobs.ofSubjects('TRIAL', ids), 'subjectId');
    this.jobOfImport = grouped((ids) => store.jobs.ofSubjects('IMPORT', ids), 'subjectId');
    this.jobOfClusterRun = grouped((ids) => store.jobs.ofSubjects('CLUSTER_RUN', ids), 'subjectId');
    this.jobsOfWorker = grouped((names) => store.jobs.heldBy(names), 'worker');
    this.warningsOfPrediction = new DataLoader(async (ids) => {
      const predictions = await store.predictions.getMany(ids);
      return warningsOfPredictions(
        store,
        predictions.map((each) => each!),
      );
    });
  }

  /** Forgets what was read: the next mutation of the request must not answer with what an earlier one saw. */
  clear(): void {
    for (const loader of Object.values(this) as DataLoader<string, unknown>[]) loader.clearAll();
  }
}

function byId<T extends { readonly id: string }>(collection: Collection<T>, type: NodeType): DataLoader<string, T> {
  return new DataLoader<string, T>(async (ids) => {
    const records = await collection.getMany(ids);
    return records.map((record, i) => record ?? notFound(type, ids[i]));
  });
}

function notFound(type: NodeType, id: string): NatriumError {
  const globalId = toGlobalId(type, id);
  return new NatriumError(
    'NOT_FOUND',
    `there is no ${type} with the id ${JSON.stringify(globalId)}; list those there are`,
  );
}

/** The store's id of a global id, once it is certain that there is such a record. */
export async function knownId(
  loader: DataLoader<string, { readonly id: string }>,
  type: NodeType,
  globalId: string,
): Promise<string> {
  const { id } = await loader.load(idOf(type, globalId));
  // whoever asks is about to change it
  loader.clear(id);
  return id;
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
