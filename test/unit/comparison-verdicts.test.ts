import { expect, test } from 'vitest';
import type { MetricComparison } from '../../src/ml/comparison/comparison.ts';
import { compareVersions } from '../../src/ml/comparison/comparison.ts';
import type { Difference, Estimate } from '../../src/ml/comparison/intervals.ts';
import type { ComparedMetric } from '../../src/ml/comparison/metrics.ts';
import { bestIsMoreThanNoise, remarks, verdictOf } from '../../src/registry/evaluations/comparison-verdicts.ts';

type Numbers = readonly [value: number | null, low: number | null, high: number | null];

const estimateOf = ([value, low, high]: Numbers): Estimate => ({ value, low, high, undefinedResamples: 0 });
const differenceOf = (numbers: Numbers): Difference => ({
  ...estimateOf(numbers),
  moreThanNoise: numbers[1] !== null && (numbers[1] > 0 || numbers[2]! < 0),
});

/** A comparison of which the versions are given with their differences to the best. */
function found(metric: ComparedMetric, best: number | null, versions: readonly [Numbers, Numbers][]): MetricComparison {
  return {
    metric,
    best,
    versions: versions.map(([own, toBest]) => ({
      ...estimateOf(own),
      differenceToBaseline: differenceOf(toBest),
      differenceToBest: best === null ? null : differenceOf(toBest),
    })),
  };
}

const NAMES = { names: ['gop/1', 'cn/2', 'schnet/1'], clusters: 40, confidence: 0.95 };
const ITSELF: Numbers = [0, 0, 0];

test('says which version is the best, and of each other one whether it is worse by more than noise', () => {
  const rmse = found('RMSE', 1, [
    [
      [21.3, 19.9, 22.9],
      [3.1, 1.2, 5.04],
    ],
    [[18.2, 16.9, 19.81], ITSELF],
    [
      [18.5, 17, 20],
      [0.3, -0.52, 1.04],
    ],
  ]);
  expect(verdictOf(rmse, NAMES)).toBe(
    'cn/2 has the lowest RMSE, 18.2 ppm (95 % interval 16.9 to 19.8 ppm); schnet/1 is 0.3 ppm (-0.5 to 1.0) higher, within noise; ' +
      'gop/1 is 3.1 ppm (1.2 to 5.0) higher, more than noise.',
  );
  expect(bestIsMoreThanNoise(rmse)).toBe(false);
  expect(bestIsMoreThanNoise({ ...rmse, versions: rmse.versions.slice(0, 2) })).toBe(true);
});

test('of correlations the others are lower, of biases farther from 0', () => {
  const r2 = found('R2', 0, [
    [[0.95, 0.93, 0.97], ITSELF],
    [
      [0.9, 0.87, 0.92],
      [-0.05, -0.072, -0.03],
    ],
  ]);
  const names = { ...NAMES, names: ['a/1', 'b/1'] };
  expect(verdictOf(r2, names)).toBe(
    'a/1 has the highest R2, 0.950 (95 % interval 0.930 to 0.970); b/1 is 0.050 (0.030 to 0.072) lower, more than noise.',
  );
  const bias = found('BIAS', 1, [
    [
      [3, 2, 4],
      [2.9, 2.5, 3.5],
    ],
    [[-0.1, -1, 0.8], ITSELF],
  ]);
  expect(verdictOf(bias, { ...names, confidence: 0.9 })).toBe(
    'b/1 has the bias nearest to 0, -0.1 ppm (90 % interval -1.0 to 0.8 ppm); a/1 is 2.9 ppm (2.5 to 3.5) farther from 0, more than noise.',
  );
});

test('tells the three nearest of many, and counts the rest', () => {
  const names = Array.from({ length: 8 }, (_, v) => `m/${v + 1}`);
  const many = found(
    'MAE',
    0,
    names.map((_, v) =>
      v === 0
        ? [[10, 9, 11], ITSELF]
        : [
            [10 + v, 9, 13],
            [v, v < 7 ? -1 : 1, v + 2],
          ],
    ),
  );
  expect(verdictOf(many, { ...NAMES, names })).toMatch(
    /; m\/4 is 3.0 ppm \(-1.0 to 5.0\) higher, within noise; of 4 more, 1 is higher by more than noise\.$/,
  );
});

test('what is equal, undefined, alone or of one cluster is said so', () => {
  const column = Float64Array.from({ length: 12 }, (_, i) => 600 + 7 * i);
  const predicted = column.map((value, i) => value + (i % 3));
  const compare = (predictedPpm: readonly Float64Array[], clusterStarts: Uint32Array, calculatedPpm = column) =>
    compareVersions({
      ...{ columns: { calculatedPpm, predictedPpm, clusterStarts }, baseline: 0, resamples: 100 },
      ...{ confidence: 0.95, seed: 0 },
    });
  const clusters = Uint32Array.of(0, 4, 8, 12);
  const names = { ...NAMES, names: ['a/1', 'b/1'], clusters: 3 };

  const [same] = compare([predicted, predicted.slice()], clusters);
  expect(verdictOf(same, names)).toMatch(
    /^a\/1 has the lowest RMSE, 1\.29 ppm \(.*\); b\/1 has the same\. Intervals over 3 clusters are rough, and as a rule too narrow\.$/,
  );
  expect(bestIsMoreThanNoise(same)).toBe(false);

  const pearson = compare([predicted, column.map(() => 600)], clusters)[4];
  expect(verdictOf(pearson, names)).toMatch(
    / It is undefined for b\/1, whose predictions are all equal\. Intervals over/,
  );
  expect(bestIsMoreThanNoise(pearson)).toBe(false);

  const undefinedR2 = compare(
    [predicted],
    clusters,
    column.map(() => 600),
  )[3];
  expect(verdictOf(undefinedR2, { ...names, names: ['a/1'] })).toBe('R2 is undefined, since shieldings are all equal.');

  const [alone] = compare([predicted], clusters);
  expect(verdictOf(alone, { ...names, names: ['a/1'] })).toMatch(
    /^a\/1: RMSE 1\.29 ppm \(.*There is no other version to compare it with\. Intervals over 3/,
  );

  const [aloneInOne] = compare([predicted], Uint32Array.of(0, 12));
  expect(verdictOf(aloneInOne, { ...names, names: ['a/1'], clusters: 1 })).toBe(
    'a/1: RMSE 1.29 ppm. There is no other version to compare it with. One cluster alone tells nothing about noise.',
  );
  const [oneCluster] = compare([predicted, predicted.map((value) => value + 4)], Uint32Array.of(0, 12));
  expect(verdictOf(oneCluster, { ...names, clusters: 1 })).toBe(
    'a/1 has the lowest RMSE, 1.29 ppm; b/1 is 3.78 ppm higher. One cluster alone tells nothing about noise.',
  );
});

test('remarks name versions that are listed twice, and clusters that are not new', () => {
  const asked = [
    { version: 0, called: 'gop/1' },
    { version: 1, called: 'cn/2' },
    { version: 1, called: 'cn@champion' },
    { version: 2, called: 'schnet/1' },
    { version: 2, called: 'schnet/1' },
  ];
  const leakage = [
    [0, 0],
    [3, 0],
    [1, 5],
  ].map(([count, validationCount]) => ({
    ...{ modelVersionId: '1', count, validationCount, clusters: [] },
  }));
  expect(remarks({ ...NAMES, clusters: 8 }, asked, leakage)).toEqual([
    'cn/2 and cn@champion are the same version, cn/2, and differ by nothing.',
    'schnet/1 is listed 2 times: it is the same version, and differs by nothing.',
    'Leakage: of the 8 clusters cn/2 was trained on 3; schnet/1 was trained on 1 and validated on 5. Errors on these may be lower than on others.',
  ]);
  expect(remarks(NAMES, asked.slice(0, 2), leakage.slice(0, 1))).toEqual([]);
});
