import { hostname } from 'node:os';
import { openParts } from '../composition.ts';
import type { Config } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { startWorker } from '../jobs/worker.ts';
import { createLog } from '../logging.ts';
import { workerApplication } from '../store/workers-alive.ts';

/** `natrium worker`: trains what the queue holds, one trial at a time, until it is told to stop. */
export async function runWorker(config: Config): Promise<void> {
  if (config.databaseUrl === null) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      'a worker needs DATABASE_URL, the database of the server it works for; `natrium serve` starts workers of its own',
    );
  }
  // Ctrl-C reaches everybody in the terminal; a worker of a server ends when the server says so, or is gone
  if (process.connected) process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit());

  const name = `${hostname()}:${process.pid}`;
  const log = createLog('worker', config.logFormat).child({ worker: name });
  const stopping = new AbortController();
  const parts = await openParts(config, config.databaseUrl, workerApplication(hostname(), process.pid), log);
  const { registry, queue, compute } = parts;
  await startWorker({ registry, queue, compute, name, log, stopping: stopping.signal });
  const stop = async () => {
    stopping.abort();
    await parts.close();
    process.exit();
  };
  process.once('SIGTERM', stop);
  if (!process.connected) process.once('SIGINT', stop);
}
