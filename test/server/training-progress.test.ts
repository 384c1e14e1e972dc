import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../support/api.ts';
import { workersOf } from '../support/processes.ts';
import { until } from '../support/server.ts';
import { Watched } from '../support/subscriptions.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import {
  type CurvePoint,
  ENDLESS_SCHNET,
  LONGER_SCHNET,
  readRun,
  runEnded,
  runUnderWay,
  trainLasso,
  trainSchNet,
} from '../support/training.ts';

let server: ApiServer;
let datasetVersion: string;

beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
});
afterAll(() => server?.dispose());

/** Several seconds of training, and so several reports. */
function epochs(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** The curve of a trial by the query, page after page. */
async function queriedCurve(trial: string): Promise<(CurvePoint & { seconds: number })[]> {
  const points: (CurvePoint & { seconds: number })[] = [];
  for (let after: string | null = null; ; ) {
    const answer: {
      node: {
        curve: {
          nodes: (CurvePoint & { seconds: number })[];
          pageInfo: { hasNextPage: boolean; endCursor: string | null };
        };
      };
    } = await server.request(
      `query ($trial: ID!, $after: String) { node(id: $trial) { ... on Trial { curve(first: 200, after: $after) {
        nodes { x trainLoss validationLoss trainRmsePpm validationRmsePpm seconds } pageInfo { hasNextPage endCursor }
      } } } }`,
      { trial, after },
    );
    const { curve } = answer.node;
    points.push(...curve.nodes);
    if (!curve.pageInfo.hasNextPage) return points;
    after = curve.pageInfo.endCursor;
  }
}

async function listeners(): Promise<number[]> {
  const rows = await server.sql(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'natrium api, listening'`,
  );
  return rows.map(({ pid }) => pid as number);
}

describe('trainingRunUpdated', () => {
  test('tells each epoch once and in order, whether it is asked before, during or after the training', async () => {
    const seeds = [1, 2];
    const id = await trainSchNet(server, { model: 'watched', datasetVersion, ...LONGER_SCHNET, seeds });
    const before = new Watched(server, id);
    await until(async () => before.updates.length > 0, 'the first update');
    expect(before.updates[0]).toMatchObject({
      trainingRun: { id, state: expect.stringMatching(/QUEUED|RUNNING/), modelVersion: null },
      trials: seeds.map((seed) => ({ trial: { seed } })),
    });
    await runUnderWay(server, id);
    const during = new Watched(server, id);
    const run = await runEnded(server, id);
    const after = new Watched(server, id);

    for (const watched of [before, during, after]) {
      await watched.ended;
      expect(watched.updates.at(-1)!.trainingRun).toEqual({
        ...{ id, state: 'SUCCEEDED', failure: null, modelVersion: { reference: 'watched/1' } },
      });
      for (const { id: trial, outcome } of run.trials) {
        expect(watched.epochsOf(trial)).toEqual(epochs(LONGER_SCHNET.epochs));
        expect(watched.pointsOf(trial)).toMatchObject(outcome!.curve);
      }
    }
    expect(before.updates.length).toBeGreaterThan(4);
    expect(after.updates).toHaveLength(1);
    const [{ id: trial }] = run.trials;
    expect(await queriedCurve(trial)).toEqual(before.pointsOf(trial));
    for (const { seconds } of before.pointsOf(trial)) expect(seconds).toBeGreaterThan(0);
  });

  test('ends with a run that is cancelled, whose curve stays', async () => {
    const id = await trainSchNet(server, { model: 'cancelled', datasetVersion, ...ENDLESS_SCHNET });
    const watched = new Watched(server, id);
    const { trials } = await runUnderWay(server, id);
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { state } }`, { id });
    await watched.ended;
    expect(watched.updates.at(-1)).toMatchObject({
      trainingRun: { state: 'CANCELLED', failure: 'cancelled by local admin' },
    });
    // perhaps in the update before
    expect(watched.stateOf(trials[0].id)).toBe('CANCELLED');
    const told = watched.epochsOf(trials[0].id);
    expect(told.length).toBeGreaterThan(0);
    expect((await queriedCurve(trials[0].id)).map(({ x }) => x)).toEqual(told);
  });

  test('tells of a Lasso each alpha, from the largest one down', async () => {
    await server.request(
      `mutation { createFeatureSet(input: { name: "rcn", runningCoordinationNumbers: {} }) { id } }`,
    );
    const alphas = [0.001, 10, 0.1];
    const id = await trainLasso(server, { model: 'lasso', datasetVersion, featureSet: 'rcn', alphas });
    const watched = new Watched(server, id);
    const [{ id: trial }] = (await runEnded(server, id)).trials;
    await watched.ended;
    expect(watched.epochsOf(trial)).toEqual([10, 0.1, 0.001]);
    expect((await queriedCurve(trial)).map(({ x }) => x)).toEqual([10, 0.1, 0.001]);
  });

  test('loses nothing when the connection on which the API listens is broken', async () => {
    const id = await trainSchNet(server, { model: 'deafened', datasetVersion, ...LONGER_SCHNET, epochs: 100_000 });
    const watched = new Watched(server, id);
    const heard = (count: number) => until(async () => watched.updates.length >= count, `update ${count}`);
    await heard(2);
    for (const count of [3, 4]) {
      const [pid] = await until(
        async () => ((await listeners()).length === 1 ? await listeners() : null),
        'the listener',
      );
      await server.sql('SELECT pg_terminate_backend($1)', [pid]);
      await until(async () => (await listeners()).some((other) => other !== pid), 'another listener');
      await heard(count);
    }
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { state } }`, { id });
    await watched.ended;
    const [{ id: trial }] = (await readRun(server, id)).trials;
    const told = watched.epochsOf(trial);
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(epochs(told.length));
    expect((await queriedCurve(trial)).map(({ x }) => x)).toEqual(told);
    expect(server.output()).toMatch(/changes of training runs: .*; listening again in \d+ ms/);
  });

  test('neither repeats nor leaves out an epoch when a worker is killed, and nor does the query', async () => {
    const id = await trainSchNet(server, { model: 'killed', datasetVersion, ...LONGER_SCHNET, epochs: 100_000 });
    const watched = new Watched(server, id);
    const [{ id: trial }] = (await runUnderWay(server, id)).trials;
    const log = server.output().length;
    await until(async () => server.output().slice(log).includes('checkpoint kept'), 'a checkpoint');
    const told = () => watched.epochsOf(trial).length;
    const atCheckpoint = told();
    await until(async () => told() > atCheckpoint, 'epochs after the checkpoint');
    const [worker] = workersOf(server.dataFolder);
    process.kill(worker.pid, 'SIGKILL');
    const atDeath = told();

    await until(async () => {
      const queried = (await queriedCurve(trial)).map(({ x }) => x);
      expect(queried).toEqual(epochs(queried.length));
      expect(queried.length).toBeGreaterThan(0);
      return told() > atDeath + 100 && (await readRun(server, id)).trials[0].attempt === 2;
    }, 'epochs of the next attempt');
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { state } }`, { id });
    await watched.ended;
    expect(watched.updates.at(-1)).toMatchObject({ trainingRun: { state: 'CANCELLED' } });
    expect(watched.epochsOf(trial)).toEqual(epochs(told()));
    expect((await queriedCurve(trial)).map(({ x }) => x)).toEqual(epochs(told()));
  });
});
