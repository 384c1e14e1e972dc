import { NatriumError } from '../../errors.ts';
import type { Store } from '../ports.ts';
import type { RunState, TrainingRun } from '../records.ts';

/** Whether work on a run or a trial goes on. */
export function isOpen(work: { readonly state: RunState }): boolean {
  return work.state === 'QUEUED' || work.state === 'RUNNING';
}

export async function findRun(store: Store, runId: string): Promise<TrainingRun> {
  const [run] = await store.trainingRuns.getMany([runId]);
  if (!run) throw new NatriumError('NOT_FOUND', `there is no training run ${runId}; trainingRuns lists them`);
  return run;
}

/** Whoever changes the state of a run or of one of its trials holds this lock, so that they never contradict each other. */
export function lockRun(store: Store, runId: string): Promise<void> {
  return store.lock(`training-run:${runId}`);
}
