import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { errorOf, frame } from '../support/api.ts';
import { finishedImport, startImport, upload } from '../support/bulk.ts';
import { type Command, type Environment, endOf, outcomeOf, spawnCommand } from '../support/command.ts';
import { download } from '../support/exports.ts';
import { testDatabase } from '../support/postgres.ts';
import { processesOf } from '../support/processes.ts';
import { verifyVersion } from '../support/quarantine.ts';
import { describeOnS3Servers, type S3Server, startS3Server } from '../support/s3-servers.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import { LONGER_SCHNET, readRun, runEnded, runUnderWay, trainLasso, trainSchNet } from '../support/training.ts';

const children: Command[] = [];

/** A command of natrium that ends with the test. */
function natrium(command: string, environment: Environment): Command {
  const child = spawnCommand([command], environment);
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = endOf(child);
    child.kill('SIGTERM');
    await ended;
  }
});

const PREDICT = `mutation ($version: String!) {
  predictShieldings(input: {
    modelVersion: $version,
    structures: [{ elements: ["Na", "Na"], positionsAngstrom: [[0, 0, 0], [0, 0, 3.5]] }]
  }) { predictions { shieldingsPpm } }
}`;

/** From a file to shieldings: what every choice of services has to serve. Answers the sha256 of the weights. */
async function shortChain(server: TestServer): Promise<string> {
  const datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  await createSyntheticFeatureSets(server);
  const id = await trainLasso(server, { model: 'lasso', datasetVersion, featureSet: 'cn' });
  const { state, failure, modelVersion } = await runEnded(server, id);
  expect({ state, failure }).toEqual({ state: 'SUCCEEDED', failure: null });
  const { predictShieldings } = await server.request<{ predictShieldings: object }>(PREDICT, { version: 'lasso/1' });
  expect(predictShieldings).toEqual({ predictions: [{ shieldingsPpm: [expect.any(Number), expect.any(Number)] }] });
  return modelVersion!.weightsSha256;
}

describe('a database that DATABASE_URL names', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: TestServer;
  let environment: Environment;

  beforeAll(async () => {
    database = await testDatabase();
    server = await startTestServer({ environment: { DATABASE_URL: database.url, NATRIUM_WORKERS: '0' } });
    environment = { DATABASE_URL: database.url, NATRIUM_DATA_FOLDER: server.dataFolder };
  });
  afterAll(async () => {
    await server.dispose();
    await database.drop();
  });

  test('serves in place of the embedded one, and a worker elsewhere trains for it', async () => {
    natrium('worker', environment);
    const sha256 = await shortChain(server);
    expect(existsSync(join(server.dataFolder, 'artifacts', artifactKey(sha256)))).toBe(true);
    expect(existsSync(join(server.dataFolder, 'postgres'))).toBe(false);
  });

  test('holds a training until there is a worker, and that of a worker that stops until there is another', async () => {
    const others = processesOf(server.dataFolder).map(({ pid }) => pid);
    const id = await trainSchNet(server, {
      ...{ model: 'handed-over', datasetVersion: 'synthetic/1', ...LONGER_SCHNET },
    });
    expect(await readRun(server, id)).toMatchObject({ state: 'QUEUED', trials: [{ attempt: 0, worker: null }] });

    const first = natrium('worker', environment);
    expect(await runUnderWay(server, id)).toMatchObject({
      trials: [{ attempt: 1, worker: expect.stringMatching(new RegExp(`:${first.pid}$`)) }],
    });
    const ended = endOf(first);
    first.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await readRun(server, id)).toMatchObject({ trials: [{ state: 'QUEUED', worker: null }] });
    await until(
      async () => processesOf(server.dataFolder).every(({ pid }) => others.includes(pid)),
      'the end of what the worker computed',
    );

    const second = natrium('worker', environment);
    const run = await runEnded(server, id);
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      trials: [{ failure: null, worker: expect.stringMatching(new RegExp(`:${second.pid}$`)) }],
    });
    expect(run.trials[0].attempt).toBeGreaterThan(1);
  });

  test('refuses a worker whose artifacts are elsewhere, in one line', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'natrium elsewhere '));
    const ended = await outcomeOf(natrium('worker', { ...environment, NATRIUM_DATA_FOLDER: elsewhere }));
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^natrium: [^\n]* has none of the artifacts that the database names last: [^\n]*\n$/,
      ),
    });
    expect(ended.stderr).toContain(elsewhere);
    rmSync(elsewhere, { recursive: true });
  });

  test('serves a second API as well', async () => {
    const other = await startTestServer({ environment: { DATABASE_URL: database.url, NATRIUM_WORKERS: '0' } });
    const { model } = await other.request<{ model: object }>('{ model(name: "lasso") { versions { reference } } }');
    expect(model).toEqual({ versions: [{ reference: 'lasso/1' }] });
    // its artifacts are in a folder that the other one does not see
    expect(await errorOf(other, PREDICT, { version: 'lasso/1' })).toMatchObject({ code: 'CORRUPT_ARTIFACT' });
    await other.dispose();
  });
});

describe('an empty database', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  test('is brought up to date once by servers that start at the same time', async () => {
    const environment = { DATABASE_URL: database.url, NATRIUM_WORKERS: '0' };
    const servers = await Promise.all([startTestServer({ environment }), startTestServer({ environment })]);
    const applied = servers.map((server) => server.output().match(/migration .* applied/g)?.length ?? 0);
    expect(applied.sort()).toEqual([0, applied[1]]);
    expect(applied[1]).toBeGreaterThan(0);
    for (const server of servers) {
      expect((await server.ask('{ server { schemaVersion } }')).errors).toBeUndefined();
      await server.dispose();
    }
  });

  test('is migrated by a command too, which does nothing the second time', async () => {
    const fresh = await testDatabase();
    const run = () => outcomeOf(natrium('migrate', { DATABASE_URL: fresh.url }));
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^applied 0001-registry/), stderr: '' });
    expect(await run()).toEqual({ code: 0, stdout: 'nothing to do\n', stderr: '' });
    await fresh.drop();
  });
});

describeOnS3Servers('an S3 that S3_ENDPOINT names', (name) => {
  let s3: S3Server;
  let settings: Environment;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: TestServer;
  let sha256: string;

  beforeAll(async () => {
    s3 = await startS3Server(name);
    database = await testDatabase();
    settings = { ...s3.environment('weights'), DATABASE_URL: database.url };
    server = await startTestServer({ environment: settings });
  });
  afterAll(async () => {
    await server.dispose();
    await database.drop();
    await s3.stop();
  });

  test('keeps the artifacts in a bucket that it makes', async () => {
    sha256 = await shortChain(server);
    expect(await s3.object('weights', artifactKey(sha256))).not.toBeNull();
    expect(existsSync(join(server.dataFolder, 'artifacts'))).toBe(false);
    const { server: facts } = await server.request<{ server: object }>('{ server { artifactStore } }');
    expect(facts).toEqual({ artifactStore: `the bucket weights at ${s3.endpoint}` });
  });

  test('takes uploads without the API, at an address that it signed', async () => {
    const content = frame({ id: 'by-s3' });
    const id = await upload(server, 'by-s3.extxyz', content);
    const { upload: asked } = await server.request<{ upload: { url: string } }>(
      `query ($id: ID!) { upload(id: $id) { url } }`,
      { id },
    );
    expect(asked.url.startsWith(`${s3.endpoint}/weights/uploads/`)).toBe(true);
    const forged = new URL(asked.url);
    forged.searchParams.set('X-Amz-Signature', '0'.repeat(64));
    expect((await fetch(forged, { method: 'PUT', body: 'forged' })).status).toBe(403);
    expect((await fetch(asked.url)).status).toBe(403);

    const imported = await finishedImport(server, (await startImport(server, [id])).id);
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 1, rejected: 0, uploads: [{ url: null }] });
    const { sha256: source } = imported.uploads[0];
    expect(String(await s3.object('weights', artifactKey(source!)))).toBe(content);
    expect((await s3.keys('weights')).filter((key) => key.startsWith('uploads/'))).toEqual([]);

    const { requested } = await server.request<{ requested: { id: string } }>(
      `mutation { requested: requestUpload(input: { fileName: "none" }) { id } }`,
    );
    const start = `mutation ($id: ID!) { startImport(input: { uploads: [$id] }) { id } }`;
    expect(await errorOf(server, start, { id: requested.id })).toMatchObject({ code: 'INVALID_STATE' });
  });

  test('makes every key itself, whatever files are called', async () => {
    const names = ['../../etc/passwd', '..', '/absolute', 'a\\b', 'sha256/../x', 'ü %2e%2e%2f', 'a?b#c&d=e', '-rf'];
    const uploads = [];
    for (const [i, name] of names.entries()) uploads.push(await upload(server, name, frame({ id: `named-${i}` })));
    const hex = '[0-9a-f]';
    const made = new RegExp(`^(natrium-check|sha256/${hex}{2}/${hex}{2}/${hex}{64}|uploads/${hex}{64})$`);
    for (const key of await s3.keys('weights')) expect(key).toMatch(made);
    const { id } = await startImport(server, uploads);
    expect(await finishedImport(server, id)).toMatchObject({ state: 'SUCCEEDED', inserted: names.length });
    for (const key of await s3.keys('weights')) expect(key).toMatch(made);
  });

  test('keeps exports there too, and answers ranges from it', async () => {
    const url = `${server.url}/exports/synthetic/1.csv`;
    const first = await download(url);
    expect([first.status, first.broken]).toEqual([200, null]);
    const { headers, bytes } = await download(url);
    expect(Buffer.compare(bytes, first.bytes)).toBe(0);
    const key = artifactKey(headers.etag!.slice(1, -1));
    expect(Buffer.compare((await s3.object('weights', key))!, bytes)).toBe(0);
    const rest = await download(url, { range: 'bytes=1000-', 'if-range': headers.etag! });
    expect(Buffer.compare(rest.bytes, bytes.subarray(1000))).toBe(0);
    await s3.remove('weights', key);
    expect(Buffer.compare((await download(url, { range: 'bytes=-9' })).bytes, bytes.subarray(-9))).toBe(0);
  });

  test('never lets damaged weights become a number', async () => {
    const key = artifactKey(sha256);
    const intact = (await s3.object('weights', key))!;
    const damaged = Buffer.from(intact);
    damaged[damaged.length - 1] ^= 1;
    await s3.replace('weights', key, damaged);
    expect(await errorOf(server, PREDICT, { version: 'lasso/1' })).toMatchObject({ code: 'CORRUPT_ARTIFACT' });
    await s3.replace('weights', key, intact);
    expect(await verifyVersion(server, 'lasso/1')).toMatchObject({ state: 'ACTIVE' });
    expect((await server.ask(PREDICT, { version: 'lasso/1' })).errors).toBeUndefined();
  });

  test('refuses a wrong key at the start, in one line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'natrium s3 '));
    const common = { ...settings, NATRIUM_DATA_FOLDER: folder, NATRIUM_PORT: '0' };
    for (const [setting, value] of [
      ['S3_SECRET_KEY', 'wrong'],
      ['S3_ACCESS_KEY', 'nobody'],
      ['S3_BUCKET', 'No Bucket'],
    ]) {
      const { code, stderr } = await outcomeOf(natrium('serve', { ...common, [setting]: value }));
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^natrium: [^\\n]*check ${setting}[^\\n]*\\n$`));
      expect(stderr).not.toContain(s3.secretKey);
    }
    rmSync(folder, { recursive: true });
  });

  test('that is gone makes requests fail, and not the server', async () => {
    await s3.halt();
    expect(await errorOf(server, PREDICT, { version: 'lasso/1' })).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('nothing listens there: start it, or check S3_ENDPOINT'),
    });
    expect((await server.ask('{ viewer { name } }')).errors).toBeUndefined();
  });
});
