import { describe, expect, test } from 'vitest';
import { ColumnMoments, PairMoments } from '../../src/ml/comparison/cluster-moments.ts';
import { clusterOfAtoms } from '../../src/ml/comparison/columns.ts';
import { MergedColumns } from '../../src/ml/comparison/resampled-distances.ts';
import { correlationOfRanks, RankedColumn } from '../../src/ml/comparison/resampled-ranks.ts';
import { ClusterResamples } from '../../src/ml/comparison/resamples.ts';
import { kolmogorovSmirnov, sorted, wasserstein1 } from '../../src/ml/statistics/distribution.ts';
import { regressionMetrics } from '../../src/ml/statistics/metrics.ts';
import { Random } from '../../src/random.ts';

/** Clusters of 1 to 9 atoms; steps above 0 round the values, so that many are equal, across the columns too. */
function sample(seed: number, step: number) {
  const random = new Random(seed);
  const sizes = Array.from({ length: 25 }, () => 1 + random.integer(9));
  const starts = Uint32Array.from([0, ...sizes.map((_, c) => sizes.slice(0, c + 1).reduce((sum, size) => sum + size))]);
  const round = (value: number) => (step === 0 ? value : step * Math.round(value / step));
  const exact = Array.from({ length: starts[sizes.length] }, () => 600 + 30 * random.normal());
  const calculated = Float64Array.from(exact, round);
  const predicted = Float64Array.from(exact, (value) => round(590 + 0.7 * (value - 600) + 10 * random.normal()));
  return { starts, calculated, predicted };
}

/** The atoms of a resample, each as often as its cluster was drawn. */
function written(values: Float64Array, starts: Uint32Array, weights: Int32Array): Float64Array {
  return Float64Array.from(
    Array.from(weights, (weight, c) =>
      Array.from({ length: weight }, () => [...values.subarray(starts[c], starts[c + 1])]).flat(),
    ).flat(),
  );
}

describe.each([
  ['values that all differ', 0],
  ['values of which many are equal', 15],
  ['hardly any different values', 60],
])('metrics of resamples of %s', (_, step) => {
  const { starts, calculated, predicted } = sample(7, step);
  const clusterOfAtom = clusterOfAtoms(starts);
  const moments = new PairMoments(new ColumnMoments(calculated, starts), new ColumnMoments(predicted, starts));
  const ranked = [calculated, predicted].map((column) => new RankedColumn(column, clusterOfAtom));
  const ranks = [calculated, predicted].map((column) => new Float64Array(column.length));
  const merged = new MergedColumns(calculated, predicted, clusterOfAtom, starts.length - 1);

  test('are those of the atoms written out', () => {
    const drawn = new ClusterResamples(starts, 3);
    for (let r = 0; r < 40; r++) {
      drawn.draw();
      const { weights, atoms } = drawn;
      const y = written(calculated, starts, weights);
      const p = written(predicted, starts, weights);
      expect(atoms).toBe(y.length);
      const plain = regressionMetrics(y, p, 0);
      const found = moments.of(weights, atoms);
      expect(found.rmse).toBeCloseTo(plain.rmsePpm, 10);
      expect(found.mae).toBeCloseTo(plain.maePpm, 10);
      expect(found.bias).toBeCloseTo(plain.biasPpm, 10);
      expect(found.r2).toBeCloseTo(plain.r2!, 10);
      expect(found.pearson).toBeCloseTo(plain.pearson!, 10);
      ranked.forEach((column, k) => {
        column.rank(weights, atoms, ranks[k]);
      });
      expect(correlationOfRanks(ranks[0], ranks[1], starts, weights)).toBeCloseTo(plain.spearman!, 10);
      const distances = merged.distances(weights, atoms);
      expect(distances.kolmogorovSmirnov).toBeCloseTo(kolmogorovSmirnov(sorted(y), sorted(p)), 12);
      expect(distances.wasserstein1).toBeCloseTo(wasserstein1(sorted(y), sorted(p)), 10);
    }
  });
});

test('draws as many clusters as there are, evenly, and the same by one seed', () => {
  const starts = Uint32Array.from([0, 3, 4, 9, 11]);
  const counts = new Float64Array(4);
  const [drawn, again, other] = [
    new ClusterResamples(starts, 5),
    new ClusterResamples(starts, 5),
    new ClusterResamples(starts, 6),
  ];
  let differs = false;
  for (let r = 0; r < 4000; r++) {
    for (const each of [drawn, again, other]) each.draw();
    expect(drawn.weights.reduce((sum, weight) => sum + weight)).toBe(4);
    expect(again.weights).toEqual(drawn.weights);
    differs ||= other.weights.join() !== drawn.weights.join();
    drawn.weights.forEach((weight, c) => {
      counts[c] += weight;
    });
  }
  expect(differs).toBe(true);
  // binomial: 16,000 draws, standard deviation 55
  for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(220);
});

test('correlations survive clusters that lie far apart and hardly vary within', () => {
  const starts = Uint32Array.from([0, 3, 6]);
  const calculated = Float64Array.of(1e3, 1e3 + 1e-9, 1e3 + 2e-9, -1e3, -1e3, -1e3);
  const predicted = Float64Array.of(5, 5 + 2e-9, 5 + 4e-9, 7, 8, 9);
  const moments = new PairMoments(new ColumnMoments(calculated, starts), new ColumnMoments(predicted, starts));
  expect(moments.of(Int32Array.of(2, 0), 6).pearson).toBeCloseTo(1, 3);
  // all calculated shieldings of this resample are equal
  expect(moments.of(Int32Array.of(0, 2), 6)).toMatchObject({ r2: Number.NaN, pearson: Number.NaN });
});
