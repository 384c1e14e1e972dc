import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorOf } from '../support/api.ts';
import { computeProcessesOf } from '../support/processes.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { ENDLESS_SCHNET, runEnded, runUnderWay, SMALL_SCHNET, trainSchNet } from '../support/training.ts';

let server: TestServer;
let datasetVersion: string;

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
});
afterAll(() => server?.dispose());

interface Estimate {
  readonly engine: string;
  readonly secondsPerStep: number;
  readonly secondsPerEpoch: number;
  readonly secondsPerTrial: number;
  readonly seconds: number | null;
}

const FIELDS = `engine secondsPerStep stepsPerEpoch secondsPerEpoch secondsPerTrial trials workers trialsAhead seconds reason`;

test('trainingEstimate measures what trainSchNet would do, each engine by itself, and leaves nothing behind', async () => {
  const input = { model: 'none', datasetVersion, ...SMALL_SCHNET, seeds: [1, 2, 3] };
  const estimates = await server.request<{ wasm: Estimate; tensorflow: Estimate }>(
    `query ($wasm: TrainingEstimateInput!, $tensorflow: TrainingEstimateInput!) {
      wasm: trainingEstimate(input: $wasm) { ${FIELDS} } tensorflow: trainingEstimate(input: $tensorflow) { ${FIELDS} }
    }`,
    { wasm: input, tensorflow: { ...input, engine: 'TENSORFLOW', target: 'TRANSFORMED', loss: 'DISTRIBUTION' } },
  );
  for (const [engine, estimate] of Object.entries(estimates)) {
    expect(estimate.engine).toMatch(new RegExp(`^${engine} \\(`));
    expect(estimate).toMatchObject({ stepsPerEpoch: 2, trials: 3, workers: 1, trialsAhead: 0, reason: null });
    expect(estimate.secondsPerStep).toBeGreaterThan(0);
    expect(estimate.secondsPerEpoch).toBeGreaterThan(2 * estimate.secondsPerStep);
    expect(estimate.secondsPerTrial).toBeCloseTo(20 * estimate.secondsPerEpoch, 9);
    expect(estimate.seconds).toBeCloseTo(3 * estimate.secondsPerTrial, 9);
  }
  const { models, trainingRuns } = await server.request<{ models: object; trainingRuns: object }>(
    '{ models(first: 1) { totalCount } trainingRuns(first: 1) { totalCount } }',
  );
  expect([models, trainingRuns]).toEqual([{ totalCount: 0 }, { totalCount: 0 }]);
  await until(async () => computeProcessesOf(server.dataFolder).length === 0, 'the end of the processes');
});

test.each<[string, object, string]>([
  ['epochs out of range', { epochs: 0 }, 'INVALID_HYPERPARAMETER'],
  ['an unknown data set', { datasetVersion: 'none/1' }, 'NOT_FOUND'],
  ['an idempotency key, which nothing would be kept under', { idempotencyKey: 'x' }, 'BAD_USER_INPUT'],
])('trainingEstimate refuses %s', async (_, changes, code) => {
  const input = { model: 'none', datasetVersion, ...SMALL_SCHNET, ...changes };
  const query = `query ($input: TrainingEstimateInput!) { trainingEstimate(input: $input) { seconds } }`;
  expect(await errorOf(server, query, { input })).toMatchObject({ code });
});

test('a run tells the seconds that are left while it runs', async () => {
  const running = await trainSchNet(server, { model: 'm', datasetVersion, ...ENDLESS_SCHNET });
  const waiting = await trainSchNet(server, { model: 'm', datasetVersion, ...SMALL_SCHNET });
  await runUnderWay(server, running);
  const secondsLeft = async (id: string) => {
    const { trainingRun } = await server.request<{ trainingRun: { secondsLeft: number | null } }>(
      'query ($id: ID!) { trainingRun(id: $id) { secondsLeft } }',
      { id },
    );
    return trainingRun.secondsLeft;
  };
  expect(await secondsLeft(running)).toBeGreaterThan(0);
  expect(await secondsLeft(waiting)).toBeNull();
  await server.request('mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }', {
    id: running,
  });
  expect(await secondsLeft(running)).toBeNull();
  await runEnded(server, waiting);
  expect(await secondsLeft(waiting)).toBeNull();
});
