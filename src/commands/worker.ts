import { hostname } from 'node:os';
import { openParts } from '../composition.ts';
import type { Config } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { Heartbeat, type News } from '../jobs/heartbeat.ts';
import { startWorker } from '../jobs/worker.ts';
import { createLog } from '../logging.ts';
import { KNOWN_SCHEMA } from '../store/schema-version.ts';
import { packageVersion } from '../version.ts';

/** From SIGTERM to the end, whatever the database and the artifact store do. */
export const LONGEST_STOP_MS = 10_000;

/** `natrium worker`: trains what the queue holds, one trial at a time, until it is told to stop or to drain. */
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

  const { pid } = process;
  const host = hostname();
  const name = `${host}:${pid}`;
  const log = createLog('worker', config.logFormat).child({ worker: name });
  const stopping = new AbortController();
  const parts = await openParts(config, config.databaseUrl, `natrium worker ${name}`, log, 'worker');
  const { registry, queue, compute } = parts;
  const worker = { name, host, pid, version: packageVersion };
  const heartbeat = new Heartbeat({ store: registry.store, worker, knownSchema: KNOWN_SCHEMA, log });

  let isDrained = false;
  const stop = async (code: number) => {
    if (stopping.signal.aborted) return;
    setTimeout(() => {
      log.error(`worker ${name} could not give back what it has; another takes it over`);
      process.exit(1);
    }, LONGEST_STOP_MS);
    if (code === 0 && !isDrained) log.info(`worker ${name} stops: what it has goes back to the queue`);
    stopping.abort();
    await queue.stop();
    await heartbeat.end().catch(() => {});
    await parts.close();
    process.exit(code);
  };
  const obey = async (news: News | null): Promise<void> => {
    if (news === 'OTHER_SCHEMA') {
      log.error(
        `worker ${name}: the database was migrated while this worker of schema ${KNOWN_SCHEMA} ran; start it anew with that version`,
      );
      await stop(1);
    }
    if (news !== 'DRAIN') return;
    log.info(`worker ${name} drains: it finishes what it has and takes nothing more`);
    void heartbeat.news(news).then(obey);
    await queue.drain();
    isDrained = true;
    log.info(`worker ${name} is drained`);
    // to the server whose worker it is: not to be replaced
    process.send?.('drained');
    await stop(0);
  };

  // a supervisor may tell it beside the server whose worker it is
  process.on('SIGTERM', () => void stop(0));
  if (!process.connected) process.once('SIGINT', () => void stop(0));
  await heartbeat.begin();
  const { trialsPerUser } = config;
  const isCurrent = () => heartbeat.knowsDatabase();
  await startWorker({ registry, queue, compute, name, log, stopping: stopping.signal, trialsPerUser, isCurrent });
  void heartbeat.news().then(obey);
  log.info(`worker ${name} is ready`);
}
