import { describe, expect, it } from 'vitest';
import { shareBelow } from '../../src/ml/statistics/distribution.ts';
import { quantilesOf } from '../../src/registry/datasets/distributions.ts';
import { EvaluationAnalysis } from '../../src/registry/evaluations/evaluation-analysis.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { CalculationSummary, Evaluation } from '../../src/registry/records.ts';

const SIZES: Readonly<Record<string, number>> = { c1: 2, c2: 3, c3: 2 };
const analysis = new EvaluationAnalysis({
  // in an order of its own, as a database may answer
  calculationSummaries: async (ids) =>
    ids.toReversed().map((id) => ({ id, size: SIZES[id], clusterId: `of ${id}` }) as CalculationSummary),
} as Pick<Store, 'calculationSummaries'> as Store);

function evaluationOf(columns: Partial<Evaluation>): Evaluation {
  return {
    ...{ id: '1', modelVersionId: '1', datasetVersionId: '1', split: 'test', createdAt: new Date(0), createdBy: 'x' },
    ...{ metrics: {} as Evaluation['metrics'], metricsBySize: [], calculationIds: ['c1', 'c2', 'c3'] },
    calculatedPpm: [600, 610, 500, 520, 540, 620, 630],
    predictedPpm: [601, 605, 550, 500, 540, 615, 637],
    standardDeviationsPpm: null,
    ...columns,
  };
}

const evaluation = evaluationOf({});
const committee = evaluationOf({ standardDeviationsPpm: [1, 2, 30, 20, 0, 4, 5] });
const ALL = { first: 200, start: 0, order: 'ATOMS', sizes: null, absoluteAtLeastPpm: null } as const;

describe('residuals', () => {
  it('are predicted minus calculated, each with where its atom is', async () => {
    const { items, hasNextPage, totalCount } = await analysis.residuals(committee, ALL);
    expect(items.map(({ residualPpm }) => residualPpm)).toEqual([1, -5, 50, -20, 0, -5, 7]);
    expect(analysis.residualsPpm(committee)).toEqual([1, -5, 50, -20, 0, -5, 7]);
    expect(items.map(({ calculationId, index }) => `${calculationId} ${index}`)).toEqual(
      ['c1 0', 'c1 1', 'c2 0', 'c2 1', 'c2 2', 'c3 0', 'c3 1'].map(String),
    );
    expect(items[3]).toEqual({
      ...{ calculationId: 'c2', clusterId: 'of c2', index: 1, calculatedPpm: 520, predictedPpm: 500 },
      ...{ residualPpm: -20, standardDeviationPpm: 20 },
    });
    expect([hasNextPage, await totalCount()]).toEqual([false, 7]);
    expect(await analysis.clusterSizes(committee)).toEqual([2, 2, 3, 3, 3, 2, 2]);
    expect((await analysis.residuals(evaluation, ALL)).items[0].standardDeviationPpm).toBeNull();
  });

  it('come with the largest first, equal ones in the order of the atoms', async () => {
    const { items } = await analysis.residuals(evaluation, { ...ALL, order: 'LARGEST' });
    expect(items.map(({ residualPpm }) => residualPpm)).toEqual([50, -20, 7, -5, -5, 1, 0]);
    expect(items.slice(3, 5).map(({ calculationId }) => calculationId)).toEqual(['c1', 'c3']);
  });

  it('are chosen by size of the cluster and of the residual, and come in pages', async () => {
    const search = { ...ALL, order: 'LARGEST', sizes: [2, 17], absoluteAtLeastPpm: 5 } as const;
    const pages = [];
    for (const start of [0, 2, 4]) pages.push(await analysis.residuals(evaluation, { ...search, first: 2, start }));
    expect(pages.map(({ items }) => items.map(({ residualPpm }) => residualPpm))).toEqual([[7, -5], [-5], []]);
    expect(pages.map(({ hasNextPage }) => hasNextPage)).toEqual([true, false, false]);
    expect(await pages[0].totalCount()).toBe(3);
    expect((await analysis.residuals(evaluation, { ...ALL, sizes: [] })).items).toEqual([]);
  });

  it('above a limit below 0 are refused', async () => {
    await expect(analysis.residuals(evaluation, { ...ALL, absoluteAtLeastPpm: -1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('distributions', () => {
  it('are those of all atoms, or of the clusters of one size', async () => {
    const whole = await analysis.distribution(evaluation, null);
    expect(whole.calculated).toMatchObject({ count: 7, mean: 4020 / 7 });
    expect(whole.kolmogorovSmirnov).toBeCloseTo(1 / 7, 12);
    const ofThree = await analysis.distribution(evaluation, 3);
    expect([...ofThree.calculated.values]).toEqual([500, 520, 540]);
    expect([...ofThree.predicted.values]).toEqual([500, 540, 550]);
    expect(ofThree.wasserstein1Ppm).toBeCloseTo(10, 12);
    expect(shareBelow(ofThree.predicted.values, 545)).toBeCloseTo(2 / 3, 12);
    expect(quantilesOf(ofThree.calculated, [0, 0.5])).toEqual([
      { probability: 0, valuePpm: 500 },
      { probability: 0.5, valuePpm: 520 },
    ]);
    const { edgesPpm, counts } = await analysis.histogram(evaluation, 3, 20);
    expect(edgesPpm).toEqual([500, 520, 540, 560]);
    expect(counts.map((series) => series.counts)).toEqual([
      [1, 1, 1],
      [1, 0, 2],
    ]);
  });

  it('have Q-Q points on the samples, no more than there are atoms', async () => {
    const comparison = await analysis.distribution(evaluation, 2);
    expect(analysis.quantileQuantile(comparison, 200)).toEqual({
      probabilities: [0.125, 0.375, 0.625, 0.875],
      calculatedPpm: [600, 610, 620, 630],
      predictedPpm: [601, 605, 615, 637],
    });
    expect(analysis.quantileQuantile(comparison, 2)).toMatchObject({ probabilities: [0.25, 0.75] });
    for (const points of [0, 10_001]) {
      expect(() => analysis.quantileQuantile(comparison, points)).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      );
    }
    expect(() => quantilesOf(comparison.predicted, [1.5])).toThrow(/probability 1.5/);
    expect(() => quantilesOf(comparison.predicted, Array(10_001).fill(0))).toThrow(/at most 10000/);
  });

  it.each(['distribution', 'calibration'] as const)('refuse a size that no cluster has: %s', async (what) => {
    await expect(analysis[what](committee, 5)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'no cluster of the evaluation has 5 atoms; there are sizes 2, 3',
    });
  });
});

describe('calibration', () => {
  it('is that of a committee, of all atoms or of one size', async () => {
    expect(await analysis.calibration(evaluation, null)).toBeNull();
    expect(await analysis.calibration(committee, null)).toMatchObject({ count: 6, withoutSpread: 1 });
    const ofThree = await analysis.calibration(committee, 3);
    expect(ofThree).toMatchObject({ count: 2, withoutSpread: 1 });
    expect(ofThree!.meanZ).toBeCloseTo((50 / 30 - 1) / 2, 12);
  });
});
