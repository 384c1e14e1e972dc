import { hostname } from 'node:os';
import { type Log, openParts } from '../composition.ts';
import type { Config } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { startWorker } from '../jobs/worker.ts';
import { workerApplication } from '../store/workers-alive.ts';

/** From SIGTERM to the end, whatever the database and the artifact store do. */
export const LONGEST_STOP_MS = 10_000;

/** `natrium worker`: trains what the queue holds, one trial at a time, until it is told to stop. */
export async function runWorker(config: Config, log: Log): Promise<void> {
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
  const stopping = new AbortController();
  const parts = await openParts(config, config.databaseUrl, workerApplication(hostname(), process.pid), log, 'worker');
  const { registry, queue, compute } = parts;
  await startWorker({
    registry,
    queue,
    compute,
    name,
    log,
    stopping: stopping.signal,
    trialsPerUser: config.trialsPerUser,
  });
  log(`worker ${name} is ready`);
  const stop = async () => {
    // whoever sent the signal kills what has not ended in time
    setTimeout(() => {
      log(`worker ${name} could not give back what it has; another takes it over`);
      process.exit(1);
    }, LONGEST_STOP_MS);
    stopping.abort();
    await parts.close();
    process.exit();
  };
  process.once('SIGTERM', stop);
  if (!process.connected) process.once('SIGINT', stop);
}
