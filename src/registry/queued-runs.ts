import type { Caller } from './caller.ts';
import type { Store } from './ports.ts';
import type { TrainingRun } from './records.ts';

const NEW_TRIAL = {
  state: 'QUEUED',
  attempt: 0,
  worker: null,
  progress: null,
  outcome: null,
  weightsSha256: null,
  checkpointSha256: null,
  failure: null,
  startedAt: null,
  updatedAt: null,
  finishedAt: null,
} as const;

/** What a run shall do. */
export type RunRequest = Pick<
  TrainingRun,
  'modelId' | 'kind' | 'datasetVersionId' | 'featureSetId' | 'target' | 'hyperparameters' | 'reproducedVersionId'
>;

/** Writes a run, a trial a seed and a job a trial; answers the id of the run. Only inside a transaction. */
export async function queueRun(
  store: Store,
  caller: Caller,
  seeds: readonly number[],
  request: RunRequest,
): Promise<string> {
  const run = await store.trainingRuns.insert({
    ...request,
    state: 'QUEUED',
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
}
