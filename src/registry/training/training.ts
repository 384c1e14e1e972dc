import { NatriumError } from '../../errors.ts';
import { FEWEST_MEMBERS } from '../../ml/committee.ts';
import { checkFolds } from '../../ml/lasso/folds.ts';
import { checkAlphas } from '../../ml/lasso/lasso.ts';
import type { Hyperparameters, LassoSettings, SchNetSettings, Target } from '../../ml/model.ts';
import { checkRange } from '../../ml/schnet/hyperparameters.ts';
import { checkSchNetSettings } from '../../ml/schnet/model.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import { checkName } from '../names.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion, FeatureSet, Model, TrainingRun } from '../records.ts';
import { References } from '../references.ts';
import { Jobs } from '../work/jobs.ts';
import { findRun, isOpen, lockRun } from '../work/run-state.ts';
import { checkPriority, queueRun } from './queued-runs.ts';
import { COMPLETION_WORK, requestCompletion, TRIAL_WORK } from './trial-jobs.ts';

const MOST_TRIALS = 100;
/** Of a GraphQL Int. */
const LARGEST_SEED = 2 ** 31 - 1;

export interface TrainLassoInput {
  readonly model: string;
  readonly datasetVersion: string;
  readonly featureSet: string;
  readonly target: Target;
  readonly settings: LassoSettings;
  readonly priority?: number;
}

export interface TrainSchNetInput {
  readonly model: string;
  readonly datasetVersion: string;
  readonly target: Target;
  readonly settings: SchNetSettings;
  readonly priority?: number;
}

/** Requests for training: what a run shall do, and whether it shall go on. `trials.ts` is what workers make of them. */
export class Training {
  constructor(private readonly mutations: Mutations) {}

  trainLasso(caller: Caller, request: MutationRequest, input: TrainLassoInput): Promise<string> {
    const { alphas, folds } = input.settings;
    checkAlphas(alphas);
    if (folds !== undefined) checkFolds(folds);
    return this.request(caller, request, input, input.featureSet);
  }

  trainSchNet(caller: Caller, request: MutationRequest, input: TrainSchNetInput): Promise<string> {
    checkSchNetRequest(input);
    return this.request(caller, request, input, null);
  }

  cancel(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await lockRun(store, runId);
      const run = await findRun(store, runId);
      if (run.state === 'CANCELLED') return run.id;
      if (!isOpen(run)) {
        throw new NatriumError('INVALID_STATE', `the training run has ${run.state.toLowerCase()} already`);
      }
      if (!(await cancelRun(store, caller, run))) {
        throw new NatriumError('INVALID_STATE', `the training run has its model version already; archive that`);
      }
      return run.id;
    });
  }

  /** Queues the trials of a failed or cancelled run that did not succeed once more. */
  resume(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await lockRun(store, runId);
      const run = await findRun(store, runId);
      if (run.state !== 'FAILED' && run.state !== 'CANCELLED') {
        throw new NatriumError(
          'INVALID_STATE',
          `the training run is ${run.state.toLowerCase()}; only failed and cancelled runs can be resumed`,
        );
      }
      await resumeRun(store, caller, run);
      return run.id;
    });
  }

  private request(
    caller: Caller,
    request: MutationRequest,
    input: { model: string; datasetVersion: string; target: Target; settings: Hyperparameters; priority?: number },
    featureSetReference: string | null,
  ): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('model', input.model);
    checkPriority(input.priority);
    return this.mutations.run(caller, request, async (store) => {
      const references = new References(store);
      const version = await trainableVersion(references, input.datasetVersion);
      checkEnoughClusters(input.datasetVersion, version, input.settings);
      const featureSet = featureSetReference === null ? null : await references.featureSet(featureSetReference);
      if (featureSet?.needsDft) await checkPopulations(store, version, featureSet, input.datasetVersion);
      return queueTraining(store, caller, { ...input, datasetVersionId: version.id, featureSet });
    });
  }
}

/** Writes a run that was checked, its trials and their jobs; answers the id of the run. Only inside a transaction. */
export async function queueTraining(
  store: Store,
  caller: Caller,
  training: {
    readonly model: string;
    readonly datasetVersionId: string;
    readonly featureSet: FeatureSet | null;
    readonly target: Target;
    readonly settings: Hyperparameters;
    readonly priority?: number;
  },
): Promise<string> {
  const { datasetVersionId, featureSet, target, settings, priority } = training;
  const model = await findOrCreateModel(store, caller, training.model);
  return queueRun(store, caller, settings.kind === 'SCHNET' ? settings.seeds : [0], {
    modelId: model.id,
    kind: settings.kind,
    datasetVersionId,
    featureSetId: featureSet?.id ?? null,
    target,
    hyperparameters: settings,
    reproducedVersionId: null,
    priority,
  });
}

/** Ends an open run, locked, where it is; false, and nothing changes, once it has its model version. */
export async function cancelRun(store: Store, caller: Caller, run: TrainingRun): Promise<boolean> {
  if ((await store.modelVersions.findOne({ trainingRunId: run.id })) !== null) return false;
  const failure = `cancelled by ${caller.name}`;
  const trials = new Jobs(store, TRIAL_WORK);
  for (const { id } of await store.trials.findAll({ trainingRunId: run.id })) {
    await trials.end(store, id, 'CANCELLED', failure);
  }
  await new Jobs(store, COMPLETION_WORK).end(store, run.id, 'CANCELLED', failure);
  await store.trainingRuns.update(run.id, { state: 'CANCELLED', finishedAt: new Date(), failure });
  return true;
}

/** Queues the trials of a failed or cancelled run, locked, that did not succeed once more. */
export async function resumeRun(store: Store, caller: Caller, run: TrainingRun): Promise<void> {
  await store.trainingRuns.update(run.id, { state: 'QUEUED', finishedAt: null, failure: null });
  let open = 0;
  for (const trial of await store.trials.findAll({ trainingRunId: run.id })) {
    if (trial.state === 'SUCCEEDED') continue;
    await new Jobs(store, TRIAL_WORK).request(store, trial.id, caller, run.priority);
    open += 1;
  }
  if (open === 0) await requestCompletion(store, run.id, caller, run.priority);
}

async function findOrCreateModel(store: Store, caller: Caller, name: string): Promise<Model> {
  const inserted = await store.models.insertUnlessExists({ name, createdBy: caller.name }, ['name']);
  return inserted ?? (await store.models.findOne({ name }))!;
}

/** Known now, as is most that would fail a trial later; there a structure that was calculated twice counts once. */
function checkEnoughClusters(reference: string, { splitCounts }: DatasetVersion, settings: Hyperparameters): void {
  if (settings.kind !== 'LASSO' || settings.folds === undefined) return;
  const { clusters } = splitCounts.find(({ split }) => split === 'train')!;
  if (settings.folds <= clusters) return;
  throw new NatriumError(
    'INVALID_HYPERPARAMETER',
    `${settings.folds} folds need as many different clusters in train, and ${reference} has ${clusters}; take fewer folds`,
  );
}

/** Throws BAD_USER_INPUT or INVALID_HYPERPARAMETER naming the first thing that is wrong with a request as such. */
export function checkSchNetRequest({ model, settings }: TrainSchNetInput): void {
  checkName('model', model);
  checkSchNetSettings(settings);
  checkSeeds(settings.seeds);
  if (settings.committee && settings.seeds.length < FEWEST_MEMBERS) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `a committee needs ${FEWEST_MEMBERS} seeds at least, for a standard deviation; give more, or leave committee out`,
    );
  }
}

/** A version that has what training needs. Throws EMPTY_SPLIT if it does not. */
export async function trainableVersion(references: References, reference: string): Promise<DatasetVersion> {
  const version = await references.datasetVersion(reference);
  const empty = version.splitCounts.find((count) => count.split !== 'test' && count.clusters === 0);
  if (empty === undefined) return version;
  throw new NatriumError(
    'EMPTY_SPLIT',
    `data set version ${reference} has no cluster in ${empty.split}; training needs train and validation`,
  );
}

export function checkSeeds(seeds: readonly number[]): void {
  checkRange('number of seeds', seeds.length, [1, MOST_TRIALS], 'integer');
  for (const seed of seeds) checkRange('seed', seed, [0, LARGEST_SEED], 'integer');
  if (new Set(seeds).size < seeds.length) {
    throw new NatriumError('INVALID_HYPERPARAMETER', 'a seed is listed twice; two trials of it would be the same');
  }
}

/** Known now, a missing population need not fail every trial later. */
async function checkPopulations(
  store: Store,
  version: DatasetVersion,
  featureSet: FeatureSet,
  reference: string,
): Promise<void> {
  const labels = featureSet.definition.grossOrbitalPopulations?.labels ?? [];
  const lacking = await store.versionMembers.withoutPopulations(version.id, ['train', 'validation'], labels);
  if (lacking !== null) {
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `the feature set ${featureSet.name}/${featureSet.version} needs gross orbital populations (${labels.join(' ')}), ` +
        `which calculation ${lacking} of ${reference} lacks; use other features, or data with populations`,
    );
  }
}
