import { NatriumError } from '../../errors.ts';
import { FEWEST_MEMBERS } from '../../ml/committee.ts';
import type { TrainingTask, TrialOutcome, TrialProgress } from '../../ml/model.ts';
import { SYSTEM } from '../caller.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Evaluations } from '../evaluations/evaluations.ts';
import type { ArtifactStore, Held, Store, StoredBytes } from '../ports.ts';
import type { CommitteeMember, TrainingRun, Trial } from '../records.ts';
import { type Delivery, Jobs, NoLongerOurs, patiently, type Result, STORED } from '../work/jobs.ts';
import { findRun, isOpen, lockRun } from '../work/run-state.ts';
import { settingsOfTrial } from './repeated-trials.ts';
import { COMPLETION_WORK, TRIAL_WORK } from './trial-jobs.ts';

/** What workers do with the trials of a training run, up to the model version. */
export class Trials {
  readonly jobs: Jobs<Trial>;
  readonly completions: Jobs<Held>;

  /** @param mostPerUser so many trials of one user run at once, wherever there are workers; null: as many as can */
  constructor(
    private readonly store: Store,
    private readonly artifacts: ArtifactStore,
    private readonly datasets: Datasets,
    private readonly evaluations: Evaluations,
    mostPerUser: number | null = null,
  ) {
    this.jobs = new Jobs(store, { ...TRIAL_WORK, mostPerUser });
    this.completions = new Jobs(store, COMPLETION_WORK);
  }

  /** A worker trains a trial to its end. */
  run(
    trialId: string,
    delivery: Delivery,
    train: (
      trial: Trial,
      task: TrainingTask,
    ) => Promise<{ readonly weights: Uint8Array; readonly outcome: TrialOutcome }>,
  ): Promise<void> {
    return this.jobs.run(trialId, delivery, async (trial) => {
      const task = await this.jobs.patiently(trial, delivery, () => this.taskOf(trial));
      const { weights, outcome } = await train(trial, task);
      return patiently(delivery, () => this.resultOf(trial, weights, outcome));
    });
  }

  /** A worker makes the model version of a run whose trials have ended. */
  runCompletion(runId: string, delivery: Delivery): Promise<void> {
    return this.completions.run(runId, delivery, async (held) => {
      await this.completions.patiently(held, delivery, () => this.completeRun(runId, held));
      return STORED;
    });
  }

  /** Keeps the weights, and answers what makes them those of the trial. */
  async resultOf(trial: Trial, weights: Uint8Array, outcome: TrialOutcome): Promise<Result> {
    const artifact = await this.artifacts.put(weights);
    return async (store) => {
      await recordTensors(store, artifact);
      await store.trials.update(trial.id, { outcome, weightsSha256: artifact.sha256, checkpointSha256: null });
      await store.trialCurves.remove(trial.id);
    };
  }

  /** What a trial is to do, from its last checkpoint on. */
  async taskOf(trial: Trial): Promise<TrainingTask> {
    const run = await findRun(this.store, trial.trainingRunId);
    const [version] = await this.store.datasetVersions.getMany([run.datasetVersionId]);
    const [featureSet] = run.featureSetId === null ? [null] : await this.store.featureSets.getMany([run.featureSetId]);
    const [train, validation] = await Promise.all([
      this.datasets.inputs(version!, 'train'),
      this.datasets.inputs(version!, 'validation'),
    ]);
    return {
      settings: await settingsOfTrial(this.store, run, trial),
      seed: Number(trial.seed),
      target: run.target,
      features: featureSet?.definition ?? null,
      train: train.map((each) => each.input),
      validation: validation.map((each) => each.input),
      resumeFrom: await this.checkpointOf(trial),
    };
  }

  /**
   * Keeps from where a later attempt would go on. Of the epochs before, those that were not reported yet come with it: the
   * later attempt does not train them again. False if the trial is no longer this worker's.
   */
  async keepCheckpoint(trial: Trial, checkpoint: Uint8Array, made: readonly TrialProgress[]): Promise<boolean> {
    const artifact = await this.artifacts.put(checkpoint);
    return this.store.transaction(async (store) => {
      try {
        await this.jobs.save(store, trial);
      } catch (error) {
        if (error instanceof NoLongerOurs) return false;
        throw error;
      }
      await recordTensors(store, artifact);
      await writeProgress(store, trial, made, { checkpointSha256: artifact.sha256 });
      return true;
    });
  }

  /** Writes what was made since the last report. False if the trial is no longer this worker's: cancelled, or taken over. */
  report(trial: Trial, made: readonly TrialProgress[]): Promise<boolean> {
    return this.store.transaction(async (store) => {
      if (!(await this.jobs.isHeld(store, trial))) return false;
      await writeProgress(store, trial, made);
      return true;
    });
  }

  /**
   * Picks the trial with the lowest validation loss as trained, or of a committee all that succeeded, verifies the weights,
   * makes the model version visible and evaluates it. A run that repeats the trials of a version makes none. Doing it twice
   * changes nothing, and so does a worker that has lost the job.
   */
  async completeRun(runId: string, held: Held | null = null): Promise<void> {
    const run = await findRun(this.store, runId);
    if (run.state !== 'QUEUED' && run.state !== 'RUNNING') return;
    const trials = await this.store.trials.findAll({ trainingRunId: run.id });
    if (trials.some(isOpen)) return;
    if (run.reproducedVersionId !== null) return this.completeReproduction(run, held);
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
      await this.endRun(run.id, held, { state: 'FAILED', failure });
      return;
    }

    const versionId = await this.store.transaction(async (store) => {
      await lockRun(store, run.id);
      await this.own(store, held);
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
    await this.endRun(run.id, held, { state: 'SUCCEEDED' });
  }

  private endRun(runId: string, held: Held | null, changes: Partial<TrainingRun>): Promise<void> {
    return this.store.transaction(async (store) => {
      await lockRun(store, runId);
      await this.own(store, held);
      if (isOpen(await findRun(store, runId)))
        await store.trainingRuns.update(runId, { ...changes, finishedAt: new Date() });
    });
  }

  /** Throws NoLongerOurs unless a completion is in the hands of whoever does it. */
  private async own(store: Store, held: Held | null): Promise<void> {
    if (held !== null && !(await this.completions.isHeld(store, held))) throw new NoLongerOurs();
  }

  /** Every trial was repeated; whether the bytes agree is told by whoever asks. */
  private async completeReproduction({ id }: TrainingRun, held: Held | null): Promise<void> {
    await this.store.transaction(async (store) => {
      await lockRun(store, id);
      await this.own(store, held);
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
        await this.dropWeights(trial, error.message);
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

  private dropWeights({ id, weightsSha256 }: Trial, failure: string): Promise<void> {
    return this.store.transaction(async (store) => {
      const job = (await store.jobs.lockOf('TRIAL', id))!;
      const [trial] = await store.trials.getMany([id]);
      if (job.state !== 'SUCCEEDED' || trial!.weightsSha256 !== weightsSha256) return;
      await store.jobs.update(job.id, { state: 'FAILED', failure });
      await store.trials.update(id, { outcome: null, weightsSha256: null });
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

/** Writes progress and the points on the way to it, of a trial that is held. */
async function writeProgress(
  store: Store,
  trial: Trial,
  made: readonly TrialProgress[],
  changes: Partial<Trial> = {},
): Promise<void> {
  const progress = made.at(-1);
  const all = progress === undefined ? changes : { ...changes, progress };
  await store.trials.update(trial.id, { ...all, updatedAt: new Date() });
  await store.trialCurves.add(
    trial.id,
    made.flatMap(({ step, point }) => (point === null ? [] : [{ step, point }])),
  );
}
