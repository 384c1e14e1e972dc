import { describe, expect, test } from 'vitest';
import { Random, type RandomState } from '../../src/random.ts';

/** Standard normal distribution function (Abramowitz and Stegun 7.1.26, error below 2e-7). */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * polynomial * Math.exp((-x * x) / 2);
  return x < 0 ? tail : 1 - tail;
}

/** Kolmogorov-Smirnov distance of a sample to a distribution function. */
function distance(sample: number[], cdf: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return Math.max(...sorted.map((x, k) => Math.max(cdf(x) - k / sorted.length, (k + 1) / sorted.length - cdf(x))));
}

describe('Random', () => {
  test('is xoshiro128**: the words of its reference implementation from the state 1, 2, 3, 4', () => {
    const random = Random.fromState([1, 2, 3, 4]);
    const words = Array.from({ length: 10 }, () => random.integer(2 ** 32));
    expect(words).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  test('gives the same numbers for a seed as on the day it was written', () => {
    const random = new Random(1);
    expect([random.uniform(), random.integer(100), random.normal(), random.normal()]).toMatchInlineSnapshot(`
      [
        0.09156953047545568,
        1,
        0.27478228142605343,
        0.911637566448816,
      ]
    `);
  });

  test('gives other numbers for other seeds, above 2^32 too', () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => new Random(seed).uniform())).size).toBe(seeds.length);
  });

  test('goes on from its state', () => {
    const random = new Random(7);
    for (let k = 0; k < 10; k++) random.normal();
    const copy = Random.fromState(JSON.parse(JSON.stringify(random.state())) as RandomState);
    expect(Array.from({ length: 20 }, () => copy.normal())).toEqual(Array.from({ length: 20 }, () => random.normal()));
  });

  test('uniform fills [0, 1) evenly', () => {
    const random = new Random(3);
    const sample = Array.from({ length: 20_000 }, () => random.uniform());
    expect(Math.min(...sample)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...sample)).toBeLessThan(1);
    // 1.63 / sqrt(n) is the 1 % point
    expect(distance(sample, (x) => x)).toBeLessThan(0.0116);
  });

  test('normal follows the normal distribution, tails included', () => {
    const random = new Random(4);
    const sample = Array.from({ length: 50_000 }, () => random.normal());
    expect(distance(sample, normalCdf)).toBeLessThan(0.0073);
    const moment = (power: number) => sample.reduce((sum, x) => sum + x ** power, 0) / sample.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.015);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
    const beyond3 = sample.filter((x) => Math.abs(x) > 3).length / sample.length;
    expect(beyond3).toBeGreaterThan(0.002);
    expect(beyond3).toBeLessThan(0.0034);
  });

  test('integer has no bias where n does not divide 2^32', () => {
    const random = new Random(5);
    // a remainder without rejection would put two thirds of the words into the lower half
    const n = 3 * 2 ** 30;
    const low = Array.from({ length: 20_000 }, () => random.integer(n)).filter((k) => k < n / 3).length / 20_000;
    expect(low).toBeGreaterThan(0.32);
    expect(low).toBeLessThan(0.347);
  });

  test('shuffle gives every order equally often', () => {
    const random = new Random(6);
    const counts = new Map<string, number>();
    for (let k = 0; k < 12_000; k++) {
      const order = random.shuffle([0, 1, 2]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(140);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => new Random(seed)).toThrowError(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });

  test.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, 0.5]], [null]])(
    'refuses the state %j',
    (state) => {
      expect(() => Random.fromState(state as never)).toThrowError(
        expect.objectContaining({ code: 'CORRUPT_ARTIFACT' }),
      );
    },
  );

  test.each([0, -1, 1.5, 2 ** 32 + 1])('refuses integer(%s)', (n) => {
    expect(() => new Random(1).integer(n)).toThrow(RangeError);
  });
});
