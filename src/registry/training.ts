import { NatriumError } from '../errors.ts';
import type {
  Hyperparameters,
  LassoSettings,
  SchNetSettings,
  Target,
  TrainingTask,
  TrialOutcome,
} from '../ml/model.ts';
import { checkSchNetHyperparameters } from '../ml/schnet/hyperparameters.ts';
import { type Caller, requireRole, SYSTEM } from './caller.ts';
import type { Datasets } from './datasets.ts';
import type { Evaluations } from './evaluations.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import { checkName } from './names.ts';
import type { ArtifactStore, Store } from './ports.ts';
import type { Model, TrainingRun, Trial } from './records.ts';
import { References } from './references.ts';

const MOST_TRIALS = 100;
const LARGEST_SEED = 2 ** 32 - 1;

export interface TrainLassoInput {
  readonly model: string;
  readonly datasetVersion: string;
  readonly featureSet: string;
  readonly target: Target;
  readonly settings: LassoSettings;
}

export interface TrainSchNetInput {
  readonly model: string;
  readonly datasetVersion: string;
  readonly target: Target;
  readonly settings: SchNetSettings;
}

/**
 * The life of a training run: requested, tried once per seed by workers, completed into a model version. A worker holds a
 * trial by its attempt number; whatever it writes counts only while that number is still its own.
 */
export class Training {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly artifacts: ArtifactStore,
    private readonly datasets: Datasets,
    private readonly evaluations: Evaluations,
  ) {}

  trainLasso(caller: Caller, request: MutationRequest, input: TrainLassoInput): Promise<string> {
    checkAlphas(input.settings.alphas);
    return this.request(caller, request, input, [0], input.featureSet);
  }

  trainSchNet(caller: Caller, request: MutationRequest, input: TrainSchNetInput): Promise<string> {
    checkSchNetSettings(input.settings);
    return this.request(caller, request, input, input.settings.seeds, null);
  }

  cancel(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await store.lock(`training-run:${runId}`);
      const run = await findRun(store, runId);
      if (run.state === 'CANCELLED') return run.id;
      if (run.state !== 'QUEUED' && run.state !== 'RUNNING') {
        throw new NatriumError('INVALID_STATE', `training run ${runId} has ${run.state.toLowerCase()} already`);
      }
      if ((await store.modelVersions.findOne({ trainingRunId: run.id })) !== null) {
        throw new NatriumError('INVALID_STATE', `training run ${runId} has its model version already; archive that`);
      }
      const finishedAt = new Date();
      for (const trial of await store.trials.findAll({ trainingRunId: run.id })) {
        if (isOpen(trial)) {
          await store.trials.update(trial.id, {
            state: 'CANCELLED',
            finishedAt,
            failure: `cancelled by ${caller.name}`,
          });
        }
      }
      await store.trainingRuns.update(run.id, {
        state: 'CANCELLED',
        finishedAt,
        failure: `cancelled by ${caller.name}`,
      });
      return run.id;
    });
  }

  /** Queues the trials of a failed or cancelled run that did not succeed once more. */
  resume(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await store.lock(`training-run:${runId}`);
      const run = await findRun(store, runId);
      if (run.state !== 'FAILED' && run.state !== 'CANCELLED') {
        throw new NatriumError(
          'INVALID_STATE',
          `training run ${runId} is ${run.state.toLowerCase()}; only failed and cancelled runs can be resumed`,
        );
      }
      await store.trainingRuns.update(run.id, { state: 'QUEUED', finishedAt: null, failure: null });
      let open = 0;
      for (const trial of await store.trials.findAll({ trainingRunId: run.id })) {
        if (trial.state === 'SUCCEEDED') continue;
        await store.trials.update(trial.id, { state: 'QUEUED', failure: null, finishedAt: null });
        await store.jobs.enqueue({ kind: 'trial', trialId: trial.id });
        open += 1;
      }
      if (open === 0) await store.jobs.enqueue({ kind: 'completion', trainingRunId: run.id });
      return run.id;
    });
  }

  /** A worker takes a trial; null if there is nothing left to do for it. */
  async beginTrial(trialId: string, worker: string): Promise<{ trial: Trial; task: TrainingTask } | null> {
    const [known] = await this.store.trials.getMany([trialId]);
    if (!known) return null;
    const run = await findRun(this.store, known.trainingRunId);
    const trial = await this.store.transaction(async (store) => {
      // together, or a run that is cancelled in between would count as running for ever
      await store.lock(`training-run:${run.id}`);
      const taken = await store.takeTrial(trialId, worker);
      if (taken !== null && (await findRun(store, run.id)).state === 'QUEUED') {
        await store.trainingRuns.update(run.id, { state: 'RUNNING', startedAt: run.startedAt ?? new Date() });
      }
      return taken;
    });
    if (trial === null) return null;
    const [version] = await this.store.datasetVersions.getMany([run.datasetVersionId]);
    const [featureSet] = run.featureSetId === null ? [null] : await this.store.featureSets.getMany([run.featureSetId]);
    const [train, validation] = await Promise.all([
      this.datasets.inputs(version!, 'train'),
      this.datasets.inputs(version!, 'validation'),
    ]);
    const task: TrainingTask = {
      settings: run.hyperparameters,
      seed: Number(trial.seed),
      target: run.target,
      features: featureSet?.definition ?? null,
      train: train.map((each) => each.input),
      validation: validation.map((each) => each.input),
    };
    return { trial, task };
  }

  /** False if the trial is no longer this worker's: cancelled, or taken over by another. */
  reportProgress(trial: Trial, progress: Trial['progress']): Promise<boolean> {
    return this.store.updateTrial(trial.id, trial.attempt, progress === null ? {} : { progress });
  }

  async completeTrial(trial: Trial, weights: Uint8Array, outcome: TrialOutcome): Promise<void> {
    const artifact = await this.artifacts.put(weights);
    await this.finishTrial(trial, async (store) => {
      await store.recordArtifact({
        sha256: artifact.sha256,
        byteLength: String(artifact.byteLength),
        mediaType: 'application/x-safetensors',
        fileName: null,
        createdBy: SYSTEM.name,
      });
      return { state: 'SUCCEEDED', outcome, weightsSha256: artifact.sha256, finishedAt: new Date() };
    });
  }

  async failTrial(trial: Trial, reason: string): Promise<void> {
    await this.finishTrial(trial, async () => ({ state: 'FAILED', failure: reason, finishedAt: new Date() }));
  }

  /** Gives a trial back to the queue: its worker is about to stop. */
  async releaseTrial(trial: Trial): Promise<void> {
    await this.store.transaction(async (store) => {
      if (await store.updateTrial(trial.id, trial.attempt, { state: 'QUEUED', worker: null })) {
        await store.jobs.enqueue({ kind: 'trial', trialId: trial.id });
      }
    });
  }

  /** Keeps the reason of an attempt that will be repeated. */
  async recordSetback(trial: Trial, reason: string): Promise<void> {
    await this.store.updateTrial(trial.id, trial.attempt, { failure: reason });
  }

  /** The queue gave a trial up after several attempts. */
  async loseTrial(trialId: string): Promise<void> {
    const trial = await this.store.takeTrial(trialId, SYSTEM.name);
    if (trial === null) return;
    const last = trial.failure === null ? 'its workers died' : `last: ${trial.failure}`;
    await this.failTrial(trial, `given up after ${trial.attempt - 1} attempts (${last})`);
  }

  /** The queue gave up to complete a run, though trials of it succeeded; it can be resumed. */
  async loseRun(runId: string): Promise<void> {
    const run = await findRun(this.store, runId);
    if (!isOpen(run)) return;
    await this.store.trainingRuns.update(run.id, {
      state: 'FAILED',
      finishedAt: new Date(),
      failure: 'the model version could not be stored or evaluated; see the log of the workers, then resumeTrainingRun',
    });
  }

  /**
   * Picks the trial with the lowest validation loss as trained, verifies its weights, makes the model version visible and
   * evaluates it. Doing it twice changes nothing.
   */
  async completeRun(runId: string): Promise<void> {
    const run = await findRun(this.store, runId);
    if (run.state !== 'QUEUED' && run.state !== 'RUNNING') return;
    const trials = await this.store.trials.findAll({ trainingRunId: run.id });
    if (trials.some(isOpen)) return;
    const best = await this.bestIntact(trials);
    if (best === null) {
      const failed = await this.store.trials.findAll({ trainingRunId: run.id });
      const failure = failed.map((trial) => `trial ${trial.ordinal}: ${trial.failure}`).join('; ');
      await this.store.trainingRuns.update(run.id, { state: 'FAILED', finishedAt: new Date(), failure });
      return;
    }

    const versionId = await this.store.transaction(async (store) => {
      await store.lock(`training-run:${run.id}`);
      if (!isOpen(await findRun(store, run.id))) return null;
      const existing = await store.modelVersions.findOne({ trainingRunId: run.id });
      if (existing !== null) return existing.id;
      await store.lock(`model:${run.modelId}`);
      const version = await store.modelVersions.insert({
        modelId: run.modelId,
        version: (await store.latestVersion('modelVersions', run.modelId)) + 1,
        kind: run.kind,
        trainingRunId: run.id,
        trialId: best.id,
        datasetVersionId: run.datasetVersionId,
        featureSetId: run.featureSetId,
        target: run.target,
        hyperparameters: run.hyperparameters,
        outcome: best.outcome!,
        weightsSha256: best.weightsSha256!,
        archivedAt: null,
        archivedBy: null,
        archiveReason: null,
        createdBy: run.createdBy,
      });
      return version.id;
    });
    if (versionId === null) return;
    await this.evaluations.evaluateOwnSplits(versionId);
    await this.store.trainingRuns.update(run.id, { state: 'SUCCEEDED', finishedAt: new Date() });
  }

  /** The trial with the lowest validation loss. One whose weights are damaged or missing counts as failed: resuming repeats it. */
  private async bestIntact(trials: readonly Trial[]): Promise<Trial | null> {
    const succeeded = trials.filter((trial) => trial.state === 'SUCCEEDED');
    for (const trial of succeeded.sort((a, b) => a.outcome!.selectionLoss - b.outcome!.selectionLoss)) {
      try {
        await this.artifacts.get(trial.weightsSha256!);
        return trial;
      } catch (error) {
        if (!(error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT')) throw error;
        const lost = { state: 'FAILED', failure: error.message, outcome: null, weightsSha256: null } as const;
        await this.store.trials.update(trial.id, lost);
      }
    }
    return null;
  }

  private request(
    caller: Caller,
    request: MutationRequest,
    input: { model: string; datasetVersion: string; target: Target; settings: Hyperparameters },
    seeds: readonly number[],
    featureSetReference: string | null,
  ): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkName('model', input.model);
    return this.mutations.run(caller, request, async (store) => {
      const references = new References(store);
      const version = await references.datasetVersion(input.datasetVersion);
      const featureSet = featureSetReference === null ? null : await references.featureSet(featureSetReference);
      const empty = version.splitCounts.find((count) => count.split !== 'test' && count.clusters === 0);
      if (empty !== undefined) {
        throw new NatriumError(
          'EMPTY_SPLIT',
          `data set version ${input.datasetVersion} has no cluster in ${empty.split}; training needs train and validation`,
        );
      }
      const model = await findOrCreateModel(store, caller, input.model);
      const run = await store.trainingRuns.insert({
        modelId: model.id,
        kind: input.settings.kind,
        state: 'QUEUED',
        datasetVersionId: version.id,
        featureSetId: featureSet?.id ?? null,
        target: input.target,
        hyperparameters: input.settings,
        failure: null,
        startedAt: null,
        finishedAt: null,
        createdBy: caller.name,
      });
      for (const [ordinal, seed] of seeds.entries()) {
        const trial = await store.trials.insert({ ...NEW_TRIAL, trainingRunId: run.id, ordinal, seed: String(seed) });
        await store.jobs.enqueue({ kind: 'trial', trialId: trial.id });
      }
      return run.id;
    });
  }

  private async finishTrial(trial: Trial, changes: (store: Store) => Promise<Partial<Trial>>): Promise<void> {
    await this.store.transaction(async (store) => {
      await store.lock(`training-run:${trial.trainingRunId}`);
      if (!(await store.updateTrial(trial.id, trial.attempt, await changes(store)))) return;
      const others = await store.trials.findAll({ trainingRunId: trial.trainingRunId });
      if (!others.some(isOpen)) await store.jobs.enqueue({ kind: 'completion', trainingRunId: trial.trainingRunId });
    });
  }
}

const NEW_TRIAL = {
  state: 'QUEUED',
  attempt: 0,
  worker: null,
  progress: null,
  outcome: null,
  weightsSha256: null,
  failure: null,
  startedAt: null,
  updatedAt: null,
  finishedAt: null,
} as const;

function isOpen(work: { readonly state: TrainingRun['state'] }): boolean {
  return work.state === 'QUEUED' || work.state === 'RUNNING';
}

async function findRun(store: Store, runId: string): Promise<TrainingRun> {
  const [run] = await store.trainingRuns.getMany([runId]);
  if (!run) throw new NatriumError('NOT_FOUND', `there is no training run ${runId}; trainingRuns lists them`);
  return run;
}

async function findOrCreateModel(store: Store, caller: Caller, name: string): Promise<Model> {
  const inserted = await store.models.insertUnlessExists({ name, createdBy: caller.name }, ['name']);
  return inserted ?? (await store.models.findOne({ name }))!;
}

function checkAlphas(alphas: readonly number[]): void {
  const wrong = alphas.find((alpha) => !(Number.isFinite(alpha) && alpha > 0));
  if (wrong !== undefined || alphas.length === 0 || alphas.length > 1000) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `alphas must be 1 to 1000 finite numbers above 0${wrong === undefined ? '' : `, and ${wrong} is not`}`,
    );
  }
}

function checkSchNetSettings(settings: SchNetSettings): void {
  checkSchNetHyperparameters(settings);
  checkRange('learningRate', settings.learningRate, 1e-8, 1, false);
  checkRange('batchSize', settings.batchSize, 1, 10_000, true);
  checkRange('epochs', settings.epochs, 1, 100_000, true);
  checkRange('distributionWeight', settings.distributionWeight, 0, 1000, false);
  checkRange('number of seeds', settings.seeds.length, 1, MOST_TRIALS, true);
  for (const seed of settings.seeds) checkRange('seed', seed, 0, LARGEST_SEED, true);
  if (new Set(settings.seeds).size < settings.seeds.length) {
    throw new NatriumError('INVALID_HYPERPARAMETER', 'a seed is listed twice; two trials of it would be the same');
  }
}

function checkRange(name: string, value: number, least: number, most: number, whole: boolean): void {
  if (!Number.isFinite(value) || value < least || value > most || (whole && !Number.isInteger(value))) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `${name} is ${value}; it must be ${whole ? 'a whole number ' : ''}from ${least} to ${most}`,
      { hyperparameter: name },
    );
  }
}
