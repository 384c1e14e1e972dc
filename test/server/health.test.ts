import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import type {} from '../support/global-setup.ts';
import { requestAs } from '../support/host-request.ts';
import { runSql, testDatabase } from '../support/postgres.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { SMALL_SPLIT, syntheticClusters } from '../support/synthetic-clusters.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let server: TestServer;

beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer({ environment: { DATABASE_URL: database.url, NATRIUM_WORKERS: '0' } });
});
afterAll(async () => {
  await server?.dispose();
  await database?.drop();
});

interface Readiness {
  readonly httpStatus: number;
  readonly status: string;
  readonly missing: Readonly<Record<string, string>>;
  readonly warnings: Readonly<Record<string, string>>;
}

async function readiness(): Promise<Readiness> {
  const response = await fetch(`${server.url}/readyz`);
  return { httpStatus: response.status, ...((await response.json()) as Omit<Readiness, 'httpStatus'>) };
}

async function whenReadiness(what: string, holds: (now: Readiness) => boolean): Promise<Readiness> {
  return until(async () => {
    const now = await readiness();
    return holds(now) && now;
  }, what);
}

const isReady = ({ httpStatus }: Readiness) => httpStatus === 200;

const sql = (text: string, url = database.url) => runSql(url, text);

async function isLive(): Promise<boolean> {
  return (await fetch(`${server.url}/livez`)).status === 200;
}

describe('readiness', () => {
  test('that all is there but a worker is a warning', async () => {
    const now = await readiness();
    expect(now).toEqual({
      httpStatus: 200,
      status: 'ready',
      missing: {},
      warnings: { workers: 'no worker takes jobs: they wait' },
    });
  });

  test('is told whatever a probe calls the server, and without a token', async () => {
    for (const path of ['livez', 'readyz']) {
      const { status } = await requestAs(`${server.url}/${path}`, {
        host: '10.1.2.3:4000',
        authorization: 'Bearer none',
      });
      expect(status).toBe(200);
    }
  });

  test('names the database when it is away, and comes back with it', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const postgres = inject('postgresUrl');
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`, postgres);
    await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`, postgres);
    // what ends connections does not wait for their end: one may still be answered
    const away = await whenReadiness('a database that is away', ({ missing }) => 'database' in missing);
    expect(away).toMatchObject({
      httpStatus: 503,
      status: 'not ready',
      missing: { database: 'the database cannot be reached at the moment; try again' },
      warnings: {},
    });
    expect(await isLive()).toBe(true);
    await sql(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`, postgres);
    await whenReadiness('readiness', isReady);
  });

  test('names a migration that the database lacks, and one that this program does not know', async () => {
    await sql('CREATE TABLE kept AS SELECT * FROM schema_migrations ORDER BY name DESC LIMIT 1');
    await sql('DELETE FROM schema_migrations WHERE name IN (SELECT name FROM kept)');
    const behind = await whenReadiness('a server that is not ready', (now) => !isReady(now));
    expect(behind.missing).toEqual({
      migrations: expect.stringMatching(
        /^the database is at schema \d{4}, and this Natrium needs \d{4}: .* run `natrium migrate`/,
      ),
    });
    await sql('INSERT INTO schema_migrations (timestamp, name) SELECT timestamp, name FROM kept');
    await whenReadiness('readiness', isReady);

    await sql(`INSERT INTO schema_migrations (timestamp, name) VALUES (9999, '9999-later-0000000009999')`);
    const ahead = await whenReadiness('a server that is not ready', (now) => !isReady(now));
    expect(ahead.missing).toEqual({
      migrations: expect.stringMatching(
        /^the database is at schema 9999, and this Natrium knows \d{4}: update this Natrium$/,
      ),
    });
    const refused = await until(async () => {
      const { errors } = await server.ask('{ clusters(first: 1) { totalCount } }');
      return errors?.[0];
    }, 'a refusal');
    expect(refused).toMatchObject({ message: ahead.missing.migrations, extensions: { code: 'UNAVAILABLE' } });
    await sql(`DELETE FROM schema_migrations WHERE name LIKE '9999%'`);
    await whenReadiness('readiness', isReady);
    await until(
      async () => (await server.ask('{ clusters(first: 1) { totalCount } }')).errors === undefined,
      'answers',
    );
  });

  test('names the artifact store when nothing can be written there', async () => {
    const folder = join(server.dataFolder, 'artifacts');
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, 'in the way');
    const away = await whenReadiness('a server that is not ready', (now) => !isReady(now));
    expect(Object.keys(away.missing)).toEqual(['artifactStore']);
    expect(away.missing.artifactStore).toContain(folder);
    expect(await isLive()).toBe(true);
    await rm(folder);
    await whenReadiness('readiness', isReady);
  });

  test('names the artifact store when it is another one', async () => {
    const { answer } = await server.request<{ answer: { sourceSha256: string } }>(
      `mutation ($content: String!) {
        answer: importCalculations(input: { fileName: "one.extxyz", content: $content }) { sourceSha256 }
      }`,
      { content: syntheticClusters({ clusters: SMALL_SPLIT, seed: 1 }) },
    );
    const path = join(server.dataFolder, 'artifacts', artifactKey(answer.sourceSha256));
    await rename(path, `${path}-elsewhere`);
    const foreign = await whenReadiness('a server that is not ready', (now) => !isReady(now));
    expect(foreign.missing).toEqual({
      artifactStore: expect.stringMatching(/has none of the artifacts that the database names last: give all servers/),
    });
    await rename(`${path}-elsewhere`, path);
    await whenReadiness('readiness', isReady);
  });

  test('is logged when it changes, and not with every probe', async () => {
    const lines = () => server.output().match(/the artifact store: .*/g) ?? [];
    await until(async () => /as it should be again/.test(lines()[3]), 'the last of them');
    expect(lines()).toHaveLength(4);
    expect(lines()[1]).toMatch(/as it should be again/);
    expect(server.output()).not.toMatch(/GET \/(livez|metrics)/);
  });
});

describe('metrics', () => {
  async function scrape(): Promise<Map<string, number>> {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }
  const count = (field: string, type: string, outcome: string) =>
    `natrium_graphql_operation_duration_seconds_count{operation="${field}",type="${type}",outcome="${outcome}"}`;
  const requests = (route: string, method: string, status: string) =>
    `natrium_http_request_duration_seconds_count{route="${route}",method="${method}",status="${status}"}`;

  test('count requests and operations, by what they ask and how they end', async () => {
    await server.request('{ viewer { name } }');
    await server.request('query Named { viewer { name } }');
    await server.request('{ viewer { name } server { version } }');
    await server.request('{ __schema { queryType { name } } }');
    await server.request('query F { ...Fields } fragment Fields on Query { ... on Query { server { version } } }');
    await server.ask('{ nonsense }');
    await server.ask('{');
    await server.ask('mutation { createFeatureSet(input: { name: "none" }) { id } }');
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    await fetch(`${server.url}/nowhere`);
    const metrics = await scrape();
    expect(metrics.get(count('viewer', 'query', 'ok'))).toBe(2);
    expect(metrics.get(count('several', 'query', 'ok'))).toBe(1);
    expect(metrics.get(count('introspection', 'query', 'ok'))).toBe(1);
    expect(metrics.get(count('server', 'query', 'ok'))).toBe(1);
    expect(metrics.get(count('other', 'unknown', 'GRAPHQL_VALIDATION_FAILED'))).toBe(1);
    expect(metrics.get(count('other', 'unknown', 'GRAPHQL_PARSE_FAILED'))).toBe(1);
    expect(metrics.get(count('other', 'unknown', 'BAD_REQUEST'))).toBe(1);
    expect(metrics.get(count('createFeatureSet', 'mutation', 'BAD_USER_INPUT'))).toBe(1);
    expect(metrics.get(requests('other', 'GET', '404'))).toBe(1);
    expect(metrics.get(requests('/graphql', 'POST', '200'))).toBeGreaterThan(4);
  });

  test('tell of queues, trials, workers, the pool, subscriptions and the process', async () => {
    await sql(`INSERT INTO pgboss.job (name, data, created_on) VALUES ('trial', '{}', now() - interval '90 seconds')`);
    const metrics = await scrape();
    expect(metrics.get('natrium_jobs{kind="trial",state="waiting"}')).toBe(1);
    expect(metrics.get('natrium_jobs{kind="trial",state="running"}')).toBe(0);
    expect(metrics.get('natrium_jobs{kind="import",state="waiting"}')).toBe(0);
    expect(metrics.get('natrium_oldest_waiting_job_seconds{kind="trial"}')).toBeGreaterThanOrEqual(90);
    expect(metrics.get('natrium_oldest_waiting_job_seconds{kind="import"}')).toBe(0);
    expect(metrics.get('natrium_database_up')).toBe(1);
    expect(metrics.get('natrium_workers')).toBe(0);
    expect(metrics.get('natrium_running_trials')).toBe(0);
    expect(metrics.get('natrium_training_steps_per_second')).toBe(0);
    expect(metrics.get('natrium_subscriptions')).toBe(0);
    for (const name of [
      'natrium_websockets',
      'natrium_database_connections{state="busy"}',
      'natrium_database_connections{state="waiting"}',
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(metrics.has(name), name).toBe(true);
    }
    await sql(`DELETE FROM pgboss.job WHERE name = 'trial'`);
  });

  test('have as many series whatever callers make up', async () => {
    await server.ask('query First { models(first: 1) { totalCount } }');
    await fetch(`${server.url}/first`);
    // Node's own have one for each kind of garbage collection that there was
    const series = async () => [...(await scrape()).keys()].filter((name) => name.startsWith('natrium_'));
    const before = await series();
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await server.ask(`query Name${i} { made${i}: models(first: 1) { totalCount } }`);
        await server.ask(`query { made${i} }`);
        await fetch(`${server.url}/made/up${i}`);
      }),
    );
    expect(await series()).toEqual(before);
  });

  test('leave out what the database knows while it is away', async () => {
    await sql('ALTER TABLE trials RENAME TO hidden');
    try {
      const metrics = await scrape();
      expect(metrics.get('natrium_database_up')).toBe(0);
      expect(
        [...metrics.keys()].filter((name) => /^natrium_(jobs|oldest|running|training|workers)/.test(name)),
      ).toEqual([]);
    } finally {
      await sql('ALTER TABLE hidden RENAME TO trials');
    }
    expect((await scrape()).get('natrium_database_up')).toBe(1);
  });
});
