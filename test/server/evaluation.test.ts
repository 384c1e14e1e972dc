import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataset, createVersion, errorOf, importCalculations } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT, syntheticClusters } from '../support/synthetic-clusters.ts';
import { trainSyntheticModels } from '../support/synthetic-models.ts';
import { runEnded, trainLasso } from '../support/training.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await trainSyntheticModels(server);
  await importSyntheticDataset(server, 'bare', {
    clusters: SMALL_SPLIT.filter(({ split }) => split !== 'test'),
    seed: 2,
  });
});
afterAll(() => server.dispose());

const METRICS = `count rmsePpm maePpm biasPpm r2 pearson spearman targetStandardDeviationPpm
  trainingMeanRmsePpm trainingMeanMaePpm trainingMeanR2`;
const EVALUATE = `mutation ($input: EvaluateModelVersionInput!) {
  evaluation: evaluateModelVersion(input: $input) {
    id split createdBy calculatedPpm predictedPpm datasetVersion { reference }
    calculations { shieldingsPpm cluster { size } }
    metrics { ${METRICS} }
    metricsBySize { size metrics { ${METRICS} } }
  }
}`;

interface Evaluation {
  readonly id: string;
  readonly createdBy: string;
  readonly calculatedPpm: readonly number[];
  readonly predictedPpm: readonly number[];
  readonly calculations: readonly {
    readonly shieldingsPpm: readonly number[];
    readonly cluster: { readonly size: number };
  }[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricsBySize: readonly { readonly size: number; readonly metrics: Readonly<Record<string, number>> }[];
}

async function evaluate(modelVersion: string, datasetVersion: string, split: string): Promise<Evaluation> {
  const input = { modelVersion, datasetVersion, split };
  return (await server.request<{ evaluation: Evaluation }>(EVALUATE, { input })).evaluation;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function trainingMean(datasetVersion: string): Promise<number> {
  const answer = await server.request<{ datasetVersion: { shieldingsPpm: number[] } }>(
    `query ($of: String!) { datasetVersion(datasetVersion: $of) { shieldingsPpm(split: TRAIN) } }`,
    { of: datasetVersion },
  );
  return mean(answer.datasetVersion.shieldingsPpm);
}

/** The metrics in their plainest form, from the columns alone. */
function plainMetrics(dft: readonly number[], predicted: readonly number[], meanOfTraining: number) {
  const errors = predicted.map((value, i) => value - dft[i]);
  const baseline = dft.map((value) => meanOfTraining - value);
  const square = (values: readonly number[]) => mean(values.map((value) => value ** 2));
  const variance = square(dft.map((value) => value - mean(dft)));
  return {
    count: dft.length,
    rmsePpm: Math.sqrt(square(errors)),
    maePpm: mean(errors.map(Math.abs)),
    biasPpm: mean(errors),
    r2: 1 - square(errors) / variance,
    targetStandardDeviationPpm: Math.sqrt(variance),
    trainingMeanRmsePpm: Math.sqrt(square(baseline)),
    trainingMeanMaePpm: mean(baseline.map(Math.abs)),
    trainingMeanR2: 1 - square(baseline) / variance,
  };
}

function expectMetrics(metrics: Readonly<Record<string, number>>, expected: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(expected)) expect(metrics[name], name).toBeCloseTo(value, 8);
}

describe('evaluateModelVersion', () => {
  test.each([
    ['cn/1', 'main/1', 'TRAIN'],
    ['gop/1', 'main/1', 'TEST'],
    ['schnet/1', 'main/1', 'VALIDATION'],
    ['schnet/1', 'bare/1', 'VALIDATION'],
  ])('gives what its columns say: %s on %s, %s', async (modelVersion, datasetVersion, split) => {
    const evaluation = await evaluate(modelVersion, datasetVersion, split);
    const { calculatedPpm, predictedPpm, calculations, metrics, metricsBySize } = evaluation;
    expect(calculatedPpm).toEqual(calculations.flatMap(({ shieldingsPpm }) => shieldingsPpm));
    // the mean of what this model was trained on, whatever it is evaluated on
    const meanOfTraining = await trainingMean('main/1');
    expectMetrics(metrics, plainMetrics(calculatedPpm, predictedPpm, meanOfTraining));

    const sizes = calculations.flatMap(({ cluster, shieldingsPpm }) => shieldingsPpm.map(() => cluster.size));
    expect(metricsBySize.map(({ size }) => size)).toEqual([...new Set(sizes)].sort());
    for (const { size, metrics: ofSize } of metricsBySize) {
      const only = (values: readonly number[]) => values.filter((_, i) => sizes[i] === size);
      expectMetrics(ofSize, plainMetrics(only(calculatedPpm), only(predictedPpm), meanOfTraining));
    }
  });

  test('is done once, then kept', async () => {
    const first = await evaluate('cn/2', 'bare/1', 'TRAIN');
    expect(await evaluate('cn/2', 'bare/1', 'TRAIN')).toEqual(first);
    expect(first.createdBy).toBe('local admin');
  });

  test('refuses what cannot be evaluated', async () => {
    const refused = (modelVersion: string, datasetVersion: string, split = 'VALIDATION') =>
      errorOf(server, EVALUATE, { input: { modelVersion, datasetVersion, split } });
    expect(await refused('gop/1', 'bare/1')).toMatchObject({
      code: 'FEATURES_UNAVAILABLE',
      message: expect.stringMatching(/^synthetic-2-8 has no gross orbital populations/),
    });
    expect(await refused('cn/1', 'bare/1', 'TEST')).toMatchObject({ code: 'EMPTY_SPLIT' });
    expect(await refused('cn/3', 'main/1')).toMatchObject({
      code: 'NOT_FOUND',
      message: 'model cn has no version 3; its newest is 2',
    });
    expect(await refused('cn@champion', 'main/1')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refused('cn', 'main/1')).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

test('a version has no evaluation of a split that lacks what it needs, and who asks is told why', async () => {
  const content = [
    syntheticClusters({ clusters: SMALL_SPLIT.filter(({ split }) => split !== 'test'), seed: 3, populations: true }),
    syntheticClusters({ clusters: [{ size: 8, split: 'test' }], seed: 4 }),
  ].join('');
  const { sourceSha256 } = await importCalculations(server, content);
  await createDataset(server, 'half');
  const filter = { sourceSha256: { equals: sourceSha256 } };
  await createVersion(server, { dataset: 'half', filter, split: { asGiven: true } });
  const training = { model: 'half', datasetVersion: 'half/1', featureSet: 'gop', alphas: [0.1] };
  expect(await runEnded(server, await trainLasso(server, training))).toMatchObject({
    state: 'SUCCEEDED',
    failure: null,
  });
  expect(await server.request(`{ modelVersion(modelVersion: "half/1") { evaluations { split } } }`)).toEqual({
    modelVersion: { evaluations: [{ split: 'VALIDATION' }] },
  });
  const input = { modelVersion: 'half/1', datasetVersion: 'half/1', split: 'TEST' };
  expect(await errorOf(server, EVALUATE, { input })).toMatchObject({
    code: 'FEATURES_UNAVAILABLE',
    message: expect.stringMatching(/^synthetic-4-0 has no gross orbital populations/),
  });
});
