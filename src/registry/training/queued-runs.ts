import { NatriumError } from '../../errors.ts';
import type { Caller } from '../caller.ts';
import type { Store } from '../ports.ts';
import type { TrainingRun } from '../records.ts';
import { Jobs } from '../work/jobs.ts';
import { TRIAL_WORK } from './trial-jobs.ts';

const PRIORITIES = [-100, 100] as const;

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
> &
  Partial<Pick<TrainingRun, 'priority'>>;

/** Throws BAD_USER_INPUT for a priority that there is not. */
export function checkPriority(priority = 0): void {
  const [least, most] = PRIORITIES;
  if (priority >= least && priority <= most) return;
  throw new NatriumError('BAD_USER_INPUT', `priority is ${priority}; it is ${least} to ${most}, and 0 unless given`);
}

/** Writes a run, a trial a seed and a job a trial; answers the id of the run. Only inside a transaction. */
export async function queueRun(
  store: Store,
  caller: Caller,
  seeds: readonly number[],
  { priority = 0, ...request }: RunRequest,
): Promise<string> {
  const jobs = new Jobs(store, TRIAL_WORK);
  const run = await store.trainingRuns.insert({
    ...request,
    priority,
    state: 'QUEUED',
    failure: null,
    startedAt: null,
    finishedAt: null,
    createdBy: caller.name,
  });
  for (const [ordinal, seed] of seeds.entries()) {
    const trial = await store.trials.insert({ ...NEW_TRIAL, trainingRunId: run.id, ordinal, seed: String(seed) });
    await jobs.request(store, trial.id, caller, priority);
  }
  return run.id;
}
