import { describe, expect, test } from 'vitest';
import { type ComparisonTask, compareVersions, type MetricComparison } from '../../src/ml/comparison/comparison.ts';
import { distanceMatrix } from '../../src/ml/comparison/distance-matrix.ts';
import { COMPARED_METRICS, type ComparedMetric } from '../../src/ml/comparison/metrics.ts';
import { ClusterResamples } from '../../src/ml/comparison/resamples.ts';
import { kolmogorovSmirnov, quantile, sorted, wasserstein1 } from '../../src/ml/statistics/distribution.ts';
import { regressionMetrics } from '../../src/ml/statistics/metrics.ts';
import { Random } from '../../src/random.ts';

const SETTINGS = { baseline: 0, resamples: 300, confidence: 0.9, seed: 4 } as const;

/** Clusters of one size; the errors of each version have a part that a cluster shares. */
function task(versions: number, { clusters = 20, size = 6, seed = 1 } = {}): ComparisonTask {
  const random = new Random(seed);
  const calculatedPpm = Float64Array.from({ length: clusters * size }, () => 600 + 30 * random.normal());
  const predictedPpm = Array.from({ length: versions }, (_, v) => {
    const shared = Array.from({ length: clusters }, () => 8 * random.normal());
    return calculatedPpm.map((value, i) => value + v + shared[Math.floor(i / size)] + 4 * random.normal());
  });
  const clusterStarts = Uint32Array.from({ length: clusters + 1 }, (_, c) => c * size);
  return { columns: { calculatedPpm, predictedPpm, clusterStarts }, ...SETTINGS };
}

function withColumns(given: ComparisonTask, predictedPpm: readonly Float64Array[]): ComparisonTask {
  return { ...given, columns: { ...given.columns, predictedPpm } };
}

function of(found: readonly MetricComparison[], metric: ComparedMetric): MetricComparison {
  return found.find((each) => each.metric === metric)!;
}

test('the values are those of metrics and distributions over all atoms', () => {
  const given = task(2);
  const { calculatedPpm: y, predictedPpm } = given.columns;
  const found = compareVersions(given);
  expect(found.map(({ metric }) => metric)).toEqual(COMPARED_METRICS);
  predictedPpm.forEach((p, v) => {
    const plain = regressionMetrics(y, p, 0);
    expect(found.map(({ versions }) => versions[v].value)).toEqual([
      ...[plain.rmsePpm, plain.maePpm, plain.biasPpm, plain.r2, plain.pearson, plain.spearman],
      ...[kolmogorovSmirnov(sorted(y), sorted(p)), wasserstein1(sorted(y), sorted(p))],
    ]);
  });
});

test('intervals are percentiles over resamples that all versions share', () => {
  const given = task(2);
  const { calculatedPpm: y, predictedPpm, clusterStarts } = given.columns;
  const drawn = new ClusterResamples(clusterStarts, given.seed);
  const replicates = Array.from({ length: given.resamples }, () => {
    drawn.draw();
    return predictedPpm.map((p) => {
      let [squares, atoms] = [0, 0];
      drawn.weights.forEach((weight, c) => {
        for (let i = clusterStarts[c]; i < clusterStarts[c + 1]; i++) {
          squares += weight * (p[i] - y[i]) ** 2;
          atoms += weight;
        }
      });
      return Math.sqrt(squares / atoms);
    });
  });
  const { versions } = of(compareVersions(given), 'RMSE');
  const bounds = (values: readonly number[]) => [0.05, 0.95].map((p) => quantile(sorted(values), p));
  const [low, high] = bounds(replicates.map(([, second]) => second));
  expect(versions[1].low).toBeCloseTo(low, 10);
  expect(versions[1].high).toBeCloseTo(high, 10);
  const [differenceLow, differenceHigh] = bounds(replicates.map(([first, second]) => second - first));
  expect(versions[1].differenceToBaseline.low).toBeCloseTo(differenceLow, 10);
  expect(versions[1].differenceToBaseline.high).toBeCloseTo(differenceHigh, 10);
  expect(versions[1].differenceToBaseline.value).toBe(versions[1].value! - versions[0].value!);
});

test('the best is the lowest error, the highest correlation, and the bias nearest to 0', () => {
  const { columns, ...rest } = task(1);
  const y = columns.calculatedPpm;
  const predictedPpm = [y.map((value) => value + 3), y.map((value) => value - 2), y.map((value) => 1200 - value)];
  const found = compareVersions({ columns: { ...columns, predictedPpm }, ...rest });
  for (const metric of ['RMSE', 'MAE', 'R2'] as const) expect(of(found, metric).best).toBe(1);
  // shifted columns correlate fully, and of equal ones the first is the best
  expect(of(found, 'SPEARMAN').best).toBe(0);
  const bias = of(found, 'BIAS');
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  expect(bias.versions.slice(0, 2).map(({ value }) => value)).toEqual([expect.closeTo(3, 9), expect.closeTo(-2, 9)]);
  expect(bias.best).toBe(
    [3, 2, Math.abs(1200 - 2 * mean)].reduce((best, size, v, all) => (size < all[best] ? v : best), 0),
  );
  // how much farther from 0: from 3 to 2
  expect(bias.versions[1].differenceToBaseline).toMatchObject({
    ...{ value: expect.closeTo(-1, 9), low: expect.closeTo(-1, 9), high: expect.closeTo(-1, 9), moreThanNoise: true },
  });
});

test('a clear difference is more than noise, and none is not', () => {
  const given = task(1, { clusters: 40 });
  const y = given.columns.calculatedPpm;
  const [first] = given.columns.predictedPpm;
  // errors of the other sign are as large
  const mirrored = first.map((value, i) => 2 * y[i] - value);
  const worse = first.map((value, i) => y[i] + 1.3 * (value - y[i]));
  const [same, clear] = of(compareVersions(withColumns(given, [first, mirrored, worse])), 'RMSE').versions.slice(1);
  expect(same.differenceToBaseline.moreThanNoise).toBe(false);
  expect(clear.differenceToBaseline).toMatchObject({ moreThanNoise: true, undefinedResamples: 0 });
  expect(clear.differenceToBaseline.low).toBeGreaterThan(0);
});

test('one and the same column differs by nothing at all', () => {
  const given = task(1);
  const [column] = given.columns.predictedPpm;
  for (const { best, versions } of compareVersions(withColumns(given, [column, column.slice()]))) {
    expect(best).toBe(0);
    expect(versions[1].value).toBe(versions[0].value);
    const nothing = { value: 0, low: 0, high: 0, undefinedResamples: 0, moreThanNoise: false };
    for (const { differenceToBaseline, differenceToBest } of versions) {
      expect(differenceToBaseline).toEqual(nothing);
      expect(differenceToBest).toEqual(nothing);
    }
  }
});

test('what differs by rounding alone differs by nothing', () => {
  const given = task(1);
  const [column] = given.columns.predictedPpm;
  // correlations do not see how a prediction is scaled and moved
  const scaled = column.map((value) => 0.3 * value + 77);
  const found = compareVersions(withColumns(given, [column, scaled]));
  for (const metric of ['PEARSON', 'SPEARMAN'] as const) {
    expect(of(found, metric).versions[1].differenceToBaseline).toMatchObject({ value: 0, low: 0, high: 0 });
  }
  expect(of(found, 'R2').versions[1].differenceToBaseline.moreThanNoise).toBe(true);
});

test('the same task gives the same answer, another seed another one; other versions beside it change nothing', () => {
  const given = task(3);
  const found = compareVersions(given);
  expect(compareVersions(given)).toEqual(found);
  expect(of(compareVersions({ ...given, seed: 5 }), 'RMSE').versions[0].low).not.toBe(
    of(found, 'RMSE').versions[0].low,
  );
  const two = compareVersions(withColumns(given, given.columns.predictedPpm.slice(0, 2)));
  for (const { metric, versions } of two) {
    const { low, high, differenceToBaseline } = of(found, metric).versions[1];
    expect(versions[1]).toMatchObject({ low, high, differenceToBaseline });
  }
});

describe('what cannot be told', () => {
  test('one cluster has values without intervals', () => {
    for (const { versions } of compareVersions(task(2, { clusters: 1, size: 30 }))) {
      for (const { value, low, high, differenceToBaseline } of versions) {
        expect(value).not.toBeNull();
        expect([low, high]).toEqual([null, null]);
        expect(differenceToBaseline).toMatchObject({ low: null, high: null, moreThanNoise: false });
      }
    }
  });

  test('resamples of equal shieldings have no R2 and no correlation; they are left out and counted', () => {
    const columns = {
      calculatedPpm: Float64Array.of(600, 600, 600, 600, 590, 610),
      predictedPpm: [Float64Array.of(601, 602, 603, 604, 598, 605), Float64Array.of(602, 601, 600, 603, 605, 598)],
      clusterStarts: Uint32Array.of(0, 2, 4, 6),
    };
    const found = compareVersions({ columns, ...SETTINGS });
    const drawn = new ClusterResamples(columns.clusterStarts, SETTINGS.seed);
    const without = Array.from({ length: SETTINGS.resamples }, () => {
      drawn.draw();
      return drawn.weights[2] === 0;
    }).filter((each) => each).length;
    expect(without).toBeGreaterThan(40);
    for (const metric of ['R2', 'PEARSON', 'SPEARMAN'] as const) {
      const { undefinedResamples, low, differenceToBaseline } = of(found, metric).versions[1];
      expect(undefinedResamples).toBe(without);
      expect(low).not.toBeNull();
      expect(differenceToBaseline.undefinedResamples).toBe(without);
    }
    expect(of(found, 'RMSE').versions[1].undefinedResamples).toBe(0);
  });

  test('a constant prediction has no correlation, and is never the best by it', () => {
    const given = task(2);
    const constant = given.columns.calculatedPpm.map(() => 600);
    const found = compareVersions(withColumns(given, [constant, given.columns.predictedPpm[0]]));
    const { best, versions } = of(found, 'PEARSON');
    expect(best).toBe(1);
    expect(versions[0]).toMatchObject({ value: null, low: null, high: null, undefinedResamples: 300 });
    expect(versions[1].differenceToBaseline).toMatchObject({ value: null, low: null, moreThanNoise: false });
    expect(of(found, 'R2').versions[0].value).toBeLessThanOrEqual(0);
    const alone = compareVersions(withColumns(given, [constant]));
    expect(of(alone, 'PEARSON')).toMatchObject({ best: null, versions: [{ differenceToBest: null }] });
  });

  test.each([
    ['resamples', { resamples: 99 }],
    ['resamples', { resamples: 10_001 }],
    ['resamples', { resamples: 200.5 }],
    ['confidence', { confidence: 0.49 }],
    ['confidence', { confidence: 1 }],
    ['confidence', { confidence: Number.NaN }],
    ['seed', { seed: -1 }],
  ])('%s out of range are refused: %j', (name, wrong) => {
    expect(() => compareVersions({ ...task(1), ...wrong })).toThrow(new RegExp(`^${name} is .*; give a`));
  });

  test('columns that do not fit are refused', () => {
    const given = task(1);
    const [column] = given.columns.predictedPpm;
    expect(() => compareVersions(withColumns(given, []))).toThrow('no predicted ones');
    expect(() => compareVersions(withColumns(given, [column.subarray(1)]))).toThrow(
      '120 calculated shieldings and 119',
    );
    expect(() => compareVersions(withColumns(given, [column.map(() => Number.NaN)]))).toThrow('is NaN');
    const clusterStarts = Uint32Array.of(0, 60, 60, 120);
    expect(() => compareVersions({ ...given, columns: { ...given.columns, clusterStarts } })).toThrow('whole clusters');
  });
});

test('the matrix of distances is symmetric, with the calculated shieldings first', () => {
  const { columns } = task(3);
  const all = [columns.calculatedPpm, ...columns.predictedPpm].map(sorted);
  const { kolmogorovSmirnov: ks, wasserstein1Ppm: w1 } = distanceMatrix(columns);
  all.forEach((a, i) => {
    all.forEach((b, j) => {
      expect(ks[i][j]).toBe(kolmogorovSmirnov(a, b));
      expect(w1[i][j]).toBeCloseTo(wasserstein1(a, b), 12);
      expect(w1[i][j]).toBe(w1[j][i]);
    });
  });
});
