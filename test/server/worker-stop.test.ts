import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { computeProcessesOf } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { ENDLESS_SCHNET, LONGER_SCHNET, readRun, runEnded, runUnderWay, trainSchNet } from '../support/training.ts';
import { startTestWorker, type TestWorker } from '../support/worker.ts';

const dataFolder = mkdtempSync(join(tmpdir(), 'natrium-worker-stop-'));
let database: Awaited<ReturnType<typeof testDatabase>>;
let server: TestServer;
let datasetVersion: string;
const workers: TestWorker[] = [];

beforeAll(async () => {
  database = await testDatabase();
  const environment = { DATABASE_URL: database.url, NATRIUM_WORKERS: '0' };
  server = await startTestServer({ dataFolder, environment });
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
});
afterAll(async () => {
  for (const worker of workers) worker.process.kill('SIGKILL');
  await server?.dispose();
  await database?.drop();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function startWorker(): Promise<TestWorker> {
  const worker = await startTestWorker({ databaseUrl: database.url, dataFolder });
  workers.push(worker);
  return worker;
}

const kept = (worker: TestWorker) => worker.output().split('checkpoint kept').length - 1;

describe('SIGTERM to a worker', () => {
  test('has a checkpoint made there and then, from which another goes on to the same bits', async () => {
    const first = await startWorker();
    const id = await trainSchNet(server, { model: 'stopped', datasetVersion, ...LONGER_SCHNET });
    await runUnderWay(server, id);
    const before = kept(first);
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    // one that was due by itself may have come in between
    expect(kept(first)).toBeGreaterThan(before);
    const [given] = (await readRun(server, id)).trials;
    expect(given).toMatchObject({ state: 'QUEUED', attempt: 1, worker: null, failure: null });

    const second = await startWorker();
    const run = await runEnded(server, id);
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      trials: [{ state: 'SUCCEEDED', attempt: 2, worker: second.name }],
    });
    expect(second.output()).toMatch(/attempt 2\) goes on from its checkpoint/);
    const whole = await runEnded(
      server,
      await trainSchNet(server, { model: 'whole', datasetVersion, ...LONGER_SCHNET }),
    );
    expect(run.trials[0].weightsSha256).toBe(whole.trials[0].weightsSha256);
    expect(run.trials[0].outcome!.curve.map(({ x, trainLoss }) => [x, trainLoss])).toEqual(
      whole.trials[0].outcome!.curve.map(({ x, trainLoss }) => [x, trainLoss]),
    );
    second.process.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  test('as often as it comes, and to its compute process as well, as a supervisor sends it to all of them', async () => {
    const worker = await startWorker();
    const id = await trainSchNet(server, { model: 'supervised', datasetVersion, ...ENDLESS_SCHNET });
    await runUnderWay(server, id);
    const before = kept(worker);
    const computing = computeProcessesOf(dataFolder).filter(({ parent }) => parent === worker.process.pid);
    expect(computing).toHaveLength(1);
    process.kill(computing[0].pid, 'SIGTERM');
    for (let times = 0; times < 3; times++) worker.process.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(kept(worker)).toBe(before + 1);
    expect(worker.output()).toContain(`worker ${worker.name} stops: what it has goes back to the queue`);
    expect((await readRun(server, id)).trials).toMatchObject([{ state: 'QUEUED', attempt: 1, failure: null }]);
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }`, { id });
  });
});
