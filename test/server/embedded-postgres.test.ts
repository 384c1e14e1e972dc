import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { skipUnless } from '../support/skips.ts';

const SUPPORT = fileURLToPath(new URL('../support/', import.meta.url));

let base: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'natrium embedded postgres '));
});
afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  // a PostgreSQL whose server was just killed may still be writing
  await rm(base, { recursive: true, force: true, maxRetries: 20 });
});

async function start(dataFolder: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataFolder, log: () => {} });
  running.push(postgres);
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function serverPid(dataFolder: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

/** Resolves when the process is gone; one that nobody has waited for yet (state Z) runs no more. */
async function untilGone(pid: number): Promise<void> {
  await expect
    .poll(
      () =>
        readFile(`/proc/${pid}/stat`, 'utf8')
          .then((text) => text.split(') ')[1][0])
          .catch(() => 'gone'),
      {
        timeout: 60_000,
      },
    )
    .toMatch(/Z|X|gone/);
}

/** Starts PostgreSQL in a child process, the leader of its own group. */
async function startInChild(dataFolder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    ['--import', join(SUPPORT, 'typescript-hooks.mjs'), join(SUPPORT, 'hold-postgres.ts'), dataFolder],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  children.push(child);
  const [url] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, url };
}

describe('the embedded PostgreSQL', () => {
  test('keeps its data from one start to the next, in a folder with spaces', async () => {
    const dataFolder = join(base, 'kept data');
    const first = await start(dataFolder);
    await query(first.url, "CREATE TABLE cluster AS SELECT 'Na8' AS name");
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');

    const second = await start(dataFolder);
    expect(await query(second.url, 'SELECT name FROM cluster')).toEqual(['Na8']);
    expect(await query(second.url, "SELECT current_setting('fsync'), current_setting('data_checksums')")).toEqual([
      'on',
      'on',
    ]);
  });

  test('orders text by code point whatever the locale of the machine', async () => {
    const { url } = await start(join(base, 'locale'));
    expect(await query(url, "SELECT x FROM unnest(ARRAY['é', 'a', 'Z', 'z']) AS t(x) ORDER BY x")).toEqual([
      ...['Z', 'a', 'z', 'é'],
    ]);
    expect(await query(url, "SELECT upper('σ'), current_setting('server_encoding')")).toEqual(['Σ', 'UTF8']);
  });

  test('lets in only who knows the password, and keeps it from other users', async () => {
    const dataFolder = join(base, 'password');
    const { url } = await start(dataFolder);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await stat(dataFolder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataFolder, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect(await query(url, "SELECT current_setting('listen_addresses')")).toEqual(['127.0.0.1']);
  });

  test.each([
    ['the process alone', (pid: number) => pid],
    ['its whole process group', (pid: number) => -pid],
  ])('ends with a server killed by SIGKILL, %s, and recovers what was committed', async (name, target) => {
    const dataFolder = join(base, `killed, ${name}`);
    const { child, url } = await startInChild(dataFolder);
    await query(url, 'CREATE TABLE cluster AS SELECT 55 AS size');
    const pid = await serverPid(dataFolder);
    process.kill(target(child.pid!), 'SIGKILL');
    await untilGone(pid);

    expect(await query((await start(dataFolder)).url, 'SELECT size FROM cluster')).toEqual([55]);
  });

  test('starts at once after a server was killed, by waiting for its PostgreSQL to end', async () => {
    const dataFolder = join(base, 'restarted');
    const { child, url } = await startInChild(dataFolder);
    await query(url, 'CREATE TABLE cluster AS SELECT generate_series(1, 100000) AS size');
    child.kill('SIGKILL');
    expect(await query((await start(dataFolder)).url, 'SELECT count(*)::int FROM cluster')).toEqual([100000]);
  });

  test('recovers from a PostgreSQL that was itself killed, and says that it ended', async () => {
    const dataFolder = join(base, 'crashed');
    const first = await start(dataFolder);
    await query(first.url, 'CREATE TABLE cluster AS SELECT 13 AS size');
    process.kill(await serverPid(dataFolder), 'SIGKILL');
    const reason = await first.exited;
    expect(reason).toContain(`PostgreSQL of the data folder ${dataFolder} ended by itself (signal SIGKILL)`);
    expect(reason).toContain('database system is ready to accept connections');
    await first.stop();
    expect(await query((await start(dataFolder)).url, 'SELECT size FROM cluster')).toEqual([13]);
  });

  test('refuses a folder that another server uses, and leaves that one alone', async () => {
    const dataFolder = join(base, 'shared');
    const { url } = await start(dataFolder);
    await expect(start(dataFolder)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message:
        `Another Natrium (pid ${process.pid}) uses the data folder ${dataFolder}: ` +
        'stop it, or set NATRIUM_DATA_FOLDER to another folder.',
    });
    expect(await query(url, 'SELECT 1')).toEqual([1]);
  });

  test('is not misled by a pid file whose number now belongs to another program', async () => {
    const dataFolder = join(base, 'stale pid');
    await (await start(dataFolder)).stop();
    const other = spawn('cat');
    children.push(other);
    await writeFile(join(dataFolder, 'postgres', 'postmaster.pid'), `${other.pid}\n`);
    expect(await query((await start(dataFolder)).url, 'SELECT 1')).toEqual([1]);
  });

  test('removes what a crash during the creation left', async () => {
    const dataFolder = join(base, 'half-made');
    await mkdir(join(dataFolder, 'postgres.initdb-crash', 'data'), { recursive: true });
    await writeFile(join(dataFolder, 'postgres.initdb-crash', 'data', 'PG_VERSION'), '18\n');
    expect(await query((await start(dataFolder)).url, 'SELECT 1')).toEqual([1]);
    expect((await readdir(dataFolder)).filter((name) => name.includes('initdb'))).toEqual([]);
  });

  test('refuses a database of another major version and anything that is no database', async () => {
    const dataFolder = join(base, 'version');
    const cluster = join(dataFolder, 'postgres');
    await mkdir(cluster, { recursive: true });
    await writeFile(join(cluster, 'PG_VERSION'), '12\n');
    await expect(start(dataFolder)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/is of PostgreSQL 12, and the embedded one is PostgreSQL \d+: .*DATABASE_URL/),
    });
    await rm(join(cluster, 'PG_VERSION'));
    await writeFile(join(cluster, 'notes.txt'), 'mine');
    await expect(start(dataFolder)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('holds no PostgreSQL database'),
    });
    expect(await readdir(cluster)).toEqual(['notes.txt']);
  });

  test('quotes the end of the log when PostgreSQL does not start', async () => {
    const dataFolder = join(base, 'broken');
    await (await start(dataFolder)).stop();
    await rm(join(dataFolder, 'postgres', 'global', 'pg_control'));
    await expect(start(dataFolder)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/PostgreSQL did not start \(exit code \d+\).*pg_control/s),
    });
  });

  test('names the folder when it cannot be one', async () => {
    const file = join(base, 'a file');
    await writeFile(file, '');
    await expect(start(join(file, 'data'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`${join(file, 'data')} cannot be used (ENOTDIR`),
    });
  });

  test('names util-linux and the way out when its programs are missing', async () => {
    const path = process.env.PATH;
    process.env.PATH = base;
    try {
      await expect(start(join(base, 'no programs'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/needs flock and setpriv.*util-linux.*DATABASE_URL/),
      });
    } finally {
      process.env.PATH = path;
    }
  });
});

skipUnless(process.getuid?.() === 0, 'root')('the embedded PostgreSQL where root may not make user namespaces', () => {
  let path: string | undefined;
  beforeAll(async () => {
    const programs = join(base, 'programs');
    await mkdir(programs);
    await writeFile(
      join(programs, 'unshare'),
      '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n',
    );
    await chmod(join(programs, 'unshare'), 0o755);
    path = process.env.PATH;
    process.env.PATH = `${programs}${delimiter}${path}`;
  });
  afterAll(() => {
    process.env.PATH = path;
  });

  test('runs under another user, below folders closed to that user', async () => {
    const dataFolder = join(base, 'other user');
    const { url } = await start(dataFolder);
    await query(url, 'CREATE TABLE cluster AS SELECT 8 AS size');
    const status = await readFile(`/proc/${await serverPid(dataFolder)}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    await running.pop()!.stop();
    expect(await query((await start(dataFolder)).url, 'SELECT size FROM cluster')).toEqual([8]);
  });

  test('takes over a database that root made in a user namespace', async () => {
    const dataFolder = join(base, 'taken over');
    const fake = process.env.PATH;
    process.env.PATH = path;
    const { url } = await start(dataFolder);
    await query(url, 'CREATE TABLE cluster AS SELECT 20 AS size');
    await running.pop()!.stop();
    process.env.PATH = fake;
    expect(await query((await start(dataFolder)).url, 'SELECT size FROM cluster')).toEqual([20]);
  });
});
