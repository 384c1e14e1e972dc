import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { endOf, withoutSettings } from '../support/command.ts';
import { readCompose, readDockerfile, type Service } from '../support/compose.ts';
import { requestAs } from '../support/host-request.ts';
import { runSql } from '../support/postgres.ts';
import { programOf } from '../support/s3-programs.ts';
import { hasS3Server, unusedPort } from '../support/s3-servers.ts';
import { type TestServer, until } from '../support/server.ts';
import { skipUnless } from '../support/skips.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, SMALL_SCHNET, trainSchNet } from '../support/training.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SECRETS = { POSTGRES_PASSWORD: 'postgresSecret1', MINIO_PASSWORD: 'minioSecret1' };

/** No container engine is needed: each service's own command runs here, in a folder that holds what its image would. */
skipUnless(hasS3Server('minio'), 'minio')('docker/compose.yaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'natrium compose '));
  const image = join(folder, 'natrium');
  const programs = join(folder, 'programs');
  const running = new Map<string, ChildProcess>();
  let services: Readonly<Record<string, Service>>;
  let postgres: EmbeddedPostgres;
  let ports: { api: number; minio: number; postgres: number };
  let output = '';

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataFolder: join(folder, 'postgres'), log: () => {} });
    ports = { api: await unusedPort(), minio: await unusedPort(), postgres: Number(new URL(postgres.url).port) };
    services = readCompose(readFileSync(`${ROOT}docker/compose.yaml`, 'utf8'), SECRETS).services;
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services.postgres.environment;
    // the entrypoint of the image makes them
    await runSql(postgres.url, `ALTER ROLE ${POSTGRES_USER} PASSWORD '${POSTGRES_PASSWORD}'`);
    expect(new URL(postgres.url).pathname).toBe(`/${POSTGRES_DB}`);
    assembleImage();
    assemblePrograms();
  });

  afterAll(async () => {
    for (const name of [...running.keys()].reverse()) await end(name);
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  /** The last stage of the Dockerfile: what it copies, from here as from its other stages. */
  function assembleImage(): void {
    const instructions = readDockerfile(readFileSync(`${ROOT}docker/Dockerfile`, 'utf8'));
    const last = instructions.at(-1)!.stage;
    for (const { text } of instructions.filter(({ stage, name }) => stage === last && name === 'COPY')) {
      const words = text.split(/\s+/).filter((word) => !word.startsWith('--from='));
      const target = join(image, words.at(-1)!);
      for (const word of words.slice(0, -1)) {
        const source = join(ROOT, word.replace(/^\/natrium\//, ''));
        const path = words.length > 2 ? join(target, word) : target;
        mkdirSync(dirname(path), { recursive: true });
        if (word.endsWith('/node_modules')) symlinkSync(source, path);
        else cpSync(source, path, { recursive: true });
      }
    }
  }

  /** What the other images bring. */
  function assemblePrograms(): void {
    mkdirSync(programs);
    symlinkSync(programOf('minio'), join(programs, 'minio'));
    symlinkSync(process.execPath, join(programs, 'node'));
    const isReady = join(programs, 'pg_isready');
    writeFileSync(
      isReady,
      `#!/bin/sh\nexec node -e 'require("net").connect(process.argv[2], process.argv[1]).on("connect", () => process.exit(0)).on("error", () => process.exit(2))' "$2" "$4"\n`,
    );
    chmodSync(isReady, 0o755);
  }

  /** Names of containers, their ports and their folders, as they are here. */
  function here(name: string, text: string): string {
    return text
      .replace('postgres:5432', `127.0.0.1:${ports.postgres}`)
      .replace('minio:9000', `127.0.0.1:${ports.minio}`)
      .replace('127.0.0.1:9000', `127.0.0.1:${ports.minio}`)
      .replace(/^:9000$/, `127.0.0.1:${ports.minio}`)
      .replace(/^5432$/, String(ports.postgres))
      .replace(/^4000$/, String(ports.api))
      .replace(/^\/(data|objects)$/, join(folder, `${name} $1`));
  }

  function environmentOf(name: string): NodeJS.ProcessEnv {
    const own = Object.entries(services[name].environment).map(([key, value]) => [key, here(name, value)]);
    const path = `${programs}:${process.env.PATH}`;
    return { ...withoutSettings(process.env), NODE_ENV: 'production', PATH: path, ...Object.fromEntries(own) };
  }

  function commandOf(name: string, words: readonly string[]): [string, string[]] {
    const [program, ...args] = words.map((word) => here(name, word));
    return [join(programs, program), args];
  }

  /** Whether the service's own health check says that it is well. */
  function isWell(name: string): boolean {
    const [, ...words] = services[name].healthcheck.test;
    const [program, args] = commandOf(name, words);
    return spawnSync(program, args, { cwd: image, env: environmentOf(name) }).status === 0;
  }

  async function start(name: string, container = name): Promise<void> {
    mkdirSync(join(folder, `${name} data`), { recursive: true });
    mkdirSync(join(folder, `${name} objects`), { recursive: true });
    const [program, args] = commandOf(name, services[name].command!);
    const child = spawn(program, args, { cwd: image, env: environmentOf(name), stdio: ['ignore', 'pipe', 'pipe'] });
    running.set(container, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    await until(async () => child.exitCode !== null || isWell(name), `${name} to be well`);
    expect(child.exitCode, output).toBeNull();
  }

  /** As `docker stop` does; answers the exit code. */
  async function end(container: string): Promise<number | null> {
    const child = running.get(container)!;
    running.delete(container);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = endOf(child);
      child.kill('SIGTERM');
      await ended;
    }
    return child.exitCode;
  }

  const token = () => readFileSync(join(folder, 'api data', 'admin-token'), 'utf8').trim();

  /** The API as the helpers of other tests take it, asked by its name among the containers. */
  function api(): TestServer {
    const ask = async (query: string, variables: object = {}) => {
      const headers = { host: 'api:4000', authorization: `Bearer ${token()}` };
      const { body } = await requestAs(`http://127.0.0.1:${ports.api}/graphql`, headers, { query, variables });
      return JSON.parse(body);
    };
    const request = async (query: string, variables?: object) => {
      const { data, errors } = await ask(query, variables);
      if (errors) throw new Error(`${JSON.stringify(errors)}\n${output}`);
      return data;
    };
    return { url: `http://127.0.0.1:${ports.api}`, ask, request } as unknown as TestServer;
  }

  test('the database and the object store are well by their own checks', async () => {
    expect(isWell('postgres')).toBe(true);
    expect(isWell('minio')).toBe(false);
    await start('minio');
    expect(isWell('minio')).toBe(true);
  });

  test('the API becomes well with them, and answers to its name and for a token only', async () => {
    expect(isWell('api')).toBe(false);
    await start('api');
    const answer = await requestAs(`http://127.0.0.1:${ports.api}/metrics`, { host: 'api:4000' });
    expect(answer.status).toBe(401);
    const known = { host: 'api:4000', authorization: `Bearer ${token()}` };
    expect((await requestAs(`http://127.0.0.1:${ports.api}/metrics`, known)).body).toContain('natrium_workers 0');
  });

  test('as many workers as wanted become well', async () => {
    expect(isWell('worker')).toBe(false);
    await start('worker', 'worker-1');
    await start('worker', 'worker-2');
    // both have the name of this machine, by which the check of the second found the first
    const known = { host: 'api:4000', authorization: `Bearer ${token()}` };
    await until(async () => {
      const metrics = await requestAs(`http://127.0.0.1:${ports.api}/metrics`, known);
      return metrics.body.includes('\nnatrium_workers 2\n');
    }, 'both workers');
    const { body } = await requestAs(`http://127.0.0.1:${ports.api}/readyz`, { host: 'api:4000' });
    expect(JSON.parse(body)).toEqual({ status: 'ready', missing: {}, warnings: {} });
  });

  test('they train together, and keep the weights in MinIO', async () => {
    const datasetVersion = await importSyntheticDataset(api(), 'lab', { clusters: SMALL_SPLIT, seed: 1 });
    const id = await trainSchNet(api(), {
      ...SMALL_SCHNET,
      model: 'lab',
      datasetVersion,
      seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    });
    const run = await runEnded(api(), id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', failure: null, modelVersion: { reference: 'lab/1' } });
    expect(new Set(run.trials.map(({ worker }) => worker)).size).toBe(2);
    const { server } = await api().request<{ server: object }>('{ server { artifactStore } }');
    expect(server).toEqual({ artifactStore: `the bucket natrium at http://127.0.0.1:${ports.minio}` });
    expect(existsSync(join(folder, 'minio objects', 'natrium', 'sha256'))).toBe(true);
  });

  test('every line that api and workers print is JSON', () => {
    const lines = output.split('\n').filter((line) => line.includes('"process":'));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
    expect(output).not.toContain(SECRETS.POSTGRES_PASSWORD);
    expect(output).not.toContain(SECRETS.MINIO_PASSWORD);
  });

  test('is stopped cleanly, and the checks say so', async () => {
    for (const container of ['worker-1', 'worker-2', 'api']) expect(await end(container), container).toBe(0);
    for (const name of ['worker', 'api']) expect(isWell(name), name).toBe(false);
  });
});
