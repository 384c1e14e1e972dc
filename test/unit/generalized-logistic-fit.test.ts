import { describe, expect, it } from 'vitest';
import {
  fitGeneralizedLogistic,
  type GeneralizedLogistic,
  logLikelihood,
  quantileOfLogCdf,
} from '../../src/ml/statistics/generalized-logistic.ts';
import { Random } from '../../src/random.ts';

/** Samples of many kinds, drawn by a seed. */
function samples(count: number, seed: number): Record<string, Float64Array> {
  const random = new Random(seed);
  const draw = (one: () => number) => Float64Array.from({ length: count }, one);
  const logarithm = () => Math.log(random.uniform() + 2 ** -54);
  const logistic = (shape: number) =>
    draw(() => quantileOfLogCdf({ shape, location: 600, scale: 20 * Math.min(1, shape) }, logarithm()));
  const withOutliers = (...outliers: number[]) => Float64Array.from([...draw(() => random.normal()), ...outliers]);
  return {
    'shape 0.01': logistic(0.01),
    'shape 0.2': logistic(0.2),
    'shape 1': logistic(1),
    'shape 10': logistic(10),
    'shape 100': logistic(100),
    uniform: draw(() => 400 + 200 * random.uniform()),
    normal: draw(() => 600 + 30 * random.normal()),
    bimodal: draw(() => random.normal() + (random.uniform() < 0.6 ? 20 : -20)),
    trimodal: draw(() => random.normal() / 50 + [-1, 0, 1.5][random.integer(3)]),
    'heavy tails': draw(() => Math.tan(Math.PI * (random.uniform() - 0.5))),
    exponential: draw(() => -logarithm()),
    'an exponential tail to the left': draw(logarithm),
    rounded: draw(() => 10 * Math.round(3 * random.normal())),
    'three values': draw(() => [590, 600, 605][random.integer(3)]),
    'an outlier above': withOutliers(1e4),
    'an outlier below': withOutliers(-1e4),
    'outliers on both sides': withOutliers(-1e6, 1e6),
    'far from 0': draw(() => 1e9 + random.normal()),
    'a tiny spread': draw(() => 600 + 1e-6 * random.normal()),
    'a huge spread': draw(() => 1e12 * random.normal()),
  };
}

const KINDS = Object.keys(samples(5, 1));

function likelihood(values: Float64Array, fit: GeneralizedLogistic): number {
  return logLikelihood(fit, values) / values.length;
}

/** The highest likelihood a value on a grid of distributions over the sample, and of the two that are limits. */
function highestOfMany(values: Float64Array): number {
  const ascending = values.slice().sort();
  const largest = ascending[ascending.length - 1];
  const distance = ascending.reduce((sum, value) => sum + (largest - value), 0) / ascending.length;
  const found = [-Math.log(distance) - 1];
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    const mode = ascending[Math.floor(share * ascending.length)];
    for (let scale = distance / 2 ** 14; scale < 2 * distance; scale *= 2) {
      for (const shape of [1e-3, 0.01, 0.1, 0.5, 1, 3, 20, 1000, 1e9]) {
        found.push(likelihood(values, { shape, location: mode - scale * Math.log(shape), scale }));
      }
    }
  }
  return Math.max(...found);
}

describe('the fit of the generalised logistic distribution', () => {
  it.each(KINDS)('of %s is as good as any, with finite parameters', (kind) => {
    for (const [count, seed] of [
      [5, 1],
      [5, 2],
      [9, 3],
      [40, 4],
      [400, 5],
    ]) {
      const values = samples(count, seed)[kind];
      if (new Set(values).size === 1) continue;
      const fit = fitGeneralizedLogistic(values);
      expect(Object.values(fit).every(Number.isFinite)).toBe(true);
      expect(Math.min(fit.shape, fit.scale)).toBeGreaterThan(0);
      expect(likelihood(values, fit)).toBeGreaterThan(highestOfMany(values) - 1e-6);
    }
  });

  it.each(KINDS)('of %s comes to the same likelihood from any start', (kind) => {
    const values = samples(40, 6)[kind];
    const found = likelihood(values, fitGeneralizedLogistic(values));
    const ascending = values.slice().sort();
    const range = ascending[ascending.length - 1] - ascending[0];
    for (const shape of [1e-3, 1, 1000]) {
      for (const location of [ascending[0] - range, ascending[20], ascending[39] + range]) {
        for (const scale of [range / 500, range]) {
          const fit = fitGeneralizedLogistic(values, { shape, location, scale });
          expect(Math.abs(likelihood(values, fit) - found)).toBeLessThan(1e-9);
        }
      }
    }
  });

  it('goes on from a start that is better than what it finds by itself', () => {
    const values = samples(60, 6)['shape 0.2'];
    const fit = fitGeneralizedLogistic(values);
    expect(likelihood(values, fitGeneralizedLogistic(values, fit))).toBeGreaterThanOrEqual(likelihood(values, fit));
  });

  it('does not depend on the order of the values, to the last bit', () => {
    const values = samples(500, 7)['shape 0.2'];
    expect(fitGeneralizedLogistic(values.toReversed())).toEqual(fitGeneralizedLogistic(values));
  });

  it('stops within 1e-6 of the limit where the likelihood has no maximum', () => {
    const tail = samples(200, 8)['an exponential tail to the left'];
    const largest = Math.max(...tail);
    const distance = tail.reduce((sum, value) => sum + (largest - value), 0) / tail.length;
    const toOneSide = fitGeneralizedLogistic(tail);
    expect(toOneSide.shape).toBeLessThan(1e-6);
    expect(Math.abs(likelihood(tail, toOneSide) + Math.log(distance) + 1)).toBeLessThan(1e-6);

    // its skewness, 2, is beyond that of all generalised logistic distributions
    const skewed = samples(200, 8).exponential;
    const toGumbel = fitGeneralizedLogistic(skewed);
    expect(toGumbel.shape).toBeGreaterThan(1e6);
    const { shape, location, scale } = toGumbel;
    const mode = location + scale * Math.log(shape);
    const gumbel = skewed.reduce((sum, y) => {
      const u = (y - mode) / scale;
      return sum - u - Math.exp(-u) - Math.log(scale);
    }, 0);
    expect(Math.abs(likelihood(skewed, toGumbel) - gumbel / 200)).toBeLessThan(1e-6);
    const [slope, bend] = [0.999, 1.001].map((factor) =>
      likelihood(skewed, { shape, location: mode - factor * scale * Math.log(shape), scale: factor * scale }),
    );
    expect(Math.max(slope, bend)).toBeLessThan(likelihood(skewed, toGumbel));
  });

  it('finds the highest of several maxima, with many values too', () => {
    const random = new Random(9);
    for (const share of [0.2, 0.5, 0.8]) {
      const values = Float64Array.from(
        { length: 4000 },
        () => random.normal() / 30 + (random.uniform() < share ? 1 : -1),
      );
      expect(likelihood(values, fitGeneralizedLogistic(values))).toBeGreaterThan(highestOfMany(values) - 1e-6);
    }
  });
});
