import type { Log } from '../logging.ts';
import type { TrainingTask, TrialOutcome } from '../ml/model.ts';
import type { Compute } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import { type Delivery, NoLongerOurs, patiently } from '../registry/work/jobs.ts';
import type { Queue } from './queue.ts';
import { TrialReports } from './trial-reports.ts';

/** For a trial to make its last checkpoint when the worker stops: a step, or an epoch's validation, may take that long. */
const CHECKPOINT_MS = 6000;

export interface WorkerParts {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly compute: Compute;
  readonly name: string;
  readonly log: Log;
  /** Aborts when the worker shall stop: what it holds goes back to the queue. */
  readonly stopping: AbortSignal;
  /** So many trials of one user are taken at once by all workers. */
  readonly trialsPerUser: number | null;
  /** Whether the database is still one that this worker knows. */
  isCurrent(): Promise<boolean>;
}

/** Takes jobs from the queue: one trial at a time, and beside it one import, which mostly waits for the database, and one cluster run. */
export async function startWorker(parts: WorkerParts): Promise<void> {
  const { queue, registry, name, log, stopping } = parts;
  const { trials, importRuns, clusterRuns } = registry;
  const handle = async (what: string, delivery: string, run: (delivery: Delivery) => Promise<void>) => {
    log.info(`${what} begins`);
    const waits = (reason: string) => log.warn(`${what} waits: ${reason}`);
    await run({ worker: name, id: delivery, stopping, waits });
    log.info(`${what} left`);
  };
  const work: Queue['work'] = (kind, handler, mostPerUser) => {
    const guarded: typeof handler = async (job) => {
      if (!(await patiently({ stopping }, () => parts.isCurrent())))
        throw new Error('the database was migrated beneath this worker');
      await handler(job);
    };
    return queue.work(kind, guarded, mostPerUser);
  };
  await work('trial', (job) => runTrial(parts, job.trialId, job.delivery), parts.trialsPerUser);
  await work('completion', ({ trainingRunId, delivery }) =>
    handle(`completion of training run ${trainingRunId}`, delivery, (by) => trials.runCompletion(trainingRunId, by)),
  );
  await work('import', ({ importId, delivery }) =>
    handle(`import ${importId}`, delivery, (by) => importRuns.run(importId, by)),
  );
  await work('cluster-run', ({ clusterRunId, delivery }) =>
    handle(`cluster run ${clusterRunId}`, delivery, (by) => clusterRuns.run(clusterRunId, by)),
  );
  await work('lost-trial', ({ trialId }) => trials.jobs.lose(trialId));
  await work('lost-completion', ({ trainingRunId }) => trials.completions.lose(trainingRunId));
  await work('lost-import', ({ importId }) => importRuns.lose(importId));
  await work('lost-cluster-run', ({ clusterRunId }) => clusterRuns.lose(clusterRunId));
}

async function runTrial({ registry, compute, name, log, stopping }: WorkerParts, trialId: string, id: string) {
  const waits = (reason: string) => log.warn(`trial ${trialId} waits: ${reason}`);
  await registry.trials.run(trialId, { worker: name, id, stopping, waits }, async (trial, task) => {
    const how = task.resumeFrom === null ? 'begins' : 'goes on from its checkpoint';
    log.info(`trial ${trial.id} (seed ${trial.seed}, attempt ${trial.attempt}) ${how}`);
    const reports = new TrialReports(registry.trials, trial, log);
    try {
      const trained = await train(compute, task, reports, stopping);
      log.info(`trial ${trial.id} done in ${trained.outcome.seconds.toFixed(1)} s by ${trained.outcome.engine}`);
      return trained;
    } catch (error) {
      log.info(`trial ${trial.id} ${whyNot(error, stopping)}`);
      throw error;
    } finally {
      reports.stop();
    }
  });
}

async function train(
  compute: Compute,
  task: TrainingTask,
  reports: TrialReports,
  stopping: AbortSignal,
): Promise<{ readonly weights: Uint8Array; readonly outcome: TrialOutcome }> {
  const late = lateAfter(stopping, CHECKPOINT_MS);
  try {
    return await compute.train(
      task,
      {
        onProgress: (progress) => reports.add(progress),
        onCheckpoint: (checkpoint) => void reports.keep(checkpoint),
      },
      AbortSignal.any([reports.lost, late.signal]),
      stopping,
    );
  } finally {
    late.clear();
    // the last checkpoint, and the epochs behind it
    await reports.report();
  }
}

function whyNot(error: unknown, stopping: AbortSignal): string {
  if (error instanceof NoLongerOurs) return 'is no longer wanted here';
  return stopping.aborted ? 'goes back to the queue' : `failed: ${(error as Error).message}`;
}

/** Aborts when a signal has been aborted for so long. */
function lateAfter(signal: AbortSignal, ms: number): { readonly signal: AbortSignal; clear(): void } {
  const late = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  const wait = () => {
    patience = setTimeout(() => late.abort(), ms);
  };
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return {
    signal: late.signal,
    clear() {
      clearTimeout(patience);
      signal.removeEventListener('abort', wait);
    },
  };
}
