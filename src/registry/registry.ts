import { Access } from './access.ts';
import { Datasets } from './datasets/datasets.ts';
import { Exports } from './datasets/exports.ts';
import { FeatureSets } from './datasets/feature-sets.ts';
import { ShieldingDistributions } from './datasets/shielding-distributions.ts';
import { Comparisons } from './evaluations/comparisons.ts';
import { EvaluationAnalysis } from './evaluations/evaluation-analysis.ts';
import { Evaluations } from './evaluations/evaluations.ts';
import { ModelFiles } from './models/model-files.ts';
import { ModelWeights } from './models/model-weights.ts';
import { Models } from './models/models.ts';
import { Mutations } from './mutations.ts';
import type { ArtifactStore, Changes, Compute, OpenEntries, Store, TemporaryFiles, UploadStore } from './ports.ts';
import { Predictions } from './predictions/predictions.ts';
import { References } from './references.ts';
import { ShieldingReferences } from './spectra/shielding-references.ts';
import { Spectra } from './spectra/spectra.ts';
import { Calculations } from './structures/calculations.ts';
import { ClusterRuns } from './structures/cluster-runs.ts';
import { ImportRequests } from './structures/import-requests.ts';
import { ImportRuns } from './structures/import-runs.ts';
import { Imports } from './structures/imports.ts';
import { NearDuplicates } from './structures/near-duplicates.ts';
import { Uploads } from './structures/uploads.ts';
import { Studies } from './studies/studies.ts';
import { Reproductions } from './training/reproductions.ts';
import { Training } from './training/training.ts';
import { TrainingEstimates } from './training/training-estimates.ts';
import { TrainingProgress } from './training/training-progress.ts';
import { Trials } from './training/trials.ts';
import { JobUpdates } from './work/job-updates.ts';
import { Workers } from './work/workers.ts';

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
