import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kolmogorovSmirnovFrom, plottingQuantile, sorted, summarize } from '../../src/ml/statistics/distribution.ts';
import {
  cdf,
  fitGeneralizedLogistic,
  logLikelihood,
  quantileOfLogCdf,
} from '../../src/ml/statistics/generalized-logistic.ts';
import { correlation, rankCorrelation } from '../../src/ml/statistics/metrics.ts';
import { type ApiServer, errorOf, startApiServer } from '../support/api.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';

let server: ApiServer;

beforeAll(async () => {
  server = await startApiServer();
  await importSyntheticDataset(server, 'main', { clusters: SMALL_SPLIT, seed: 1, populations: true });
  const noTest = SMALL_SPLIT.filter(({ split }) => split !== 'test');
  await importSyntheticDataset(server, 'bare', { clusters: [...noTest, { size: 2, split: 'train' }], seed: 2 });
});
afterAll(() => server?.dispose());

async function shieldings(reference: string, split: string): Promise<number[]> {
  const answer = await server.request<{ datasetVersion: { shieldingsPpm: number[] } }>(
    `query ($of: String!, $split: Split) { datasetVersion(datasetVersion: $of) { shieldingsPpm(split: $split) } }`,
    { of: reference, split },
  );
  return answer.datasetVersion.shieldingsPpm;
}

describe('shieldingDistribution', () => {
  interface Series {
    readonly name: string;
    readonly size: number | null;
    readonly counts: readonly number[];
    readonly notFittedBecause: string | null;
    readonly summary: { readonly count: number; readonly modePpm: number };
    readonly generalizedLogistic: {
      readonly shape: number;
      readonly location: number;
      readonly scale: number;
      readonly logLikelihood: number;
      readonly kolmogorovSmirnov: number;
      readonly curve: readonly number[];
    } | null;
  }

  async function distribution(reference: string, split: string) {
    const answer = await server.request<{ distribution: { edgesPpm: number[]; series: Series[] } }>(
      `query ($of: String!, $split: Split) {
        distribution: shieldingDistribution(datasetVersion: $of, split: $split, binWidthPpm: 5) {
          edgesPpm series { name size counts notFittedBecause summary { count modePpm }
            generalizedLogistic { shape location scale logLikelihood kolmogorovSmirnov curve } }
        }
      }`,
      { of: reference, split },
    );
    return answer.distribution;
  }

  test('has the fitted curve in the bins of the histogram, for all atoms and each size', async () => {
    const { edgesPpm, series } = await distribution('main/1', 'TRAIN');
    expect(series.map(({ name, size }) => [name, size])).toEqual([
      ['all', null],
      ['size 5', 5],
      ['size 6', 6],
      ['size 7', 7],
    ]);
    const values = await shieldings('main/1', 'TRAIN');
    const fit = fitGeneralizedLogistic(values);
    const all = series[0].generalizedLogistic!;
    expect(all).toMatchObject({ ...fit, logLikelihood: logLikelihood(fit, sorted(values)) });
    expect(all.kolmogorovSmirnov).toBe(kolmogorovSmirnovFrom(sorted(values), (y) => cdf(fit, y)));
    expect(series[0].summary).toEqual({ count: values.length, modePpm: summarize(sorted(values)).mode });
    for (const { counts, generalizedLogistic, notFittedBecause } of series) {
      const { curve } = generalizedLogistic!;
      const atoms = counts.reduce((sum, count) => sum + count, 0);
      expect(notFittedBecause).toBeNull();
      expect(curve).toHaveLength(edgesPpm.length - 1);
      expect(Math.min(...curve)).toBeGreaterThanOrEqual(0);
      expect(curve.reduce((sum, expected) => sum + expected, 0)).toBeLessThanOrEqual(atoms * (1 + 1e-12));
    }
    edgesPpm.slice(1).forEach((upper, bin) => {
      expect(all.curve[bin]).toBeCloseTo(values.length * (cdf(fit, upper) - cdf(fit, edgesPpm[bin])), 10);
    });
  });

  test('says why a series cannot be fitted', async () => {
    const { series } = await distribution('bare/1', 'TRAIN');
    expect(series.find(({ size }) => size === 2)).toMatchObject({
      generalizedLogistic: null,
      notFittedBecause: 'there are 2, and it needs at least 5',
    });
    const empty = await distribution('bare/1', 'TEST');
    expect(empty).toEqual({
      edgesPpm: [],
      series: [
        {
          ...{ name: 'all', size: null, counts: [], summary: null, generalizedLogistic: null },
          notFittedBecause: 'there are 0, and it needs at least 5',
        },
      ],
    });
  });
});

describe('shieldingQuantiles', () => {
  const QUERY = `query ($of: String!, $split: Split! = TEST, $fittedTo: Split! = TRAIN, $points: Int! = 500) {
    quantiles: shieldingQuantiles(datasetVersion: $of, split: $split, fittedTo: $fittedTo, points: $points) {
      split fittedTo probabilities samplePpm theoreticalPpm kolmogorovSmirnov
      generalizedLogistic { shape location scale logLikelihood kolmogorovSmirnov }
    }
  }`;
  interface Quantiles {
    readonly quantiles: {
      readonly probabilities: number[];
      readonly samplePpm: number[];
      readonly theoreticalPpm: number[];
    };
  }

  test('sets a split beside the distribution that is fitted to another', async () => {
    const [test, train] = [await shieldings('main/1', 'TEST'), await shieldings('main/1', 'TRAIN')];
    const fit = fitGeneralizedLogistic(train);
    const { quantiles } = await server.request<Quantiles>(QUERY, { of: 'main/1' });
    expect(quantiles).toMatchObject({
      ...{ split: 'TEST', fittedTo: 'TRAIN', generalizedLogistic: fit },
      kolmogorovSmirnov: kolmogorovSmirnovFrom(sorted(test), (y) => cdf(fit, y)),
    });
    // as many points as atoms, which are then the atoms themselves
    expect(quantiles.probabilities).toHaveLength(test.length);
    quantiles.samplePpm.forEach((value, k) => {
      expect(value).toBeCloseTo(sorted(test)[k], 9);
    });

    const few = await server.request<Quantiles>(QUERY, { of: 'main/1', split: 'TRAIN', points: 4 });
    expect(few.quantiles.probabilities).toEqual([0.125, 0.375, 0.625, 0.875]);
    expect(few.quantiles.samplePpm).toEqual(few.quantiles.probabilities.map((p) => plottingQuantile(sorted(train), p)));
    expect(few.quantiles.theoreticalPpm).toEqual(
      few.quantiles.probabilities.map((p) => quantileOfLogCdf(fit, Math.log(p))),
    );
  });

  test('refuses an empty split and a number of points that is none', async () => {
    expect(await errorOf(server, QUERY, { of: 'bare/1' })).toMatchObject({
      code: 'EMPTY_SPLIT',
      message: 'test of this data set version is empty; it has train, validation',
    });
    expect(await errorOf(server, QUERY, { of: 'bare/1', split: 'TRAIN', fittedTo: 'TEST' })).toMatchObject({
      code: 'EMPTY_SPLIT',
    });
    for (const points of [0, 10_001]) {
      expect(await errorOf(server, QUERY, { of: 'main/1', points })).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('atomColumns', () => {
  const QUERY = `query ($of: String!, $split: Split, $radii: [Float!]! = [4], $labels: [String!]! = []) {
    version: datasetVersion(datasetVersion: $of) {
      atomColumns(split: $split, radiiAngstrom: $radii, populationLabels: $labels) {
        shieldingsPpm sizes calculationIds columns { name values pearson spearman }
      }
    }
  }`;
  interface Answer {
    readonly version: {
      readonly atomColumns: {
        readonly shieldingsPpm: number[];
        readonly sizes: number[];
        readonly calculationIds: string[];
        readonly columns: { name: string; values: number[]; pearson: number; spearman: number }[];
      };
    };
  }

  test('hold features and shieldings of the same atoms, with their correlations', async () => {
    const { atomColumns } = (
      await server.request<Answer>(QUERY, { of: 'main/1', radii: [3.5, 4], labels: ['3S', '3PX'] })
    ).version;
    expect(atomColumns.columns.map(({ name }) => name)).toEqual(['CN(3.5 Å)', 'CN(4.0 Å)', 'GOP(3S)', 'GOP(3PX)']);
    const { datasetVersion } = await server.request<{
      datasetVersion: {
        calculations: {
          nodes: {
            id: string;
            shieldingsPpm: number[];
            grossOrbitalPopulations: number[];
            cluster: { size: number; runningCoordinationNumbers: { values: number[][] } };
          }[];
        };
      };
    }>(
      `{ datasetVersion(datasetVersion: "main/1") { calculations(first: 200) { nodes {
        id shieldingsPpm grossOrbitalPopulations
        cluster { size runningCoordinationNumbers(radiiAngstrom: [3.5, 4]) { values } }
      } } } }`,
    );
    const { nodes } = datasetVersion.calculations;
    expect(atomColumns.calculationIds).toEqual(nodes.map(({ id }) => id));
    expect(atomColumns.shieldingsPpm).toEqual(nodes.flatMap(({ shieldingsPpm }) => shieldingsPpm));
    expect(atomColumns.sizes).toEqual(nodes.flatMap(({ cluster }) => Array(cluster.size).fill(cluster.size)));
    const [near, far, s, px] = atomColumns.columns.map(({ values }) => values);
    const rows = nodes.flatMap(({ cluster }) => cluster.runningCoordinationNumbers.values);
    expect([near, far]).toEqual([rows.map((row) => row[0]), rows.map((row) => row[1])]);
    const populations = nodes.flatMap((node) => node.grossOrbitalPopulations);
    expect(s).toEqual(populations.filter((_, i) => i % 2 === 0));
    expect(px).toEqual(populations.filter((_, i) => i % 2 === 1));
    for (const { values, pearson, spearman } of atomColumns.columns) {
      expect(pearson).toBe(correlation(values, atomColumns.shieldingsPpm));
      expect(spearman).toBe(rankCorrelation(values, atomColumns.shieldingsPpm));
    }
    // the populations are made of the shieldings
    expect(atomColumns.columns[2].pearson).toBeGreaterThan(0.999);
  });

  test('are of one split if asked, and of populations alone', async () => {
    const { atomColumns } = (
      await server.request<Answer>(QUERY, { of: 'main/1', split: 'TEST', radii: [], labels: ['3S'] })
    ).version;
    expect(atomColumns.shieldingsPpm).toEqual(await shieldings('main/1', 'TEST'));
    expect(atomColumns.columns.map(({ name }) => name)).toEqual(['GOP(3S)']);
    expect(atomColumns.calculationIds).toHaveLength(2);
  });

  test.each<[object, string, RegExp]>([
    [{ of: 'bare/1', labels: ['3S'] }, 'FEATURES_UNAVAILABLE', /^calculation synthetic-2-0 lacks .*\(3S\)/],
    [{ of: 'main/1', labels: ['3S', '4S'] }, 'FEATURES_UNAVAILABLE', /^calculation synthetic-1-0 lacks/],
    [{ of: 'bare/1', split: 'TEST' }, 'EMPTY_SPLIT', /it has train, validation/],
    [{ of: 'main/1', radii: [] }, 'BAD_USER_INPUT', /it has neither/],
    [{ of: 'main/1', radii: [4, 3] }, 'BAD_USER_INPUT', /ascending/],
    [{ of: 'main/1', labels: ['3S', '3S'] }, 'BAD_USER_INPUT', /given twice/],
    [{ of: 'main/1', radii: Array.from({ length: 2001 }, (_, i) => i + 1) }, 'BAD_USER_INPUT', /2001 features/],
  ])('refuse %j', async (variables, code, says) => {
    expect(await errorOf(server, QUERY, variables)).toMatchObject({ code, message: expect.stringMatching(says) });
  });
});
