import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openParts } from '../composition.ts';
import type { Config } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { startHttpServer } from '../http/server.ts';
import { createLog } from '../logging.ts';
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts';
import { packageVersion } from '../version.ts';
import { writeAdminToken } from './admin-token.ts';
import { loadExampleData } from './example-data.ts';
import { LocalWorkers } from './local-workers.ts';
import { removeServerAddress, writeServerAddress } from './server-address.ts';

/** From SIGTERM to the end, also where the database no longer answers; requests and workers have 11 s of it. */
const LONGEST_STOP_MS = 14_000;

/** `natrium serve`: database, API and workers, until Ctrl-C. Parts stop in the opposite order of their start. */
export async function serve(config: Config): Promise<void> {
  const log = createLog('api', config.logFormat);
  const tell = (line: string) => log.info(line);
  const stops: (() => Promise<void>)[] = [];
  let ending: Promise<void> | null = null;
  const end = (code: number): Promise<void> => {
    ending ??= (async () => {
      setTimeout(() => {
        log.error('not everything could be stopped in time: what is left ends with this process');
        process.exit(1);
      }, LONGEST_STOP_MS);
      for (const stop of stops.reverse())
        await stop().catch((error: Error) => log.error(`while stopping: ${error.message}`));
      process.exit(code);
    })();
    return ending;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    // SIGTERM may come once of a supervisor and once of what that told to end as well, npm for one
    if (ending !== null && signal === 'SIGINT') process.exit(1);
    if (ending !== null) return;
    log.info(`${signal}: stopping; Ctrl-C to stop at once`);
    void end(0);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  try {
    await makeDataFolder(config.dataFolder);
    let databaseUrl = config.databaseUrl;
    if (databaseUrl === null) {
      const postgres = await startEmbeddedPostgres({ dataFolder: config.dataFolder, log: tell });
      stops.push(() => postgres.stop());
      void postgres.exited.then((reason) => {
        if (ending !== null) return;
        log.error(`the embedded PostgreSQL ended: ${reason}`);
        void end(1);
      });
      databaseUrl = postgres.url;
    }
    const parts = await openParts(config, databaseUrl, 'natrium api', log);
    stops.push(() => parts.close());
    await parts.removeLeftovers();
    if (config.exampleData && (await loadExampleData(parts.registry))) log.info('example data set na-dft/1 loaded');
    const tokenPath = await writeAdminToken(parts.registry, config.dataFolder);

    const facts = { version: packageVersion, artifactStore: parts.artifacts.description };
    const http = await startHttpServer({
      registry: parts.registry,
      receiver: parts.receiver,
      facts,
      operations: parts.operations,
      reach: config,
      port: config.port,
      log,
    });
    let workers: LocalWorkers | null = null;
    // requests end while trials are given back
    stops.push(async () => void (await Promise.all([http.stop(), workers?.stop()])));
    await writeServerAddress(config.dataFolder, http.url);
    stops.push(() => removeServerAddress(config.dataFolder));
    const environment = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      NATRIUM_DATA_FOLDER: config.dataFolder,
      NODE_ENV: 'production',
    };
    workers = new LocalWorkers(config.workers, environment, log);

    // where nobody asked for JSON, whoever starts the server from a script still reads these lines
    const announce = config.logFormat === null ? console.log : tell;
    announce(`data in ${config.dataFolder}; admin token in ${tokenPath}`);
    announce(`API        ${http.url}/graphql`);
    announce(`playground ${http.url}/playground/`);
  } catch (error) {
    for (const stop of stops.reverse()) await stop().catch(() => {});
    throw error;
  }
}

async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new NatriumError(
      'UNAVAILABLE',
      `the data folder ${path} cannot be made (${code}); set NATRIUM_DATA_FOLDER to a folder that can`,
      {},
      { cause },
    );
  }
}

/** Folder by folder: where a file system refuses new entries, as /proc does, Node's own recursion never ends. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}
