import { NatriumError } from '../errors.ts';
import type { Compute } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { Queue } from './queue.ts';
import { TrialReports } from './trial-reports.ts';

/** For a trial to make its last checkpoint when the worker stops: a step, or an epoch's validation, may take that long. */
const CHECKPOINT_MS = 6000;

export interface WorkerParts {
  readonly registry: Registry;
  readonly queue: Queue;
  readonly compute: Compute;
  readonly name: string;
  readonly log: (line: string) => void;
  /** Aborts when the worker shall stop: the trial it holds goes back to the queue. */
  readonly stopping: AbortSignal;
}

/** Takes jobs from the queue: one trial at a time, and beside it one import, which mostly waits for the database, and one cluster run. */
export async function startWorker(parts: WorkerParts): Promise<void> {
  const { queue, registry } = parts;
  await queue.work('trial', ({ trialId }, lost) => runTrial(parts, trialId, lost));
  await queue.work('completion', ({ trainingRunId }) => registry.trials.completeRun(trainingRunId));
  await queue.work('lost-trial', ({ trialId }) => registry.trials.lose(trialId));
  await queue.work('lost-completion', ({ trainingRunId }) => registry.trials.loseRun(trainingRunId));
  await queue.work('import', ({ importId }, lost) => runImport(parts, importId, lost));
  await queue.work('cluster-run', ({ clusterRunId }, lost) => runClusterRun(parts, clusterRunId, lost));
  await queue.work('lost-cluster-run', ({ clusterRunId }) => registry.clusterRuns.lose(clusterRunId));
  await queue.work('lost-import', ({ importId }) => registry.importRuns.lose(importId));
}

async function runImport({ registry, name, log, stopping }: WorkerParts, importId: string, lost: AbortSignal) {
  log(`import ${importId} begins`);
  await registry.importRuns.run(importId, name, { stopping, lost });
  log(`import ${importId} left`);
}

async function runClusterRun({ registry, name, log, stopping }: WorkerParts, runId: string, lost: AbortSignal) {
  log(`cluster run ${runId} begins`);
  await registry.clusterRuns.run(runId, name, { stopping, lost });
  log(`cluster run ${runId} left`);
}

async function runTrial(parts: WorkerParts, trialId: string, lost: AbortSignal): Promise<void> {
  const { registry, compute, name, log, stopping } = parts;
  const { trials } = registry;
  const begun = await trials.begin(trialId, name);
  if (begun === null) return;
  const { trial, task } = begun;
  const how = task.resumeFrom === null ? 'begins' : 'goes on from its checkpoint';
  log(`trial ${trial.id} (seed ${trial.seed}, attempt ${trial.attempt}) ${how}`);

  const abandoned = new AbortController();
  const late = lateAfter(stopping, CHECKPOINT_MS);
  const reports = new TrialReports(trials, trial, log, () => abandoned.abort());
  try {
    const { weights, outcome } = await compute.train(
      task,
      {
        onProgress: (progress) => reports.add(progress),
        onCheckpoint: (checkpoint) => void reports.keep(checkpoint),
      },
      AbortSignal.any([lost, abandoned.signal, late.signal]),
      stopping,
    );
    await reports.report();
    await trials.complete(trial, weights, outcome);
    log(`trial ${trial.id} done in ${outcome.seconds.toFixed(1)} s by ${outcome.engine}`);
  } catch (error) {
    if (abandoned.signal.aborted) {
      log(`trial ${trial.id} is no longer wanted`);
    } else if (stopping.aborted) {
      await reports.report();
      await trials.release(trial);
      log(`trial ${trial.id} goes back to the queue`);
    } else if (error instanceof NatriumError && error.code !== 'UNAVAILABLE') {
      await reports.report();
      await trials.fail(trial, error.message);
      log(`trial ${trial.id} failed: ${error.message}`);
    } else {
      await trials.recordSetback(trial, (error as Error).message);
      throw error;
    }
  } finally {
    late.clear();
    reports.stop();
  }
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
