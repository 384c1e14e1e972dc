import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generated, startGeneration } from '../support/cluster-runs.ts';
import { type Fleet, jobOf, readWorkers, startFleet, workerWhen } from '../support/fleet.ts';
import { type RestartablePostgres, startRestartablePostgres } from '../support/restartable-postgres.ts';
import { until } from '../support/server.ts';
import { Watched } from '../support/subscriptions.ts';
import {
  ENDLESS_SCHNET,
  LONGER_SCHNET,
  readRun,
  runEnded,
  runUnderWay,
  runWhen,
  trainSchNet,
} from '../support/training.ts';
import type { TestWorker } from '../support/worker.ts';

const LONGER = { ...LONGER_SCHNET, epochs: 1200 };

let postgres: RestartablePostgres;
let fleet: Fleet;
let worker: TestWorker;
beforeAll(async () => {
  postgres = await startRestartablePostgres();
  fleet = await startFleet({ database: postgres });
  worker = await fleet.startWorker();
});
afterAll(() => fleet?.dispose());

const train = (model: string, input: object) =>
  trainSchNet(fleet.server, { model, datasetVersion: 'synthetic/1', ...input });

/** Until the API answers again. */
const back = () =>
  until(async () => (await fleet.server.ask('{ server { schemaVersion } }')).errors === undefined, 'the API');

describe('a database that is stopped and started again', () => {
  test('is answered for by UNAVAILABLE meanwhile; a trial goes on with the worker that has it, and whoever watches sees each epoch once', async () => {
    const { server } = fleet;
    const id = await train('on', LONGER);
    const [trial] = (await runUnderWay(server, id)).trials;
    const watched = new Watched(server, id);
    await until(async () => watched.epochsOf(trial.id).length > 0, 'the first epoch told');
    await postgres.stop();
    const { errors } = await server.ask('{ server { schemaVersion } }');
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    await until(async () => worker.output().includes('cannot'), 'the worker to hear of it');
    await postgres.start();
    await back();
    const run = await runEnded(server, id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', trials: [{ attempt: 1, worker: worker.name }] });
    expect((await jobOf(server, 'TRIAL', trial.id)).attempts).toMatchObject([{ ending: 'SUCCEEDED' }]);
    // every queue was asked for twice a second
    expect(worker.output().match(/^error: job queue: .*ECONNREFUSED.*$/gm)).toHaveLength(1);
    await watched.ended;
    expect(watched.epochsOf(trial.id)).toEqual(Array.from({ length: LONGER.epochs }, (_, epoch) => epoch + 1));

    const whole = await runEnded(server, await train('whole', LONGER));
    expect(run.trials[0].weightsSha256).toBe(whole.trials[0].weightsSha256);
  });

  test('when a trial ends meanwhile: its result waits for it', async () => {
    const { server } = fleet;
    const done = () => worker.output().match(/done in/g)?.length ?? 0;
    const before = done();
    const id = await train('ends', { ...LONGER, epochs: 1000 });
    await runUnderWay(server, id);
    await postgres.stop();
    await until(async () => done() > before, 'the end of the training');
    await postgres.start();
    await back();
    expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED', trials: [{ attempt: 1 }] });
  });

  test('keeps a cluster run, which makes each cluster once', async () => {
    const { server } = fleet;
    const { id } = await startGeneration(server, { sizes: [20, 30], clustersPerSize: 500, seed: 3 });
    await until(async () => (await clustersOf(id)) > 0, 'the first batch');
    await postgres.stop();
    await postgres.start();
    await back();
    await until(async () => (await jobOf(server, 'CLUSTER_RUN', id)).state === 'SUCCEEDED', 'the end of the run');
    const [{ items }] = await fleet.sql('SELECT count(*)::int AS items FROM cluster_run_items');
    expect(items).toBe(1000);
    const other = await generated(server, { sizes: [20, 30], clustersPerSize: 500, seed: 3 });
    expect(other).toMatchObject({ existing: 1000, inserted: 0 });
  });

  test('stops no worker: it takes the next trial, and can be cancelled', async () => {
    const { server } = fleet;
    await postgres.stop();
    await postgres.start();
    await back();
    const id = await train('next', ENDLESS_SCHNET);
    await runUnderWay(server, id);
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }`, { id });
    await runWhen(server, id, 'cancelled', ({ state }) => state === 'CANCELLED');
    expect((await readRun(server, id)).trials[0].worker).toBe(worker.name);
    await workerWhen(server, worker.name, 'ALIVE');
    expect(await readWorkers(server)).toHaveLength(1);
  });

  test('does not keep a worker that is told to stop while it is away', async () => {
    const { server } = fleet;
    const other = await fleet.startWorker();
    await server.request('mutation ($worker: String!) { drainWorker(input: { worker: $worker }) { name } }', {
      worker: worker.name,
    });
    expect(await worker.ended).toBe(0);
    const id = await train('stopped', ENDLESS_SCHNET);
    await runUnderWay(server, id);
    await postgres.stop();
    other.process.kill('SIGTERM');
    expect(await other.ended).toBe(0);
    await postgres.start();
    await back();
    expect(await readRun(server, id)).toMatchObject({ state: 'RUNNING', trials: [{ attempt: 1, worker: other.name }] });
  });
});

describe('a database that hangs', () => {
  test('keeps neither a server nor a worker from ending', async () => {
    const { server } = fleet;
    const last = await fleet.startWorker();
    postgres.hang();
    server.process.kill('SIGTERM');
    last.process.kill('SIGTERM');
    expect(await last.ended).toBe(1);
    expect(last.output()).toContain('could not give back what it has; another takes it over');
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('not everything could be stopped in time');
  });
});

async function clustersOf(clusterRun: string): Promise<number> {
  const { run } = await fleet.server.request<{ run: { inserted: number } }>(
    'query ($id: ID!) { run: clusterRun(id: $id) { inserted } }',
    { id: clusterRun },
  );
  return run.inserted;
}
