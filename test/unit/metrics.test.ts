import { describe, expect, it } from 'vitest';
import { erfc } from '../../src/exact/error-function.ts';
import { commonHistogram } from '../../src/ml/statistics/histogram.ts';
import { regressionMetrics } from '../../src/ml/statistics/metrics.ts';
import { logNormalCdf, mean, normalQuantileOfLog, standardDeviation } from '../../src/ml/statistics/statistics.ts';

function expectRelative(value: number, expected: number, tolerance: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe('regressionMetrics', () => {
  const reference = [500, 520, 600, 620];
  const predicted = [510, 510, 610, 640];

  it('has the values that a pocket calculator gives', () => {
    const metrics = regressionMetrics(reference, predicted, 580);
    expect(metrics.count).toBe(4);
    expect(metrics.rmsePpm).toBeCloseTo(Math.sqrt(700 / 4), 12);
    expect(metrics.maePpm).toBe(12.5);
    expect(metrics.biasPpm).toBe(7.5);
    expect(metrics.r2).toBeCloseTo(1 - 700 / 10_400, 12);
    expect(metrics.pearson).toBeCloseTo(11_800 / Math.sqrt(10_400 * 13_675), 12);
    expect(metrics.spearman).toBeCloseTo(4.5 / Math.sqrt(5 * 4.5), 12);
    expect(metrics.trainingMeanRmsePpm).toBeCloseTo(Math.sqrt((6400 + 3600 + 400 + 1600) / 4), 12);
    expect(metrics.trainingMeanMaePpm).toBe(50);
    expect(metrics.targetStandardDeviationPpm).toBeCloseTo(Math.sqrt(2600), 12);
  });

  it('is perfect for equal series and only for them', () => {
    expect(regressionMetrics(reference, reference, 560)).toMatchObject({ rmsePpm: 0, biasPpm: 0, r2: 1 });
    expect(regressionMetrics(reference, reference, 560).pearson).toBeCloseTo(1, 15);
  });

  it('has a bias above 0 for predictions that are too high', () => {
    const high = reference.map((value) => value + 3);
    expect(regressionMetrics(reference, high, 560)).toMatchObject({ biasPpm: 3, maePpm: 3, spearman: 1 });
  });

  it('ranks by order alone', () => {
    const metrics = regressionMetrics([1, 2, 3, 4], [1, 10, 100, 1000], 0);
    expect(metrics.spearman).toBe(1);
    expect(metrics.pearson).toBeLessThan(0.95);
    expect(regressionMetrics([1, 2, 3, 4], [-1, -10, -100, -1000], 0).spearman).toBe(-1);
  });

  it('has null where a series is constant', () => {
    const constant = [0.1, 0.1, 0.1];
    expect(regressionMetrics(constant, [1, 2, 3], 0)).toMatchObject({ r2: null, pearson: null, spearman: null });
    expect(regressionMetrics([1, 2, 3], constant, 0)).toMatchObject({ pearson: null, spearman: null });
    expect(regressionMetrics([1, 2, 3], constant, 0).r2).toBeLessThan(0);
    expect(regressionMetrics([5], [6], 0)).toMatchObject({ count: 1, rmsePpm: 1, r2: null, pearson: null });
  });

  it('keeps its digits for values far from 0', () => {
    const shifted = (values: number[]) => values.map((value) => value + 1e9);
    const near = regressionMetrics(reference, predicted, 580);
    const far = regressionMetrics(shifted(reference), shifted(predicted), 580 + 1e9);
    expect(far.pearson).toBeCloseTo(near.pearson!, 12);
    expect(far.targetStandardDeviationPpm).toBeCloseTo(near.targetStandardDeviationPpm, 10);
  });

  it.each([
    [[], [], 'BAD_USER_INPUT'],
    [[1, 2], [1], 'BAD_USER_INPUT'],
    [[1, 2], [1, Number.NaN], 'NON_FINITE_NUMBER'],
    [[1, Number.POSITIVE_INFINITY], [1, 2], 'NON_FINITE_NUMBER'],
  ])('refuses %j and %j', (a, b, code) => {
    expect(() => regressionMetrics(a, b, 0)).toThrow(expect.objectContaining({ code }));
  });
});

describe('commonHistogram', () => {
  it('counts several series in the same bins, aligned at 0', () => {
    const histogram = commonHistogram([
      { name: 'DFT', values: [583, 590, 599.999, 612] },
      { name: 'model', values: Float64Array.of(600, 600.1) },
    ]);
    expect(histogram.edgesPpm).toEqual([580, 590, 600, 610, 620]);
    expect(histogram.counts).toEqual([
      { name: 'DFT', counts: [1, 2, 0, 1] },
      { name: 'model', counts: [0, 0, 2, 0] },
    ]);
  });

  it('puts a value on an edge into the bin that starts there, on both sides of 0', () => {
    const { edgesPpm, counts } = commonHistogram([{ name: 'a', values: [-10, -0.5, 0, 10] }]);
    expect(edgesPpm.map((edge) => edge + 0)).toEqual([-10, 0, 10, 20]);
    expect(counts[0].counts).toEqual([2, 1, 1]);
  });

  it.each([0.1, 0.3, 7, 1e-3])('loses no value to rounding: width %d', (width) => {
    const values = Array.from({ length: 999 }, (_, k) => (k - 500) * width);
    const { edgesPpm, counts } = commonHistogram([{ name: 'a', values }], width);
    expect(counts[0].counts).toEqual(new Array(999).fill(1));
    values.forEach((value, k) => {
      expect(edgesPpm[k]).toBeLessThanOrEqual(value);
      expect(edgesPpm[k + 1]).toBeGreaterThan(value);
    });
  });

  it('has no bins for no values', () => {
    expect(commonHistogram([{ name: 'a', values: [] }])).toEqual({ edgesPpm: [], counts: [{ name: 'a', counts: [] }] });
  });

  it.each([
    [[0, 100_000], 10, 'BAD_USER_INPUT'],
    [[0, 1e300], 10, 'BAD_USER_INPUT'],
    [[1e300], 1e-300, 'BAD_USER_INPUT'],
    [[90], 1e-17, 'BAD_USER_INPUT'],
    [[1], 0, 'BAD_USER_INPUT'],
    [[1], Number.NaN, 'BAD_USER_INPUT'],
    [[Number.NaN], 10, 'NON_FINITE_NUMBER'],
  ])('refuses %j in bins of %d', (values, width, code) => {
    expect(() => commonHistogram([{ name: 'a', values }], width)).toThrow(expect.objectContaining({ code }));
  });
});

describe('statistics', () => {
  it('gives mean and population standard deviation', () => {
    expect(mean([1, 2, 3, 6])).toBe(3);
    expect(standardDeviation([1, 2, 3, 6])).toBeCloseTo(Math.sqrt(3.5), 15);
    expect(standardDeviation([0.1, 0.1, 0.1])).toBe(0);
    expect(mean([])).toBeNaN();
  });

  // 40-digit values, rounded to doubles
  it.each([
    [-1, 1.8427007929497148],
    [0.3, 0.6713732405408726],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [5, 1.537459794428035e-12],
    [12, 1.3562611692059042e-64],
    [26, 5.663192408856143e-296],
  ])('erfc(%d)', (x, value) => {
    expectRelative(erfc(x), value, 1e-15);
  });

  it('has the ends of erfc', () => {
    expect([erfc(Number.NEGATIVE_INFINITY), erfc(Number.POSITIVE_INFINITY), erfc(100)]).toEqual([2, 0, 0]);
    expect(erfc(Number.NaN)).toBeNaN();
  });

  it.each([
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798407],
    [0.01, -2.326347874040841],
    [0.25, -0.6744897501960817],
    [0.75, 0.6744897501960817],
    [0.999, 3.090232306167813],
    [0.999999999999, 7.0344869100478356],
  ])('normalQuantileOfLog(log %d)', (p, value) => {
    expectRelative(normalQuantileOfLog(Math.log(p)), value, 1e-12);
  });

  it('inverts the logarithm of the distribution function', () => {
    for (const z of [-1e6, -1000, -40, -3, -0.2, 0, 0.2, 3, 30]) {
      expect(Math.abs(normalQuantileOfLog(logNormalCdf(z)) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)));
    }
  });
});
