import { describe, expect, it } from 'vitest';
import {
  densityMode,
  kolmogorovSmirnov,
  plottingProbabilities,
  plottingQuantile,
  quantile,
  shareBelow,
  sorted,
  summarize,
  wasserstein1,
} from '../../src/ml/statistics/distribution.ts';
import { Random } from '../../src/random.ts';

function normals(count: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => 600 + 30 * random.normal());
}

/** The density that the mode is the place of, at any point. */
function kernelDensity(values: readonly number[], x: number): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const bandwidth = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) * n ** -0.2;
  return values.reduce((sum, value) => sum + Math.exp(-(((x - value) / bandwidth) ** 2) / 2), 0);
}

describe('sorted', () => {
  it('copies in ascending order', () => {
    const values = Float64Array.of(3, 1, 2);
    expect([...sorted(values)]).toEqual([1, 2, 3]);
    expect([...values]).toEqual([3, 1, 2]);
  });

  it.each([
    [[], 'BAD_USER_INPUT', 'at least one'],
    [[1, Number.NaN], 'NON_FINITE_NUMBER', 'Value 2 of the distribution is NaN'],
    [[Number.NEGATIVE_INFINITY, 1], 'NON_FINITE_NUMBER', 'Value 1'],
    [[1, 2, Number.POSITIVE_INFINITY], 'NON_FINITE_NUMBER', 'Value 3'],
  ])('refuses %j', (values, code, says) => {
    expect(() => sorted(values)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
  });
});

describe('a summary', () => {
  it('has the values that a pocket calculator gives', () => {
    const summary = summarize(sorted([1, 2, 6]));
    expect(summary).toMatchObject({ count: 3, mean: 3, standardDeviation: Math.sqrt(14 / 3) });
    expect(summary.skewness).toBeCloseTo((27 - 1 - 8) / 3 / (14 / 3) ** 1.5, 12);
  });

  it('turns with the values', () => {
    const values = [...normals(200, 1), 300, 350];
    const turned = summarize(sorted(values.map((value) => -value)));
    const summary = summarize(sorted(values));
    expect(turned.skewness).toBeCloseTo(-summary.skewness!, 10);
    expect(turned.mode).toBeCloseTo(-summary.mode!, 8);
    expect(summary.skewness).toBeLessThan(-1);
  });

  it.each([[[5]], [[5, 5, 5]], [[1e-170, 2e-170]]])('of %j leaves out what it does not determine', (values) => {
    expect(summarize(sorted(values))).toMatchObject({ count: values.length, skewness: null, mode: null });
  });
});

describe('quantiles', () => {
  it('lie between the order statistics', () => {
    const values = sorted([10, 20, 40]);
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantile(values, p))).toEqual([10, 15, 20, 30, 40]);
    expect([0, 0.1, 1 / 3, 0.5, 1].map((p) => plottingQuantile(values, p))).toEqual([10, 10, 15, 20, 40]);
    expect(quantile(sorted([7]), 0.3)).toBe(7);
    expect(plottingQuantile(sorted([7]), 0.3)).toBe(7);
  });

  it('at the plotting positions are the values themselves', () => {
    const values = sorted(normals(37, 2));
    plottingProbabilities(37).forEach((p, k) => {
      expect(plottingQuantile(values, p)).toBeCloseTo(values[k], 9);
    });
  });

  it.each([-0.1, 1.1, Number.NaN])('of %d are refused', (probability) => {
    expect(() => quantile(sorted([1, 2]), probability)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('the share below a limit', () => {
  it('counts what is below, not what is at it', () => {
    const values = sorted([1, 2, 2, 3]);
    expect([0, 1, 2, 2.5, 3, 9].map((limit) => shareBelow(values, limit))).toEqual([0, 0, 0.25, 0.75, 0.75, 1]);
  });
});

describe('the mode', () => {
  it('is the highest point of the density', () => {
    for (const [seed, count] of [
      [1, 2],
      [2, 5],
      [3, 60],
      [4, 500],
    ]) {
      const values = normals(count, seed);
      const mode = densityMode(sorted(values))!;
      const height = kernelDensity(values, mode);
      for (let x = 480; x < 720; x += 0.5) expect(kernelDensity(values, x)).toBeLessThanOrEqual(height * (1 + 1e-12));
    }
  });

  it('is found among several, far apart or nearly as high', () => {
    const lower = normals(300, 5).map((value) => value / 10 + 300);
    const higher = normals(302, 6).map((value) => value / 10 + 900);
    for (const shift of [0, 1e5]) {
      const values = [...lower, ...higher.map((value) => value + shift)];
      const mode = densityMode(sorted(values))!;
      const best = Math.max(...values.map((value) => kernelDensity(values, value)));
      expect(kernelDensity(values, mode)).toBeGreaterThanOrEqual(best);
    }
  });

  it('is the lower one of two that are alike', () => {
    const values = [-10, -9, 10, 11, -11, 9].flatMap((x) => [x, x]);
    expect(densityMode(sorted(values))).toBeLessThan(0);
  });

  it('does not take long for outliers', () => {
    const values = sorted([...normals(100_000, 7), 1e9]);
    expect(densityMode(values)).toBeCloseTo(600, -7);
  });
});

describe('distances between distributions', () => {
  const a = sorted(normals(80, 8));
  const b = sorted(normals(50, 9).map((value) => value + 7));

  it('are those of the empirical distribution functions', () => {
    const share = (values: Float64Array, x: number) => values.filter((value) => value <= x).length / values.length;
    const places = [...a, ...b].sort((x, y) => x - y);
    const gaps = places.map((x) => Math.abs(share(a, x) - share(b, x)));
    expect(kolmogorovSmirnov(a, b)).toBeCloseTo(Math.max(...gaps), 14);
    const integral = gaps.slice(0, -1).reduce((sum, gap, i) => sum + gap * (places[i + 1] - places[i]), 0);
    expect(wasserstein1(a, b)).toBeCloseTo(integral, 10);
  });

  it('are symmetric, 0 for equal samples, and 1 and the distance for samples apart', () => {
    expect(kolmogorovSmirnov(a, b)).toBe(kolmogorovSmirnov(b, a));
    expect(wasserstein1(a, b)).toBeCloseTo(wasserstein1(b, a), 12);
    expect([kolmogorovSmirnov(a, a), wasserstein1(a, a)]).toEqual([0, 0]);
    const far = sorted([...a].map((value) => value + 1000));
    expect(kolmogorovSmirnov(a, far)).toBe(1);
    expect(wasserstein1(a, far)).toBeCloseTo(1000, 9);
  });

  it('do not change when each value comes twice', () => {
    const twice = sorted([...a, ...a]);
    expect(kolmogorovSmirnov(a, twice)).toBe(0);
    expect(wasserstein1(a, twice)).toBe(0);
    expect(wasserstein1(twice, b)).toBeCloseTo(wasserstein1(a, b), 10);
  });
});
