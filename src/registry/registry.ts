import { Access } from './access.ts';
import { Calculations } from './calculations.ts';
import { ClusterRuns } from './cluster-runs.ts';
import { Comparisons } from './comparisons.ts';
import { Datasets } from './datasets.ts';
import { EvaluationAnalysis } from './evaluation-analysis.ts';
import { Evaluations } from './evaluations.ts';
import { Exports } from './exports.ts';
import { FeatureSets } from './feature-sets.ts';
import { ImportRequests } from './import-requests.ts';
import { ImportRuns } from './import-runs.ts';
import { Imports } from './imports.ts';
import { JobUpdates } from './job-updates.ts';
import { ModelFiles } from './model-files.ts';
import { ModelWeights } from './model-weights.ts';
import { Models } from './models.ts';
import { Mutations } from './mutations.ts';
import { NearDuplicates } from './near-duplicates.ts';
import type { ArtifactStore, Changes, Compute, OpenEntries, Store, TemporaryFiles, UploadStore } from './ports.ts';
import { Predictions } from './predictions.ts';
import { References } from './references.ts';
import { Reproductions } from './reproductions.ts';
import { ShieldingDistributions } from './shielding-distributions.ts';
import { ShieldingReferences } from './shielding-references.ts';
import { Spectra } from './spectra.ts';
import { Studies } from './studies.ts';
import { Training } from './training.ts';
import { TrainingEstimates } from './training-estimates.ts';
import { TrainingProgress } from './training-progress.ts';
import { Trials } from './trials.ts';
import { Uploads } from './uploads.ts';
import { Workers } from './workers.ts';

export interface Ports {
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly uploads: UploadStore;
  readonly temporaryFiles: TemporaryFiles;
  readonly openEntries: OpenEntries;
  readonly compute: Compute;
  /** To training runs and their trials. */
  readonly runChanges: Changes;
  readonly jobChanges: Changes;
  /** So many trials of one user run at once; null: as many as there are workers. */
  readonly trialsPerUser: number | null;
}

/** The application: one service a noun, over the ports it was given. */
export class Registry {
  readonly store: Store;
  readonly references: References;
  readonly access: Access;
  readonly calculations: Calculations;
  readonly shieldingReferences: ShieldingReferences;
  readonly spectra: Spectra;
  readonly imports: Imports;
  readonly uploads: Uploads;
  readonly importRequests: ImportRequests;
  readonly importRuns: ImportRuns;
  readonly clusterRuns: ClusterRuns;
  readonly datasets: Datasets;
  readonly shieldingDistributions: ShieldingDistributions;
  readonly nearDuplicates: NearDuplicates;
  readonly exports: Exports;
  readonly featureSets: FeatureSets;
  readonly models: Models;
  readonly modelWeights: ModelWeights;
  readonly modelFiles: ModelFiles;
  readonly evaluations: Evaluations;
  readonly evaluationAnalysis: EvaluationAnalysis;
  readonly comparisons: Comparisons;
  readonly predictions: Predictions;
  readonly training: Training;
  readonly reproductions: Reproductions;
  readonly studies: Studies;
  readonly trainingEstimates: TrainingEstimates;
  readonly trainingProgress: TrainingProgress;
  readonly trials: Trials;
  readonly jobUpdates: JobUpdates;
  readonly workers: Workers;

  constructor(ports: Ports) {
    const { store, artifacts, uploads, temporaryFiles, openEntries, compute, runChanges } = ports;
    const mutations = new Mutations(store);
    this.store = store;
    this.references = new References(store);
    this.access = new Access(store, mutations);
    this.calculations = new Calculations(mutations);
    this.shieldingReferences = new ShieldingReferences(mutations);
    this.spectra = new Spectra(store);
    this.imports = new Imports(store, mutations, artifacts);
    this.uploads = new Uploads(store, mutations, uploads);
    this.importRequests = new ImportRequests(store, mutations, uploads);
    this.importRuns = new ImportRuns(store, artifacts, uploads, temporaryFiles, openEntries);
    this.clusterRuns = new ClusterRuns(store, mutations, compute);
    this.datasets = new Datasets(store, mutations);
    this.shieldingDistributions = new ShieldingDistributions(store);
    this.nearDuplicates = new NearDuplicates(store);
    this.exports = new Exports(store, artifacts, temporaryFiles);
    this.featureSets = new FeatureSets(mutations);
    this.models = new Models(mutations);
    this.modelWeights = new ModelWeights(store, mutations, artifacts);
    this.modelFiles = new ModelFiles(this.modelWeights);
    this.evaluations = new Evaluations(store, mutations, this.modelWeights, compute, this.datasets);
    this.evaluationAnalysis = new EvaluationAnalysis(store);
    this.comparisons = new Comparisons(store, compute);
    this.predictions = new Predictions(store, mutations, this.modelWeights, compute);
    this.training = new Training(mutations);
    this.reproductions = new Reproductions(mutations);
    this.studies = new Studies(store, mutations);
    this.trainingEstimates = new TrainingEstimates(store, compute, this.datasets);
    this.trainingProgress = new TrainingProgress(store, runChanges);
    this.trials = new Trials(store, artifacts, this.datasets, this.evaluations, ports.trialsPerUser);
    this.jobUpdates = new JobUpdates(store, ports.jobChanges);
    this.workers = new Workers(store, mutations);
  }
}
