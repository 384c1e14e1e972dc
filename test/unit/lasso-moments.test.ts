import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fitLassoPath, LASSO_ALPHAS, LassoRows } from '../../src/ml/lasso/lasso.ts';
import { approximateMeans, type Moments, momentsOf } from '../../src/ml/lasso/moments.ts';
import { ProductSums, without } from '../../src/ml/lasso/products.ts';
import type { Matrix } from '../../src/ml/matrix.ts';
import { Random } from '../../src/random.ts';

interface Rows {
  readonly features: Matrix;
  readonly target: Float64Array;
}

function randomRows(rows: number, columns: number, seed: number): Rows {
  const random = new Random(seed);
  const data = Float64Array.from({ length: rows * columns }, (_, at) => 10 * (at % columns) + random.normal());
  return {
    features: { rows, columns, data },
    target: Float64Array.from({ length: rows }, (_, i) => 600 + data[i * columns] + 0.3 * random.normal()),
  };
}

function momentsOfAll({ features, target }: Rows): Moments {
  const shifts = approximateMeans(features, target);
  return momentsOf(new ProductSums(features, target, shifts).over(), shifts);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Centred values of each column, the target last, and their standard deviations, by the definition. */
function centred({ features, target }: Rows): { values: number[][]; deviations: number[] } {
  const columns = [
    ...Array.from({ length: features.columns }, (_, j) =>
      Array.from(target, (_, i) => features.data[i * features.columns + j]),
    ),
    [...target],
  ];
  const values = columns.map((column) => {
    const mean = average(column);
    return column.map((value) => value - mean);
  });
  return { values, deviations: values.map((column) => Math.sqrt(average(column.map((value) => value * value)))) };
}

/** The rows of a fold, or all others. */
function chosenRows({ features, target }: Rows, chosen: (row: number) => boolean): Rows {
  const kept = [...target.keys()].filter(chosen);
  const { columns, data } = features;
  return {
    features: {
      ...{ rows: kept.length, columns },
      data: Float64Array.from(kept.flatMap((i) => [...data.subarray(i * columns, (i + 1) * columns)])),
    },
    target: Float64Array.from(kept, (i) => target[i]),
  };
}

describe('moments', () => {
  test.each([
    [1, 1],
    [3, 2],
    [255, 3],
    [256, 4],
    [257, 5],
    [700, 6],
    [40, 109],
  ])('of %i rows and %i columns are what the definitions say', (rows, columns) => {
    const data = randomRows(rows, columns, 1);
    const { gram, correlations, targetVariance, targetMean, standardization } = momentsOfAll(data);
    const { values, deviations } = centred(data);
    const isConstant = rows === 1;
    const correlation = (j: number, k: number) =>
      isConstant ? 0 : average(values[j].map((value, i) => value * values[k][i])) / deviations[j];
    for (let j = 0; j < columns; j++) {
      expect(standardization.mean[j]).toBeCloseTo(
        average([...data.target.keys()].map((i) => data.features.data[i * columns + j])),
        10,
      );
      expect(standardization.scale[j]).toBeCloseTo(deviations[j], 12);
      expect(correlations[j]).toBeCloseTo(correlation(j, columns), 12);
      for (let k = 0; k < columns; k++) {
        expect(gram.data[j * columns + k]).toBeCloseTo(isConstant ? 0 : correlation(j, k) / deviations[k], 12);
      }
    }
    expect(targetVariance).toBeCloseTo(deviations[columns] ** 2, 10);
    expect(targetMean).toBeCloseTo(average([...data.target]), 10);
  });

  test('know a constant column by its standard deviation below 1e-9, however large its value', () => {
    const random = new Random(3);
    const columns = [
      () => 1e15 / 3,
      () => 0.1,
      () => 5 + 5e-10 * random.normal(),
      () => 5 + 5e-9 * random.normal(),
      () => 1e8 + random.normal(),
      () => -1e-8 * random.uniform(),
    ];
    const rows = 30_000;
    const data = Float64Array.from({ length: rows * columns.length }, (_, at) => columns[at % columns.length]());
    const target = Float64Array.from({ length: rows }, () => random.normal());
    const { scale } = momentsOfAll({ features: { rows, columns: columns.length, data }, target }).standardization;
    expect([...scale].map((value) => value > 0)).toEqual([false, false, false, true, true, true]);
    expect(scale[4]).toBeCloseTo(1, 1);
  });

  test('without a part are those of the other rows', () => {
    const data = randomRows(600, 7, 5);
    const isPart = (row: number) => row % 3 === 1 || row < 50;
    const shifts = approximateMeans(data.features, data.target);
    const sums = new ProductSums(data.features, data.target, shifts);
    const all = sums.over();
    const part = sums.over(Int32Array.from([...data.target.keys()].filter(isPart)));
    const left = momentsOf(without(all, part), shifts, momentsOf(all, shifts));
    const others = momentsOfAll(chosenRows(data, (row) => !isPart(row)));
    expect(left.rows).toBe(others.rows);
    left.gram.data.forEach((value, at) => {
      expect(value).toBeCloseTo(others.gram.data[at], 12);
    });
    left.correlations.forEach((value, j) => {
      expect(value).toBeCloseTo(others.correlations[j], 12);
    });
    expect(left.targetMean).toBeCloseTo(others.targetMean, 10);
  });
});

test.each([1, 2, 3, 4])('what varies in the part alone is constant without it (seed %i)', (seed) => {
  const data = randomRows(400, 5, seed);
  const isPart = (row: number) => row % 4 === 0;
  const random = new Random(seed);
  for (let j = 0; j < 5; j++) {
    const constant = 1e7 * random.normal();
    for (let i = 0; i < 400; i++) data.features.data[5 * i + j] = isPart(i) ? 1e6 * random.normal() : constant;
  }
  const shifts = approximateMeans(data.features, data.target);
  const sums = new ProductSums(data.features, data.target, shifts);
  const all = sums.over();
  const part = sums.over(Int32Array.from([...data.target.keys()].filter(isPart)));
  const { standardization, correlations } = momentsOf(without(all, part), shifts, momentsOf(all, shifts));
  expect([...standardization.scale]).toEqual([0, 0, 0, 0, 0]);
  expect([...correlations]).toEqual([0, 0, 0, 0, 0]);
});

describe('fits that leave folds out', () => {
  const data = randomRows(300, 8, 7);
  // a column that varies in the first fold only, and one that varies little elsewhere
  for (let i = 0; i < 300; i++) {
    data.features.data[8 * i + 6] = i < 60 ? i : 17.3;
    data.features.data[8 * i + 7] =
      (i < 60 ? 100 : 1) * (data.features.data[8 * i + 3] + data.features.data[8 * i + 7]);
  }
  const foldOfRow = Int32Array.from(data.target.keys(), (row) => (row < 60 ? 0 : 1 + (row % 3)));
  const alphas = [0.3, 1e-5, 0.01];

  test('are the fits to the other rows, standardised by themselves', () => {
    const folds = [...new LassoRows(data.features, data.target).leavingOut(foldOfRow, 4, alphas)];
    expect(folds).toHaveLength(4);
    folds.forEach(({ rows, fits }, fold) => {
      expect([...rows]).toEqual([...data.target.keys()].filter((row) => foldOfRow[row] === fold));
      const others = chosenRows(data, (row) => foldOfRow[row] !== fold);
      const expected = fitLassoPath(others.features, others.target, [0.3, 0.01, 1e-5]);
      fits.forEach((fit, k) => {
        expect(fit.alpha).toBe(expected[k].alpha);
        expect(fit.objective).toBeCloseTo(expected[k].objective, 10);
        expect(fit.intercept).toBeCloseTo(expected[k].intercept, 9);
        fit.coefficients.forEach((weight, j) => {
          expect(weight).toBeCloseTo(expected[k].coefficients[j], 8);
        });
      });
    });
    expect(folds[0].fits[2].coefficients[6]).toBe(0);
    expect(folds[1].fits[2].coefficients[6]).not.toBe(0);
  });
});

describe('the bits of a fit', () => {
  test('are the same on every machine', () => {
    const { features, target } = randomRows(1000, 30, 11);
    const hash = createHash('sha256');
    for (const { coefficients, intercept, objective, dualityGap } of fitLassoPath(features, target, LASSO_ALPHAS)) {
      hash.update(coefficients).update(Float64Array.of(intercept, objective, dualityGap));
    }
    expect(hash.digest('hex')).toBe('5a758a60d7c5a4d812916a209d636069c9ce2f961208406cd347e27a9686e16a');
  });
});

describe('numbers that are none', () => {
  const features: Matrix = { rows: 3, columns: 2, data: Float64Array.of(1, 2, 3, 4, 5, 6) };
  const target = Float64Array.of(1, 2, 4);
  const changed = (at: number, value: number): Matrix => ({ ...features, data: features.data.with(at, value) });

  test.each([
    ['a NaN', () => fitLassoPath(changed(3, Number.NaN), target, [1]), 'Feature 2 is NaN in training row 2.'],
    ['an infinity', () => fitLassoPath(changed(4, -1 / 0), target, [1]), 'Feature 1 is -Infinity in training row 3.'],
    ['a target', () => fitLassoPath(features, target.with(1, Number.NaN), [1]), 'The target is NaN in training row 2.'],
    [
      'a sum',
      () => fitLassoPath({ ...features, data: features.data.with(0, 1.7e308).with(2, 1.7e308) }, target, [1]),
      'Feature 1 is so large that its sum is beyond all numbers; rescale it.',
    ],
    [
      'a square',
      () => fitLassoPath(changed(1, 1e200), target, [1]),
      'Feature 2 varies beyond all numbers; rescale it.',
    ],
    [
      'the square of a target',
      () => fitLassoPath(features, target.with(0, 1e200), [1]),
      'The target varies beyond all numbers; rescale it.',
    ],
  ])('%s is named with its place', (_, fit, message) => {
    expect(fit).toThrow(expect.objectContaining({ code: 'NON_FINITE_NUMBER', message }));
  });
});
