import { type Caller, SYSTEM } from '../caller.ts';
import type { Held, Store } from '../ports.ts';
import type { Trial } from '../records.ts';
import { type JobEnd, Jobs, type WorkKind } from '../work/jobs.ts';
import { findRun, isOpen, lockRun } from '../work/run-state.ts';

/** Trials as jobs: the first one that is taken sets its run going, the last one that ends has it completed. */
export const TRIAL_WORK: WorkKind<Trial> = {
  kind: 'TRIAL',
  name: 'trial',
  resumedBy: 'resumeTrainingRun',
  keepsSetback: true,
  queued: (trialId) => ({ kind: 'trial', trialId }),
  subject: async (store, { subjectId }) => (await store.trials.getMany([subjectId]))[0]!,
  async lock(store, trialId) {
    // together with its run, or one that is cancelled in between would count as running for ever
    const [trial] = await store.trials.getMany([trialId]);
    if (trial) await lockRun(store, trial.trainingRunId);
  },
  async taken(store, { id, trainingRunId }) {
    await store.trials.update(id, { progress: null });
    const run = await findRun(store, trainingRunId);
    if (run.state !== 'QUEUED') return;
    await store.trainingRuns.update(run.id, { state: 'RUNNING', startedAt: run.startedAt ?? new Date() });
  },
  async ended(store, { id, trainingRunId }) {
    const others = await store.trials.findAll({ trainingRunId });
    if (others.some(isOpen)) return;
    const { createdBy, priority } = (await store.jobs.findOne({ kind: 'TRIAL', subjectId: id }))!;
    await requestCompletion(store, trainingRunId, { ...SYSTEM, name: createdBy }, priority);
  },
};

/** The completion of a training run as a job. */
export const COMPLETION_WORK: WorkKind<Held> = {
  kind: 'COMPLETION',
  name: 'completion',
  resumedBy: 'resumeTrainingRun',
  queued: (trainingRunId) => ({ kind: 'completion', trainingRunId }),
  subject: async (_store, { subjectId, attempt }) => ({ id: subjectId, attempt }),
  lock: lockRun,
  async ended(store, { id }, { state, failure }: JobEnd) {
    if (state === 'SUCCEEDED' || !isOpen(await findRun(store, id))) return;
    await store.trainingRuns.update(id, {
      state: 'FAILED',
      finishedAt: new Date(),
      failure: `the model version could not be stored or evaluated: ${failure}`,
    });
  },
};

export function requestCompletion(
  store: Store,
  trainingRunId: string,
  caller: Caller,
  priority: number,
): Promise<void> {
  return new Jobs(store, COMPLETION_WORK).request(store, trainingRunId, caller, priority);
}
