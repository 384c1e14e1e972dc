import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calibrationOf } from '../../src/ml/statistics/calibration.ts';
import { kolmogorovSmirnov, quantile, sorted, summarize, wasserstein1 } from '../../src/ml/statistics/distribution.ts';
import { errorOf } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import { runEnded, SMALL_SCHNET, trainLasso, trainSchNet } from '../support/training.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const datasetVersion = await importSyntheticDataset(server, 'main', { clusters: SMALL_SPLIT, seed: 1 });
  await createSyntheticFeatureSets(server);
  const runs = [
    await trainLasso(server, { model: 'cn', datasetVersion, featureSet: 'cn', alphas: [0.01] }),
    await trainSchNet(server, { model: 'members', datasetVersion, ...SMALL_SCHNET, seeds: [1, 2, 3], committee: true }),
  ];
  for (const id of runs) expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED' });
});
afterAll(() => server?.dispose());

interface Residual {
  readonly index: number;
  readonly element: string;
  readonly calculatedPpm: number;
  readonly predictedPpm: number;
  readonly residualPpm: number;
  readonly standardDeviationPpm: number | null;
  readonly atom: { readonly index: number; readonly shieldingPpm: number; readonly element: string };
  readonly cluster: { readonly id: string; readonly size: number };
  readonly calculation: { readonly id: string; readonly shieldingsPpm: readonly number[] };
}

interface Columns {
  readonly calculatedPpm: number[];
  readonly predictedPpm: number[];
  readonly residualsPpm: number[];
  readonly standardDeviationsPpm: number[] | null;
  readonly clusterSizes: number[];
}

const COLUMNS = 'calculatedPpm predictedPpm residualsPpm standardDeviationsPpm clusterSizes';

/** Fields of the evaluation of a version on the test split of the data it was trained on. */
async function ask<T>(modelVersion: string, fields: string): Promise<T> {
  const { version } = await server.request<{ version: { evaluations: (T & { split: string })[] } }>(
    `query ($modelVersion: String!) {
      version: modelVersion(modelVersion: $modelVersion) { evaluations { split ${fields} } }
    }`,
    { modelVersion },
  );
  return version.evaluations.find(({ split }) => split === 'TEST')!;
}

async function residuals(modelVersion: string, args: string): Promise<Residual[]> {
  const { residuals: page } = await ask<{ residuals: { nodes: Residual[] } }>(
    modelVersion,
    `residuals(${args}) { nodes {
      index element calculatedPpm predictedPpm residualPpm standardDeviationPpm
      atom { index shieldingPpm element } cluster { id size } calculation { id shieldingsPpm }
    } }`,
  );
  return page.nodes;
}

describe('residuals', () => {
  test.each(['cn/1', 'members/1'])('are those of the columns, each with the atom it is of: %s', async (version) => {
    const columns = await ask<Columns>(version, COLUMNS);
    const nodes = await residuals(version, 'first: 200');
    expect(nodes.map(({ residualPpm }) => residualPpm)).toEqual(columns.residualsPpm);
    expect(nodes.map(({ calculatedPpm }) => calculatedPpm)).toEqual(columns.calculatedPpm);
    expect(nodes.map(({ predictedPpm }) => predictedPpm)).toEqual(columns.predictedPpm);
    expect(nodes.map(({ cluster }) => cluster.size)).toEqual(columns.clusterSizes);
    const deviations = columns.standardDeviationsPpm ?? columns.predictedPpm.map(() => null);
    expect(nodes.map(({ standardDeviationPpm }) => standardDeviationPpm)).toEqual(deviations);
    for (const { index, element, atom, calculation, calculatedPpm, predictedPpm, residualPpm } of nodes) {
      expect(atom).toEqual({ index, element, shieldingPpm: calculatedPpm });
      expect(calculation.shieldingsPpm[index]).toBe(calculatedPpm);
      expect(predictedPpm - calculatedPpm).toBe(residualPpm);
    }
  });

  test('come largest first, of some sizes, and above a limit', async () => {
    const all = await residuals('cn/1', 'first: 200');
    const bySize = (nodes: Residual[]) => nodes.map(({ residualPpm }) => Math.abs(residualPpm));
    const largest = await residuals('cn/1', 'first: 200, order: LARGEST');
    expect(bySize(largest)).toEqual(bySize(all).toSorted((a, b) => b - a));
    const limit = bySize(largest)[8];
    const chosen = await residuals('cn/1', `first: 200, sizes: [9], absoluteAtLeastPpm: ${limit}`);
    const expected = all.filter(({ cluster, residualPpm }) => cluster.size === 9 && Math.abs(residualPpm) >= limit);
    expect(chosen).toEqual(expected);
    expect(chosen.length).toBeGreaterThan(0);
    expect(await residuals('cn/1', 'first: 200, sizes: [3]')).toEqual([]);
  });
});

describe('distribution', () => {
  const DISTRIBUTION = `{
    kolmogorovSmirnov wasserstein1Ppm quantileQuantile(points: 5) { probabilities calculatedPpm predictedPpm }
    calculated { count meanPpm standardDeviationPpm skewness modePpm shareBelow(ppm: 590) quantiles { probability valuePpm } }
    predicted { count modePpm }
  }`;

  test.each([null, 8])('is that of the columns, size %s', async (size) => {
    const columns = await ask<Columns>('cn/1', COLUMNS);
    const only = (column: number[]) =>
      sorted(column.filter((_, i) => size === null || columns.clusterSizes[i] === size));
    const [calculated, predicted] = [only(columns.calculatedPpm), only(columns.predictedPpm)];
    const { distribution } = await ask<{
      distribution: {
        calculated: { quantiles: object[] };
        predicted: object;
        quantileQuantile: { probabilities: number[]; calculatedPpm: number[] };
      };
    }>('cn/1', `distribution${size === null ? '' : `(size: ${size})`} ${DISTRIBUTION}`);
    const { mean, standardDeviation, skewness, mode } = summarize(calculated);
    expect(distribution).toMatchObject({
      calculated: {
        ...{
          count: calculated.length,
          meanPpm: mean,
          standardDeviationPpm: standardDeviation,
          skewness,
          modePpm: mode,
        },
        shareBelow: calculated.filter((value) => value < 590).length / calculated.length,
      },
      predicted: { count: calculated.length, modePpm: summarize(predicted).mode },
      kolmogorovSmirnov: kolmogorovSmirnov(calculated, predicted),
      wasserstein1Ppm: wasserstein1(calculated, predicted),
      quantileQuantile: { probabilities: [0.1, 0.3, 0.5, 0.7, 0.9] },
    });
    expect(distribution.calculated.quantiles).toEqual(
      [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map((p) => ({ probability: p, valuePpm: quantile(calculated, p) })),
    );
    expect(distribution.quantileQuantile.calculatedPpm[2]).toBeCloseTo(quantile(calculated, 0.5), 9);
  });

  test('comes as a histogram too, of one size and in bins of any width', async () => {
    const { clusterSizes, predictedPpm } = await ask<Columns>('cn/1', COLUMNS);
    const { histogram } = await ask<{
      histogram: { edgesPpm: number[]; series: { name: string; counts: number[] }[] };
    }>('cn/1', 'histogram(size: 8, binWidthPpm: 4) { edgesPpm series { name counts } }');
    expect(histogram.edgesPpm[1] - histogram.edgesPpm[0]).toBe(4);
    const ofSize = predictedPpm.filter((_, i) => clusterSizes[i] === 8);
    expect(histogram.series[1]).toEqual({
      name: 'predicted',
      counts: histogram.edgesPpm.slice(1).map((upper) => ofSize.filter((x) => x >= upper - 4 && x < upper).length),
    });
  });
});

describe('calibration', () => {
  const CALIBRATION = `{
    count withoutSpread meanZ standardDeviationZ coverage { level coverage } expectedCalibrationError negativeLogLikelihood
    spearman sharpnessPpm reliability { count fromPpm toPpm rootMeanVariancePpm rmsePpm } expectedNormalizedCalibrationError
  }`;

  test('of a committee is that of its columns, also of one size', async () => {
    const columns = await ask<Columns>('members/1', COLUMNS);
    for (const size of [null, 8]) {
      const only = (column: number[]) => column.filter((_, i) => size === null || columns.clusterSizes[i] === size);
      const { calibration } = await ask<{ calibration: object }>(
        'members/1',
        `calibration${size === null ? '' : `(size: ${size})`} ${CALIBRATION}`,
      );
      expect(calibration).toEqual(
        calibrationOf(only(columns.calculatedPpm), only(columns.predictedPpm), only(columns.standardDeviationsPpm!)),
      );
    }
  });

  test('of another version is null', async () => {
    expect(await ask('cn/1', `calibration ${CALIBRATION}`)).toMatchObject({ calibration: null });
  });
});

test.each([
  ['residuals(first: 1, absoluteAtLeastPpm: -1) { totalCount }', /absoluteAtLeastPpm is -1/],
  ['residuals(first: 0) { totalCount }', /first is 0/],
  ['residuals(first: 1, after: "x") { totalCount }', /after is "x"/],
  ['distribution(size: 30) { kolmogorovSmirnov }', /no cluster of the evaluation has 30 atoms; there are sizes/],
  ['calibration(size: 0) { count }', /has 0 atoms/],
  ['histogram(binWidthPpm: 0) { edgesPpm }', /bin width/],
  ['distribution { quantileQuantile(points: 0) { probabilities } }', /points is 0; give 1 to 10000/],
  ['distribution { calculated { quantiles(probabilities: [2]) { valuePpm } } }', /probability 2 is not from 0 to 1/],
])('refuses %s', async (fields, says) => {
  const { id } = await ask<{ id: string }>('members/1', 'id');
  const error = await errorOf(server, `query ($id: ID!) { evaluation(id: $id) { ${fields} } }`, { id });
  expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(says) });
});

describe('the target UNSCALED', () => {
  test('trains both kinds of models, and their versions predict', async () => {
    const common = { datasetVersion: 'main/1', target: 'UNSCALED' };
    const runs = [
      await trainLasso(server, { ...common, model: 'cn-ppm', featureSet: 'cn', alphas: [0.1] }),
      await trainSchNet(server, { ...common, ...SMALL_SCHNET, model: 'schnet-ppm' }),
    ];
    for (const id of runs) expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED' });
    for (const modelVersion of ['cn-ppm/1', 'schnet-ppm/1']) {
      const { version } = await server.request<{ version: { target: string; evaluations: object[] } }>(
        `query ($modelVersion: String!) {
          version: modelVersion(modelVersion: $modelVersion) { target evaluations { metrics { rmsePpm } } }
        }`,
        { modelVersion },
      );
      expect(version).toMatchObject({ target: 'UNSCALED', evaluations: [{}, {}] });
    }
  });
});
