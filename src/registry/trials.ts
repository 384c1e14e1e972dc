import { NatriumError } from '../errors.ts';
import { FEWEST_MEMBERS } from '../ml/committee.ts';
import type { TrainingTask, TrialOutcome, TrialProgress } from '../ml/model.ts';
import { SYSTEM } from './caller.ts';
import type { Datasets } from './datasets.ts';
import type { Evaluations } from './evaluations.ts';
import type { ArtifactStore, Store, StoredBytes } from './ports.ts';
import type { CommitteeMember, TrainingRun, Trial } from './records.ts';
import { settingsOfTrial } from './repeated-trials.ts';
import { findRun, givenUp, isOpen, lockRun } from './run-state.ts';

/**
 * What workers do with the trials of a training run, up to the model version. A worker holds a trial by its attempt number;
 * whatever it writes counts only while that number is still its own.
 */
export class Trials {
  constructor(
    private readonly store: Store,
    private readonly artifacts: ArtifactStore,
    private readonly datasets: Datasets,
    private readonly evaluations: Evaluations,
  ) {}

  /** A worker takes a trial; null if there is nothing left to do for it. */
  async begin(trialId: string, worker: string): Promise<{ trial: Trial; task: TrainingTask } | null> {
    const [known] = await this.store.trials.getMany([trialId]);
    if (!known) return null;
    const run = await findRun(this.store, known.trainingRunId);
    const trial = await this.store.transaction(async (store) => {
      // together, or a run that is cancelled in between would count as running for ever
      await lockRun(store, run.id);
      const taken = await store.trials.take(trialId, { worker, progress: null, updatedAt: new Date() });
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
      settings: await settingsOfTrial(this.store, run, trial),
      seed: Number(trial.seed),
      target: run.target,
      features: featureSet?.definition ?? null,
      train: train.map((each) => each.input),
      validation: validation.map((each) => each.input),
      resumeFrom: await this.checkpointOf(trial),
    };
    return { trial, task };
  }

  /**
   * Keeps from where a later attempt would go on. Of the epochs before, those that were not reported yet come with it: the
   * later attempt does not train them again. False if the trial is no longer this worker's.
   */
  async keepCheckpoint(trial: Trial, checkpoint: Uint8Array, made: readonly TrialProgress[]): Promise<boolean> {
    const artifact = await this.artifacts.put(checkpoint);
    return this.store.transaction(async (store) => {
      await recordTensors(store, artifact);
      return writeProgress(store, trial, made, { checkpointSha256: artifact.sha256 });
    });
  }

  /** Writes what was made since the last report. False if the trial is no longer this worker's: cancelled, or taken over. */
  report(trial: Trial, made: readonly TrialProgress[]): Promise<boolean> {
    return this.store.transaction((store) => writeProgress(store, trial, made));
  }

  async complete(trial: Trial, weights: Uint8Array, outcome: TrialOutcome): Promise<void> {
    const artifact = await this.artifacts.put(weights);
    await this.finish(trial, async (store) => {
      await recordTensors(store, artifact);
      const finishedAt = new Date();
      return { state: 'SUCCEEDED', outcome, weightsSha256: artifact.sha256, checkpointSha256: null, finishedAt };
    });
  }

  async fail(trial: Trial, reason: string): Promise<void> {
    await this.finish(trial, async () => ({ state: 'FAILED', failure: reason, finishedAt: new Date() }));
  }

  /** Gives a trial back to the queue: its worker is about to stop. */
  async release(trial: Trial): Promise<void> {
    await this.store.transaction(async (store) => {
      if (await write(store, trial, { state: 'QUEUED', worker: null })) {
        await store.jobs.enqueue({ kind: 'trial', trialId: trial.id }, true);
      }
    });
  }

  /** Keeps the reason of an attempt that will be repeated. */
  async recordSetback(trial: Trial, reason: string): Promise<void> {
    await write(this.store, trial, { failure: reason });
  }

  /** The queue gave a trial up after several attempts. */
  async lose(trialId: string): Promise<void> {
    const trial = await this.store.trials.take(trialId, { worker: SYSTEM.name, progress: null, updatedAt: new Date() });
    if (trial === null) return;
    await this.fail(trial, givenUp(trial));
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
   * Picks the trial with the lowest validation loss as trained, or of a committee all that succeeded, verifies the weights,
   * makes the model version visible and evaluates it. A run that repeats the trials of a version makes none. Doing it twice
   * changes nothing.
   */
  async completeRun(runId: string): Promise<void> {
    const run = await findRun(this.store, runId);
    if (run.state !== 'QUEUED' && run.state !== 'RUNNING') return;
    const trials = await this.store.trials.findAll({ trainingRunId: run.id });
    if (trials.some(isOpen)) return;
    if (run.reproducedVersionId !== null) return this.completeReproduction(run);
    const isCommittee = run.hyperparameters.kind === 'SCHNET' && run.hyperparameters.committee;
    const intact = await this.bestIntact(trials, isCommittee ? trials.length : 1);
    const best = intact.at(0);
    if (best === undefined || (isCommittee && intact.length < FEWEST_MEMBERS)) {
      const failures = failuresOf(await this.store.trials.findAll({ trainingRunId: run.id }));
      const failure =
        best === undefined
          ? failures
          : `a committee needs ${FEWEST_MEMBERS} members, and only the trial of seed ${best.seed} succeeded; ` +
            `train again with other seeds, or without committee; ${failures}`;
      await this.store.trainingRuns.update(run.id, { state: 'FAILED', finishedAt: new Date(), failure });
      return;
    }

    const versionId = await this.store.transaction(async (store) => {
      await lockRun(store, run.id);
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
        members: isCommittee ? membersOf(intact) : null,
        archivedAt: null,
        archivedBy: null,
        archiveReason: null,
        quarantinedAt: null,
        quarantineReason: null,
        createdBy: run.createdBy,
      });
      return version.id;
    });
    if (versionId === null) return;
    await this.evaluations.evaluateOwnSplits(versionId);
    await this.store.trainingRuns.update(run.id, { state: 'SUCCEEDED', finishedAt: new Date() });
  }

  /** Every trial was repeated; whether the bytes agree is told by whoever asks. */
  private async completeReproduction({ id }: TrainingRun): Promise<void> {
    await this.store.transaction(async (store) => {
      await lockRun(store, id);
      if (!isOpen(await findRun(store, id))) return;
      const failures = failuresOf(await store.trials.findAll({ trainingRunId: id }));
      const ended = failures === '' ? { state: 'SUCCEEDED' as const } : { state: 'FAILED' as const, failure: failures };
      await store.trainingRuns.update(id, { ...ended, finishedAt: new Date() });
    });
  }

  /**
   * Trials by their validation loss, lowest first, until there are `most`. One whose weights are damaged or missing counts as
   * failed: resuming repeats it.
   */
  private async bestIntact(trials: readonly Trial[], most: number): Promise<Trial[]> {
    const intact: Trial[] = [];
    const succeeded = trials.filter((trial) => trial.state === 'SUCCEEDED');
    for (const trial of succeeded.sort((a, b) => a.outcome!.selectionLoss - b.outcome!.selectionLoss)) {
      if (intact.length === most) break;
      try {
        await this.artifacts.get(trial.weightsSha256!);
        intact.push(trial);
      } catch (error) {
        if (!(error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT')) throw error;
        const lost = { state: 'FAILED', failure: error.message, outcome: null, weightsSha256: null } as const;
        await this.store.trials.update(trial.id, lost);
      }
    }
    return intact;
  }

  /** Null if there is none, or if it is damaged: then the trial begins anew. */
  private async checkpointOf({ checkpointSha256 }: Trial): Promise<Uint8Array | null> {
    if (checkpointSha256 === null) return null;
    try {
      return await this.artifacts.get(checkpointSha256);
    } catch (error) {
      if (error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT') return null;
      throw error;
    }
  }

  private async finish(trial: Trial, changes: (store: Store) => Promise<Partial<Trial>>): Promise<void> {
    await this.store.transaction(async (store) => {
      await lockRun(store, trial.trainingRunId);
      const made = await changes(store);
      if (!(await write(store, trial, made))) return;
      if (made.outcome) await store.trialCurves.remove(trial.id);
      const others = await store.trials.findAll({ trainingRunId: trial.trainingRunId });
      if (!others.some(isOpen)) await store.jobs.enqueue({ kind: 'completion', trainingRunId: trial.trainingRunId });
    });
  }
}

function failuresOf(trials: readonly Trial[]): string {
  return trials
    .filter((trial) => trial.state === 'FAILED')
    .map((trial) => `trial ${trial.ordinal}: ${trial.failure}`)
    .join('; ');
}

function membersOf(trials: readonly Trial[]): CommitteeMember[] {
  return trials
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .map(({ id, seed, outcome, weightsSha256 }) => ({
      trialId: id,
      seed: Number(seed),
      epoch: outcome!.bestEpoch!,
      validationLoss: outcome!.selectionLoss,
      weightsSha256: weightsSha256!,
    }));
}

function recordTensors(store: Store, { sha256, byteLength }: StoredBytes): Promise<void> {
  return store.recordArtifact({
    sha256,
    byteLength: String(byteLength),
    mediaType: 'application/x-safetensors',
    fileName: null,
    createdBy: SYSTEM.name,
  });
}

/** Writes to a trial that is running under this attempt; false if it is not any more. */
function write(store: Store, { id, attempt }: Trial, changes: Partial<Trial>): Promise<boolean> {
  return store.trials.updateHeld(id, attempt, { ...changes, updatedAt: new Date() });
}

/** Writes progress and the points on the way to it, as {@link write} does. */
async function writeProgress(
  store: Store,
  trial: Trial,
  made: readonly TrialProgress[],
  changes: Partial<Trial> = {},
): Promise<boolean> {
  const progress = made.at(-1);
  if (!(await write(store, trial, progress === undefined ? changes : { ...changes, progress }))) return false;
  await store.trialCurves.add(
    trial.id,
    made.flatMap(({ step, point }) => (point === null ? [] : [{ step, point }])),
  );
  return true;
}
