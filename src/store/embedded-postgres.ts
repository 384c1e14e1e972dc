import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { NatriumError } from '../errors.ts';
import { linkLibraries, locateBinaries, type PostgresBinaries } from './embedded/binaries.ts';
import {
  clusterOwner,
  createCluster,
  giveCluster,
  ROLE,
  readOrCreatePassword,
  removeForeignPidFile,
  requireSameMajorVersion,
} from './embedded/cluster.ts';
import { type Confinement, chooseConfinement } from './embedded/confinement.ts';
import { type FolderLock, LOCK_CONFLICT_EXIT_CODE, lockFolder } from './embedded/folder-lock.ts';
import { type LogFile, openLogFile } from './embedded/log-file.ts';
import { requireUtilLinux } from './embedded/programs.ts';
import { endOf, hasEnded, shutDown } from './embedded/shutdown.ts';

const DATABASE = 'natrium';
const PORT_ATTEMPTS = 5;
/** How long the PostgreSQL of a killed server may take to end; its shutdown writes at most its 128 MB of buffers. */
const PREDECESSOR_SECONDS = 60;
/** Replaying the log of a crashed database takes time in proportion to that log, at most 1 GB by default. */
const START_LIMIT_MILLISECONDS = 600_000;
const POLL_MILLISECONDS = 10;

/** A running PostgreSQL of our own. */
export interface EmbeddedPostgres {
  /** connects as the owner of the database `natrium`; holds the password */
  readonly url: string;
  /** resolves with a reason if PostgreSQL ends by itself; after `stop` it stays pending */
  readonly exited: Promise<string>;
  /** ends PostgreSQL (open transactions are rolled back) and frees the data folder; calling it again is harmless */
  stop(): Promise<void>;
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

/**
 * Starts PostgreSQL from the npm package on `dataFolder`, and at the first time creates an empty database there. It listens
 * on a free port of 127.0.0.1 with a random password, which only the owner of the data folder can read.
 *
 * It ends with this process, even when that is killed with SIGKILL, and then by a fast shutdown; a start that follows waits
 * for it. What was committed is never lost. The Linux parent-death signal follows the *thread* that starts PostgreSQL, so
 * call this from the main thread.
 *
 * Files: `postgres/` (the database), `postgres-password`, `postgres.log` and `postgres.log.1` (8 MiB each), `postgres-libraries/`
 * (links), `natrium.lock` (held by the server) and `postgres.lock` (held by PostgreSQL).
 *
 * @param options.dataFolder created with mode 0700 when missing
 * @param options.log receives one line per event worth telling
 * @throws NatriumError INVALID_STATE when another process uses the folder, or its database is of another version or user;
 *   UNAVAILABLE when something is missing or PostgreSQL does not start, with the end of its log
 */
export async function startEmbeddedPostgres(options: {
  dataFolder: string;
  log: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const dataFolder = resolve(options.dataFolder);
  const binaries = await locateBinaries();
  await requireUtilLinux();
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(join(dataFolder, 'natrium.lock'), `the data folder ${dataFolder}`);
    return await startLocked({ ...options, dataFolder, binaries, lock });
  } catch (error) {
    if (error instanceof NatriumError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new NatriumError(
      'UNAVAILABLE',
      `The data folder ${dataFolder} cannot be used (${error.message}): start Natrium as the owner of its files, ` +
        'make room on its disk, or set NATRIUM_DATA_FOLDER to another folder.',
      {},
      { cause: error },
    );
  }
}

async function startLocked(options: {
  readonly dataFolder: string;
  readonly binaries: PostgresBinaries;
  readonly lock: FolderLock;
  readonly log: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const { dataFolder, binaries, lock } = options;
  let logFile: LogFile | undefined;
  let child: ChildProcess | undefined;
  try {
    const cluster = join(dataFolder, 'postgres');
    const environment = {
      PATH: process.env.PATH ?? '',
      LC_ALL: 'C',
      // relative to the working folder, since a colon in an absolute path would split it
      LD_LIBRARY_PATH: 'postgres-libraries',
    };
    await linkLibraries(binaries, join(dataFolder, 'postgres-libraries'));
    const owner = await clusterOwner(cluster);
    const { confinement, version } = await chooseConfinement(binaries, dataFolder, environment, owner);
    const password = await readOrCreatePassword(join(dataFolder, 'postgres-password'));
    if (owner === undefined) {
      options.log(`creating a database in ${cluster}`);
      await createCluster(binaries, confinement, environment, cluster, password);
    }
    await requireSameMajorVersion(cluster, version);
    await giveCluster(cluster, confinement);

    logFile = await openLogFile(join(dataFolder, 'postgres.log'));
    const server = await launch({ binaries, confinement, environment, dataFolder, cluster, logFile, log: options.log });
    child = server.child;
    const url = await openDatabase(server.port, password, logFile);
    options.log(`${version} on 127.0.0.1:${server.port}, data in ${cluster}`);
    return handleOf(server.child, url, dataFolder, logFile, lock.release);
  } catch (error) {
    if (child !== undefined) await shutDown(child);
    await logFile?.close();
    await lock.release();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

interface Launch {
  readonly binaries: PostgresBinaries;
  readonly confinement: Confinement;
  readonly environment: Readonly<Record<string, string>>;
  readonly dataFolder: string;
  readonly cluster: string;
  readonly logFile: LogFile;
  readonly log: (line: string) => void;
}

async function launch(context: Launch): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    await removeForeignPidFile(context.cluster);
    const child = spawnPostgres(context, port);
    try {
      await untilReady(context, child);
      child.unref();
      return { child, port };
    } catch (error) {
      await shutDown(child);
      const portWasTaken = /could not (bind|create any TCP\/IP sockets)/.test(await context.logFile.tail());
      if (!portWasTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function spawnPostgres(context: Launch, port: number): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    shared_buffers: '128MB',
    // each worker, one a core, takes about five connections
    max_connections: '500',
    wal_level: 'minimal',
    max_wal_senders: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    // statements hold the users' data, and failing ones are reported by the server that sent them
    log_min_error_statement: 'panic',
  };
  const command = [
    ...['flock', '--no-fork', '--wait', String(PREDECESSOR_SECONDS)],
    ...['--conflict-exit-code', String(LOCK_CONFLICT_EXIT_CODE), join(context.dataFolder, 'postgres.lock')],
    ...[...context.confinement.prefix, 'setpriv', '--pdeathsig', 'INT'],
    // the signal is not sent if we died before it was asked for
    ...['sh', '-c', '[ "$PPID" = "$1" ] || exit 70; shift; exec "$@"', 'sh', String(process.pid)],
    ...[context.binaries.postgres, '-D', context.cluster],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  return spawn(command[0], command.slice(1), {
    cwd: context.dataFolder,
    env: context.environment,
    stdio: ['ignore', 'ignore', context.logFile.fileDescriptor],
    // a session of its own: Ctrl-C in the terminal must not end the database before the server has shut down
    detached: true,
  });
}

/** Waits until PostgreSQL accepts connections, which it notes in line 8 of its postmaster.pid. */
async function untilReady(context: Launch, child: ChildProcess): Promise<void> {
  const { cluster, logFile, log } = context;
  let spawnError: Error | undefined;
  child.on('error', (error) => {
    spawnError = error;
  });
  const began = Date.now();
  let nextNotice = began + 5_000;
  for (;;) {
    if (spawnError !== undefined || child.exitCode !== null || child.signalCode !== null) break;
    const [pid, , , , , , , status] = await readFile(join(cluster, 'postmaster.pid'), 'utf8').then(
      (text) => text.split('\n'),
      () => [],
    );
    if (Number(pid) === child.pid && status?.trim() === 'ready') return;
    if (Date.now() > began + START_LIMIT_MILLISECONDS)
      throw new NatriumError(
        'UNAVAILABLE',
        `PostgreSQL is not ready after ${START_LIMIT_MILLISECONDS / 60_000} minutes; ${await quote(logFile)}`,
      );
    if (Date.now() > nextNotice) {
      log('PostgreSQL is still starting: it waits for its predecessor to end, or recovers from a crash');
      nextNotice += 10_000;
    }
    await delay(POLL_MILLISECONDS);
  }
  if (child.exitCode === LOCK_CONFLICT_EXIT_CODE)
    throw new NatriumError(
      'UNAVAILABLE',
      `The PostgreSQL of an earlier Natrium still uses ${cluster} after ${PREDECESSOR_SECONDS} s: end it ` +
        `(its pid is in line 1 of ${join(cluster, 'postmaster.pid')}) and start again.`,
    );
  const tail = await logFile.tail();
  const other = /Is another postmaster \(PID (\d+)\) running/.exec(tail)?.[1];
  if (other !== undefined)
    throw new NatriumError(
      'INVALID_STATE',
      `Another PostgreSQL (pid ${other}) uses ${cluster}: stop it, or set NATRIUM_DATA_FOLDER to another folder.`,
      { pid: other },
    );
  throw new NatriumError(
    'UNAVAILABLE',
    `PostgreSQL did not start (${spawnError?.message ?? endOf(child)}); ${await quote(logFile)}`,
  );
}

/** Proves that the password opens the server, creates the database at the first time, and returns the database's URL. */
async function openDatabase(port: number, password: string, logFile: LogFile): Promise<string> {
  const server = `postgres://${ROLE}:${password}@127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: `${server}/postgres`, connectionTimeoutMillis: 30_000 });
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (cause) {
    throw new NatriumError(
      'UNAVAILABLE',
      `PostgreSQL started but cannot be used (${(cause as Error).message}); ${await quote(logFile)}`,
      {},
      { cause },
    );
  } finally {
    await client.end().catch(() => {});
  }
  return `${server}/${DATABASE}`;
}

function handleOf(
  child: ChildProcess,
  url: string,
  dataFolder: string,
  logFile: LogFile,
  releaseFolder: () => Promise<void>,
): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  const exited = new Promise<string>((resolve) => {
    const report = async () => {
      if (stopping === undefined)
        resolve(
          `PostgreSQL of the data folder ${dataFolder} ended by itself (${endOf(child)}); ${await quote(logFile)}`,
        );
    };
    if (hasEnded(child)) void report();
    else child.once('exit', () => void report());
  });
  const stop = async () => {
    await shutDown(child);
    await logFile.close();
    await releaseFolder();
  };
  return {
    url,
    exited,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function quote(logFile: LogFile): Promise<string> {
  const tail = await logFile.tail().catch(() => '');
  return tail === '' ? `its log ${logFile.path} says nothing.` : `the end of its log ${logFile.path}:\n${tail}`;
}
