/**
 * Entry of the process in which models are trained, evaluated and compared and structures made, one after another, so that neither the
 * API nor a worker's heartbeat ever waits for arithmetic. Started by forked-compute.ts.
 */
import { Worker } from 'node:worker_threads';
import { relaxCluster } from '../chemistry/relaxation.ts';
import { generateCluster } from '../chemistry/s-blda/generator.ts';
import { readLogFormat } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { createLog } from '../logging.ts';
import { compareVersions } from '../ml/comparison/comparison.ts';
import { distanceMatrix } from '../ml/comparison/distance-matrix.ts';
import { TrainingPaused } from '../ml/model.ts';
import { MODELS, measureSchNet, predictShieldings } from '../ml/models.ts';
import { forRequest } from '../request-scope.ts';
import type { ComputeReply, ComputeRequest, SentError, SentRequest } from './compute-messages.ts';

const log = createLog('compute', readLogFormat(process.env));

function reply(message: ComputeReply): void {
  process.send!(message);
}

/** Trainings that are to pause. */
const pausing = new Set<number>();

async function answer(request: Exclude<ComputeRequest, { kind: 'pause' }>): Promise<void> {
  const { id } = request;
  try {
    if (request.kind === 'train') {
      const { task } = request;
      log.info(`training begins: ${task.settings.kind}, seed ${task.seed}`);
      const trained = await MODELS[task.settings.kind].train(task, {
        onProgress: (progress) => reply({ id, kind: 'progress', progress }),
        onCheckpoint: (checkpoint) => reply({ id, kind: 'checkpoint', checkpoint }),
        isToPause: () => pausing.has(id),
      });
      log.info(`training ends: ${task.settings.kind}, seed ${task.seed}, ${trained.outcome.seconds.toFixed(1)} s`);
      reply({ id, kind: 'trained', ...trained });
    } else if (request.kind === 'measure') {
      reply({ id, kind: 'measured', measurement: await measureSchNet(request.task) });
    } else if (request.kind === 'predict') {
      reply({ id, kind: 'predicted', shieldings: await predictShieldings(request.weights, request.inputs) });
    } else if (request.kind === 'compare') {
      reply({ id, kind: 'compared', metrics: compareVersions(request.task) });
    } else if (request.kind === 'distances') {
      reply({ id, kind: 'distances', matrix: distanceMatrix(request.columns) });
    } else if (request.kind === 'relax') {
      const { inputs, options } = request;
      const relaxations = inputs.map(({ structure, name }) => attempt(() => relaxCluster(structure, name, options)));
      reply({ id, kind: 'relaxed', relaxations });
    } else {
      const { parameters, from, to } = request;
      const clusters = Array.from({ length: to - from }, (_, k) =>
        attempt(() => generateCluster(parameters, from + k)),
      );
      reply({ id, kind: 'generated', clusters });
    }
  } catch (error) {
    if (error instanceof TrainingPaused) reply({ id, kind: 'paused' });
    else reply({ id, kind: 'failed', ...toSend(error) });
  }
}

/** One cluster that cannot be made leaves the others. */
function attempt<T>(make: () => T): T | SentError {
  try {
    return make();
  } catch (error) {
    if (error instanceof NatriumError) return toSend(error);
    throw error;
  }
}

function toSend(error: unknown): SentError {
  const known = error instanceof NatriumError ? error : null;
  const message = known?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  return { code: known?.code ?? null, message, details: known?.details ?? {} };
}

let turn = Promise.resolve();
process.on('message', (request: SentRequest) => {
  if (request.kind === 'pause') pausing.add(request.id);
  else turn = turn.then(() => forRequest(request.requestId, () => answer(request)));
});
// whoever asked is gone: nobody is left to answer. Long arithmetic hears of nothing, so a thread of its own looks as well.
process.on('disconnect', () => process.exit());
new Worker(`setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL'), 1000)`, {
  eval: true,
}).unref();
// a terminal sends Ctrl-C to everybody, a supervisor SIGTERM; the parent decides when this process ends
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
