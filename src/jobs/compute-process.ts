/**
 * Entry of the process in which models are trained and evaluated and structures made, one after another, so that neither the API nor a worker's
 * heartbeat ever waits for arithmetic. Started by forked-compute.ts.
 */
import { generateCluster } from '../chemistry/s-blda/generator.ts';
import { NatriumError } from '../errors.ts';
import { MODELS, predictShieldings } from '../ml/models.ts';
import type { ComputeReply, ComputeRequest } from './compute-messages.ts';

function reply(message: ComputeReply): void {
  process.send!(message);
}

async function answer(request: ComputeRequest): Promise<void> {
  const { id } = request;
  try {
    if (request.kind === 'train') {
      const { task } = request;
      const trained = await MODELS[task.settings.kind].train(task, (progress) =>
        reply({ id, kind: 'progress', progress }),
      );
      reply({ id, kind: 'trained', ...trained });
    } else if (request.kind === 'predict') {
      reply({ id, kind: 'predicted', shieldings: await predictShieldings(request.weights, request.inputs) });
    } else {
      const { parameters, from, to } = request;
      const clusters = Array.from({ length: to - from }, (_, k) => generateCluster(parameters, from + k));
      reply({ id, kind: 'generated', clusters });
    }
  } catch (error) {
    const known = error instanceof NatriumError ? error : null;
    const message = known?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
    reply({ id, kind: 'failed', code: known?.code ?? null, message, details: known?.details ?? {} });
  }
}

let turn = Promise.resolve();
process.on('message', (request: ComputeRequest) => {
  turn = turn.then(() => answer(request));
});
// whoever asked is gone: nobody is left to answer
process.on('disconnect', () => process.exit());
// the terminal sends Ctrl-C to everybody; the parent decides when this process ends
process.on('SIGINT', () => {});
