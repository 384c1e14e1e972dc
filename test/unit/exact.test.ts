import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exponential, exponentialMinusOne } from '../../src/exact/exponential.ts';
import { logarithm, logarithmOfOnePlus } from '../../src/exact/logarithm.ts';
import { backward, fitTargetTransform, forward } from '../../src/ml/target-transform.ts';
import { Random } from '../../src/random.ts';

const random = new Random(5);
/** Arguments of all sizes, the smallest and the largest included. */
const positive = [
  ...Array.from({ length: 20_000 }, () => 2 ** (2040 * random.uniform() - 1020)),
  ...Array.from({ length: 20_000 }, () => 0.5 + random.uniform()),
  ...[Number.MIN_VALUE, 1e-310, 2 ** -1022, Math.SQRT1_2, 1 - 2 ** -53, 1 + 2 ** -52, Math.SQRT2, Number.MAX_VALUE],
];

function checkAgainst(host: (x: number) => number, ours: (x: number) => number, arguments_: number[], bound: number) {
  for (const x of arguments_) {
    const expected = host(x);
    expect(Math.abs(ours(x) - expected), `at ${x}`).toBeLessThanOrEqual(bound * Math.abs(expected));
  }
}

describe('functions of exact operations', () => {
  it('take the logarithm as the host does, but for its last bits', () => {
    checkAgainst(Math.log, logarithm, positive, 4.5e-16);
    expect(logarithm(1)).toBe(0);
    expect(logarithm(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(logarithm(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(logarithm(-1)).toBeNaN();
    expect(logarithm(Number.NaN)).toBeNaN();
  });

  it('take the logarithm of one plus a number, small ones with all their digits', () => {
    const aboveMinusOne = [...positive, ...positive.filter((x) => x < 1).map((x) => -x)];
    checkAgainst(Math.log1p, logarithmOfOnePlus, aboveMinusOne, 9e-16);
    expect(logarithmOfOnePlus(0)).toBe(0);
    expect(logarithmOfOnePlus(-1)).toBe(Number.NEGATIVE_INFINITY);
    expect(logarithmOfOnePlus(-2)).toBeNaN();
    expect(logarithmOfOnePlus(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it('take the exponential as the host does, but for its last bits', () => {
    const inRange = positive.filter((x) => x < 708);
    checkAgainst(Math.exp, exponential, [...inRange, ...inRange.map((x) => -x)], 4.5e-16);
    expect([0, -709, -1e300, Number.NEGATIVE_INFINITY].map(exponential)).toEqual([1, 0, 0, 0]);
    expect([709.1, 1e300, Number.POSITIVE_INFINITY].map(exponential)).toEqual(Array(3).fill(Number.POSITIVE_INFINITY));
    expect(exponential(Number.NaN)).toBeNaN();
  });

  it('take the exponential less one, of small numbers with all their digits', () => {
    const inRange = positive.filter((x) => x < 708);
    checkAgainst(Math.expm1, exponentialMinusOne, [...inRange, ...inRange.map((x) => -x)], 9e-16);
    expect(exponentialMinusOne(0)).toBe(0);
    expect(exponentialMinusOne(-1000)).toBe(-1);
    expect(exponentialMinusOne(1000)).toBe(Number.POSITIVE_INFINITY);
    expect(exponentialMinusOne(Number.NaN)).toBeNaN();
  });

  it('give a fitted target transform the same bits on every machine', () => {
    const shieldings = Float64Array.from(
      { length: 500 },
      (_, k) => 612 + (k % 7) + (k % 11) / 2 - 900 / ((k % 97) + 9),
    );
    const transform = fitTargetTransform('GENERALIZED_LOGISTIC', shieldings);
    const targets = forward(transform, shieldings);
    const bytes = [targets, backward(transform, targets), forward(transform, [400, 500, 640, 700])];
    const hash = createHash('sha256');
    for (const part of bytes) hash.update(new Uint8Array(part.buffer));
    expect(hash.digest('hex')).toBe('c7c0db8f61b327fe88dc29b092c8460ca61c8e624eecaac8196ac6928b7b4683');
  });
});
