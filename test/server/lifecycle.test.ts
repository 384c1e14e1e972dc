import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Environment, outcomeOf, spawnCommand } from '../support/command.ts';
import type {} from '../support/global-setup.ts';
import { computeProcessesOf, processesOf, workersOf } from '../support/processes.ts';
import { startTestServer, type TestServer, type TestServerOptions, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { ENDLESS_SCHNET, readRun, runUnderWay, runWhen, trainSchNet } from '../support/training.ts';

const folders: string[] = [];
const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'natrium life '));
  folders.push(folder);
  return folder;
}

async function start(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

/** Sends a signal to the process, or by a negative number to its group, and waits until nobody is left. */
async function end(server: TestServer, signal: NodeJS.Signals, target: 'process' | 'group'): Promise<void> {
  servers.splice(servers.indexOf(server), 1);
  process.kill(target === 'group' ? -server.process.pid! : server.process.pid!, signal);
  await server.ended;
  await nobodyLeft(server.dataFolder);
}

async function nobodyLeft(dataFolder: string): Promise<void> {
  await until(async () => processesOf(dataFolder).length === 0, `the end of everything in ${dataFolder}`).catch(() =>
    expect(processesOf(dataFolder)).toEqual([]),
  );
}

/** A start that shall be refused: its exit code and what it said. */
function refusedStart(dataFolder: string, environment: Environment, command = 'serve') {
  const settings = {
    NATRIUM_PORT: '0',
    NATRIUM_DATA_FOLDER: dataFolder,
    NATRIUM_WORKERS: '1',
    NATRIUM_EXAMPLE_DATA: 'off',
    ...environment,
  };
  return outcomeOf(spawnCommand([command], settings));
}

async function counts(server: TestServer): Promise<object> {
  const { calculations, datasets, trainingRuns } = await server.request<Record<string, { totalCount: number }>>(
    `{ calculations(first: 1) { totalCount } datasets(first: 1) { totalCount } trainingRuns(first: 1) { totalCount } }`,
  );
  return {
    calculations: calculations.totalCount,
    datasets: datasets.totalCount,
    trainingRuns: trainingRuns.totalCount,
  };
}

describe('a server and its data folder, from one start to the next', () => {
  const dataFolder = newFolder();
  let token: string;
  let firstRun: string;
  let secondRun: string;

  test('the first start leaves an admin token for its owner and says where it listens', async () => {
    const server = await start({ dataFolder });
    const tokenPath = join(dataFolder, 'admin-token');
    expect(statSync(tokenPath).mode & 0o777).toBe(0o600);
    token = readFileSync(tokenPath, 'utf8').trim();
    const { viewer } = await server.request<{ viewer: object }>('{ viewer { name role } }', {}, bearer(token));
    expect(viewer).toEqual({ name: 'first admin', role: 'ADMIN' });
    expect(readFileSync(join(dataFolder, 'server-address'), 'utf8')).toBe(`${server.url}\n`);
    expect(server.output()).toContain(`playground ${server.url}/playground/\n`);

    const datasetVersion = await importSyntheticDataset(server, 'kept', { clusters: SMALL_SPLIT, seed: 1 });
    firstRun = await trainSchNet(server, { model: 'kept', datasetVersion, ...ENDLESS_SCHNET });
    await runUnderWay(server, firstRun);
    expect(workersOf(dataFolder)).toHaveLength(1);
    expect(computeProcessesOf(dataFolder)).toHaveLength(1);
    expect(processesOf(dataFolder).filter(({ command }) => /postgres/.test(command)).length).toBeGreaterThan(1);
  });

  test('Ctrl-C ends everything while a training runs, and gives the trial back to the queue', async () => {
    const server = await start({ dataFolder });
    await runUnderWay(server, firstRun);
    const [{ attempt }] = (await readRun(server, firstRun)).trials;
    // a terminal sends the signal to the whole group
    await end(server, 'SIGINT', 'group');
    expect(server.process.exitCode).toBe(0);
    expect(existsSync(join(dataFolder, 'server-address'))).toBe(false);

    const next = await start({ dataFolder });
    const run = await runWhen(next, firstRun, 'taken again', ({ trials }) => trials[0].attempt > attempt);
    expect(run).toMatchObject({ state: 'RUNNING', modelVersion: null, trials: [{ failure: null }] });
  });

  test('SIGTERM does so too', async () => {
    const server = await start({ dataFolder });
    await runUnderWay(server, firstRun);
    await end(server, 'SIGTERM', 'process');
    expect(server.process.exitCode).toBe(0);
  });

  test('also as a supervisor sends it, to all processes and more than once, with a checkpoint', async () => {
    const server = await start({ dataFolder });
    await runUnderWay(server, firstRun);
    const kept = () => server.output().split('checkpoint kept').length - 1;
    const before = kept();
    process.kill(-server.process.pid!, 'SIGTERM');
    await until(async () => server.output().includes('SIGTERM: stopping'), 'the server to hear of it');
    await end(server, 'SIGTERM', 'group');
    expect(server.process.exitCode).toBe(0);
    expect(kept()).toBe(before + 1);
  });

  test('SIGKILL of the server alone, while a training runs, leaves no process behind', async () => {
    const server = await start({ dataFolder });
    await runUnderWay(server, firstRun);
    await end(server, 'SIGKILL', 'process');
  });

  test('SIGKILL of the whole process group, while a training runs, leaves no process behind', async () => {
    const server = await start({ dataFolder });
    secondRun = await trainSchNet(server, { model: 'kept', datasetVersion: 'kept/1', ...ENDLESS_SCHNET });
    await runUnderWay(server, secondRun);
    await end(server, 'SIGKILL', 'group');
  });

  test('the next start has everything, and takes up the trainings whose workers were killed', async () => {
    const server = await start({ dataFolder, environment: { NATRIUM_WORKERS: '2' } });
    expect(await counts(server)).toEqual({ calculations: SMALL_SPLIT.length, datasets: 1, trainingRuns: 2 });
    expect(readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim()).toBe(token);
    const { viewer } = await server.request<{ viewer: object }>('{ viewer { role } }', {}, bearer(token));
    expect(viewer).toEqual({ role: 'ADMIN' });

    const takenUp = async (id: string) => {
      const [{ attempt }] = (await readRun(server, id)).trials;
      await runWhen(
        server,
        id,
        'taken up',
        ({ trials: [trial] }) => trial.attempt > attempt && trial.progress !== null,
      );
    };
    await Promise.all([firstRun, secondRun].map(takenUp));
    await server.request(
      `mutation ($first: ID!, $second: ID!) {
        first: cancelTrainingRun(input: { trainingRun: $first }) { state }
        second: cancelTrainingRun(input: { trainingRun: $second }) { state }
      }`,
      { first: firstRun, second: secondRun },
    );
    await until(async () => computeProcessesOf(dataFolder).length === 0, 'the end of both trainings');
  });

  test('a training that was begun comes before those that wait, though it was given back after them', async () => {
    const first = await start({ dataFolder });
    const [begun, waiting] = [
      await trainSchNet(first, { model: 'kept', datasetVersion: 'kept/1', ...ENDLESS_SCHNET }),
      await trainSchNet(first, { model: 'kept', datasetVersion: 'kept/1', ...ENDLESS_SCHNET, seeds: [2] }),
    ];
    await runUnderWay(first, begun);
    await first.stop();
    const second = await start({ dataFolder });
    await runUnderWay(second, begun);
    expect((await readRun(second, waiting)).state).toBe('QUEUED');
    await second.request(
      `mutation ($begun: ID!, $waiting: ID!) {
        waiting: cancelTrainingRun(input: { trainingRun: $waiting }) { state }
        begun: cancelTrainingRun(input: { trainingRun: $begun }) { state }
      }`,
      { begun, waiting },
    );
    await second.stop();
  });

  test('ends with an error when its database dies, and leaves no process behind', async () => {
    const server = await start({ dataFolder });
    servers.splice(servers.indexOf(server), 1);
    const [postmaster] = readFileSync(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(postmaster), 'SIGKILL');
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('the embedded PostgreSQL ended');
    await nobodyLeft(dataFolder);
  });
});

describe('a start that cannot work is refused in one line', () => {
  let server: TestServer;
  const free = newFolder();

  beforeAll(async () => {
    server = await startTestServer({ environment: { NATRIUM_WORKERS: '0' } });
  });
  afterAll(() => server.dispose());

  test('a data folder that another server uses', async () => {
    const { code, stderr } = await refusedStart(server.dataFolder, {});
    expect(code).toBe(1);
    expect(stderr).toBe(
      `natrium: Another Natrium (pid ${server.process.pid}) uses the data folder ${server.dataFolder}: ` +
        'stop it, or set NATRIUM_DATA_FOLDER to another folder.\n',
    );
    expect(await counts(server)).toMatchObject({ datasets: 0 });
    expect(readFileSync(join(server.dataFolder, 'server-address'), 'utf8')).toBe(`${server.url}\n`);
  });

  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await refusedStart(free, { NATRIUM_PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `natrium: port ${port} is in use; stop the other program or set NATRIUM_PORT to another port\n`,
    );
    await nobodyLeft(free);
    expect(existsSync(join(free, 'server-address'))).toBe(false);
  });

  const database = () => new URL(inject('postgresUrl'));
  test.each<[string, () => Readonly<Record<string, string>>, RegExp]>([
    ['an unknown setting', () => ({ NATRIUM_PROT: '4000' }), /unknown setting NATRIUM_PROT; there are NATRIUM_HOST, /],
    [
      'an address that is not of this machine',
      () => ({ NATRIUM_HOST: '192.0.2.1' }),
      /has no address 192\.0\.2\.1; set NATRIUM_HOST/,
    ],
    [
      'a data folder that is a file',
      () => ({ NATRIUM_DATA_FOLDER: fileURLToPath(import.meta.url) }),
      /the data folder .*lifecycle\.test\.ts cannot be made \(EEXIST\); set NATRIUM_DATA_FOLDER/,
    ],
    [
      'a data folder where none can be made',
      () => ({ NATRIUM_DATA_FOLDER: '/proc/natrium' }),
      /the data folder \/proc\/natrium cannot be made \(E[A-Z]+\); set NATRIUM_DATA_FOLDER/,
    ],
    ['a port that is none', () => ({ NATRIUM_PORT: '65536' }), /NATRIUM_PORT is "65536"; it must be a whole number/],
    ['workers that are no number', () => ({ NATRIUM_WORKERS: 'two' }), /NATRIUM_WORKERS is "two"; it must be/],
    ['example data that are neither on nor off', () => ({ NATRIUM_EXAMPLE_DATA: 'yes' }), /must be on or off/],
    [
      'a DATABASE_URL that is none',
      () => ({ DATABASE_URL: 'mysql://u:secret@h/d' }),
      /DATABASE_URL must be `postgres:/,
    ],
    [
      'a database that does not listen',
      () => ({ DATABASE_URL: 'postgres://natrium:secret@127.0.0.1:1/natrium' }),
      /cannot reach the database at postgres:\/\/natrium:\*\*\*@127.0.0.1:1\/natrium: .*ECONNREFUSED.*check DATABASE_URL/,
    ],
    [
      'a database host that has no address',
      () => ({ DATABASE_URL: 'postgres://natrium:secret@host.invalid/natrium' }),
      /cannot reach the database at .*host\.invalid/,
    ],
    [
      'a wrong password',
      () => ({ DATABASE_URL: Object.assign(database(), { password: 'secret' }).href }),
      /password authentication failed/,
    ],
    [
      'a database that does not exist',
      () => ({ DATABASE_URL: Object.assign(database(), { pathname: '/nowhere' }).href }),
      /database "nowhere" does not exist/,
    ],
    ['S3 without keys', () => ({ S3_ENDPOINT: 'http://127.0.0.1:1' }), /S3_ENDPOINT is set, but S3_ACCESS_KEY is not/],
    ['S3 keys without S3', () => ({ S3_SECRET_KEY: 'secret' }), /S3_SECRET_KEY is set without S3_ENDPOINT/],
    ['an S3 address that is none', () => s3('127.0.0.1:9000'), /S3_ENDPOINT must be a URL such as http:/],
    ['an S3 address with a path', () => s3('http://127.0.0.1:1/bucket'), /S3_ENDPOINT is no address of an S3/],
    [
      'an S3 that does not listen',
      () => s3('http://127.0.0.1:1'),
      /nothing listens there: start it, or check S3_ENDPOINT/,
    ],
  ])('%s', async (_, environment, message) => {
    const { code, stderr } = await refusedStart(free, environment());
    expect(stderr).toMatch(/^natrium: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
    expect(code).toBe(1);
    await nobodyLeft(free);
  });

  test('a worker without a database', async () => {
    const { code, stderr } = await refusedStart(free, {}, 'worker');
    expect(stderr).toMatch(/^natrium: a worker needs DATABASE_URL[^\n]+\n$/);
    expect(code).toBe(1);
  });
});

function s3(endpoint: string): Readonly<Record<string, string>> {
  return { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: 'key', S3_SECRET_KEY: 'secret' };
}

function bearer(secret: string): object {
  return { authorization: `Bearer ${secret}` };
}
