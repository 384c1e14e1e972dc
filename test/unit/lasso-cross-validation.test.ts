import { describe, expect, test } from 'vitest';
import { featureMatrix } from '../../src/ml/features/feature-matrix.ts';
import { foldsOfAtoms } from '../../src/ml/lasso/cross-validation.ts';
import { DEFAULT_FOLDS, dealGroups } from '../../src/ml/lasso/folds.ts';
import { fitLassoPath, predictLasso } from '../../src/ml/lasso/lasso.ts';
import { lassoModel } from '../../src/ml/lasso/model.ts';
import type { LabelledInput, LassoSettings, Target, TrainingTask, TrialProgress } from '../../src/ml/model.ts';
import { joinTargets } from '../../src/ml/model-file.ts';
import { backward, fitTargetTransform, forward } from '../../src/ml/target-transform.ts';
import { Random } from '../../src/random.ts';
import { randomCluster } from '../support/random-clusters.ts';

const FEATURES = {
  runningCoordinationNumbers: { radiiAngstrom: [3, 3.5, 4, 4.5, 5, 6], smearingAngstrom: 0.3 },
  grossOrbitalPopulations: { labels: ['3S'] },
};

function inputsOf(sizes: readonly number[], seed: number): LabelledInput[] {
  const random = new Random(seed);
  return sizes.map((size, k) => {
    const structure = randomCluster(random, size, [11]);
    const populations = Float64Array.from({ length: size }, () => random.normal());
    const shieldingsPpm = populations.map((value) => 580 + 12 * value - 15 * random.uniform() ** 2);
    return {
      ...{ name: `cluster ${k + 1}`, structure, shieldingsPpm },
      ...{ populationLabels: ['3S'], grossOrbitalPopulations: populations },
    };
  });
}

const TRAIN = inputsOf([6, 9, 7, 12, 8, 7, 5, 11], 1);
const VALIDATION = inputsOf([10], 2);
const ALPHAS = [1e-4, 1e-3, 0.01, 0.1, 1];

async function train(settings: Partial<LassoSettings>, changes: Partial<TrainingTask> = {}) {
  const progress: TrialProgress[] = [];
  const task: TrainingTask = {
    ...{ settings: { kind: 'LASSO', alphas: ALPHAS, ...settings }, seed: 0, target: 'DIRECT', features: FEATURES },
    ...{ train: TRAIN, validation: VALIDATION, resumeFrom: null, ...changes },
  };
  const listener = { onProgress: (each: TrialProgress) => void progress.push(each), onCheckpoint: () => {} };
  return { ...(await lassoModel.train(task, listener)), progress };
}

/** By the definition: every atom predicted by a fit to the atoms of the other folds. */
function leftOutRmse(target: Target, folds: number, alpha: number): number {
  const foldOfRow = foldsOfAtoms(TRAIN, folds);
  const foldOf = (index: number) =>
    foldOfRow[TRAIN.slice(0, index).reduce((sum, each) => sum + each.shieldingsPpm.length, 0)];
  const kind = target === 'DIRECT' ? 'STANDARDIZE' : 'GENERALIZED_LOGISTIC';
  const transform = fitTargetTransform(kind, joinTargets(TRAIN));
  let squares = 0;
  for (let fold = 0; fold < folds; fold++) {
    const [others, own] = [false, true].map((isOwn) => TRAIN.filter((_, k) => (foldOf(k) === fold) === isOwn));
    const [fit] = fitLassoPath(featureMatrix(FEATURES, others), forward(transform, joinTargets(others)), [alpha]);
    const predicted = backward(transform, predictLasso(fit, featureMatrix(FEATURES, own)));
    squares += joinTargets(own).reduce((sum, value, i) => sum + (value - predicted[i]) ** 2, 0);
  }
  return Math.sqrt(squares / joinTargets(TRAIN).length);
}

describe('folds', () => {
  test('get the largest cluster first, each the one with fewest atoms', () => {
    expect(dealGroups([5, 9, 7, 7, 1, 2], 3)).toEqual([1, 0, 1, 2, 0, 2]);
    expect(dealGroups([3, 3, 3], 3)).toEqual([0, 1, 2]);
  });

  test('hold about as many atoms each, and every cluster in one', () => {
    const random = new Random(4);
    const sizes = Array.from({ length: 300 }, () => 14 + random.integer(13));
    const dealt = dealGroups(sizes, 7);
    const atoms = Array.from({ length: 7 }, (_, fold) =>
      sizes.reduce((sum, size, k) => sum + (dealt[k] === fold ? size : 0), 0),
    );
    expect(Math.max(...atoms) - Math.min(...atoms)).toBeLessThanOrEqual(26);
    expect(dealGroups(sizes, 300)).toHaveLength(300);
    expect(new Set(dealGroups(sizes, 300)).size).toBe(300);
  });

  test('keep a structure together that was calculated twice', () => {
    const twice = [...TRAIN, { ...TRAIN[2], name: 'at another level of theory' }];
    const foldOfRow = foldsOfAtoms(twice, 4);
    expect([...foldOfRow.slice(-7)]).toEqual([...foldOfRow.slice(15, 22)]);
    expect(() => foldsOfAtoms(twice, 9)).toThrow(
      expect.objectContaining({
        code: 'INVALID_HYPERPARAMETER',
        message:
          '9 folds need as many different clusters in train, and there are 8; take fewer folds, or more clusters',
      }),
    );
  });

  test.each([1, 0, -3, 2.5, Number.NaN, 10_001])('cannot be %d', (folds) => {
    expect(() => dealGroups([1, 2, 3], folds)).toThrow(expect.objectContaining({ code: 'INVALID_HYPERPARAMETER' }));
  });
});

describe('alpha by cross-validation', () => {
  test.each([
    ['DIRECT', DEFAULT_FOLDS],
    ['DIRECT', 8],
    ['TRANSFORMED', 2],
  ] as const)('has the lowest RMSE of left-out clusters (%s, %i folds)', async (target, folds) => {
    const { outcome, weights } = await train({ selection: 'CROSS_VALIDATION', folds }, { target });
    const path = outcome.lassoPath!;
    expect(path.map(({ alpha }) => alpha)).toEqual(ALPHAS);
    for (const { alpha, crossValidationRmsePpm } of path) {
      expect(crossValidationRmsePpm).toBeCloseTo(leftOutRmse(target, folds, alpha), 8);
    }
    const best = path.reduce((a, b) => (b.crossValidationRmsePpm! <= a.crossValidationRmsePpm! ? b : a));
    expect(outcome).toMatchObject({
      ...{ alpha: best.alpha, nonZero: best.nonZero, selectionLoss: best.crossValidationRmsePpm },
      ...{ trainRmsePpm: best.trainRmsePpm, validationRmsePpm: best.validationRmsePpm },
    });
    // the model itself is fitted to all of train, as without folds
    const alone = await train({ alphas: [best.alpha] }, { target });
    const expected = await lassoModel.predict(alone.weights, VALIDATION);
    (await lassoModel.predict(weights, VALIDATION))[0].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[0][i], 9);
    });
  });

  test('counts fits of the folds among its steps', async () => {
    const { progress } = await train({ selection: 'CROSS_VALIDATION', folds: 3 });
    expect(progress.map(({ step, steps }) => `${step}/${steps}`)).toEqual([
      ...['1/20', '2/20', '3/20', '4/20', '5/20'],
      ...['10/20', '15/20', '20/20'],
    ]);
    expect(progress.map(({ point }) => point?.x ?? null)).toEqual([...[...ALPHAS].reverse(), null, null, null]);
  });

  test('needs as many clusters as folds', async () => {
    await expect(train({ selection: 'CROSS_VALIDATION', folds: 9 })).rejects.toMatchObject({
      code: 'INVALID_HYPERPARAMETER',
      message: expect.stringMatching(/^9 folds .* there are 8;/),
    });
  });
});

describe('alpha by validation', () => {
  test('is that of the lowest RMSE on a split of one cluster, and the settings may be of before there was a choice', async () => {
    const { outcome, weights } = await train({});
    const path = outcome.lassoPath!;
    expect(path.map(({ crossValidationRmsePpm }) => crossValidationRmsePpm)).toEqual(ALPHAS.map(() => null));
    const best = path.reduce((a, b) => (b.validationRmsePpm <= a.validationRmsePpm ? b : a));
    expect(outcome).toMatchObject({ alpha: best.alpha, selectionLoss: best.validationRmsePpm });
    const [predicted] = await lassoModel.predict(weights, VALIDATION);
    const [{ shieldingsPpm }] = VALIDATION;
    const squares = predicted.reduce((sum, value, i) => sum + (value - shieldingsPpm[i]) ** 2, 0);
    expect(best.validationRmsePpm).toBeCloseTo(Math.sqrt(squares / 10), 10);
    for (const { alpha, objective, dualityGap, nonZero } of path) {
      expect(dualityGap).toBeLessThanOrEqual(1e-11);
      expect(objective).toBeGreaterThan(0);
      expect(nonZero).toBeLessThanOrEqual(alpha === 1 ? 0 : 7);
    }
    expect((await train({ selection: 'VALIDATION' })).weights).toEqual(weights);
  });

  test('takes the larger of two alphas that predict the same', async () => {
    const { outcome } = await train({ alphas: [10, 100, 1000] });
    expect(outcome).toMatchObject({ alpha: 1000, nonZero: 0 });
  });
});

describe('features that are no numbers', () => {
  const withPopulation = (value: number): LabelledInput[] =>
    TRAIN.map((input, k) =>
      k === 3 ? { ...input, grossOrbitalPopulations: input.grossOrbitalPopulations!.with(4, value) } : input,
    );

  test.each([
    [Number.NaN, 'FEATURES_UNAVAILABLE', /^Atom 5 of cluster 4 has no gross orbital population 3S;/],
    [Number.POSITIVE_INFINITY, 'NON_FINITE_NUMBER', /^the feature GOP\(3S\) of atom 5 of cluster 4 is Infinity;/],
  ])('%d is named with calculation, feature and atom', async (value, code, message) => {
    const wrong = { code, message: expect.stringMatching(message) };
    await expect(train({}, { train: withPopulation(value) })).rejects.toMatchObject(wrong);
    await expect(train({}, { validation: withPopulation(value) })).rejects.toMatchObject(wrong);
  });
});
