import { expect, test } from 'vitest';
import { compareVersions } from '../../src/ml/comparison/comparison.ts';
import { distanceMatrix } from '../../src/ml/comparison/distance-matrix.ts';
import { regressionMetrics } from '../../src/ml/statistics/metrics.ts';
import { Comparison } from '../../src/registry/evaluations/comparison.ts';
import { Comparisons } from '../../src/registry/evaluations/comparisons.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { ModelVersion } from '../../src/registry/records.ts';
import { computing } from '../support/registry.ts';

/** Size and level of theory of the calculations, whose id is that of their cluster too. */
const CALCULATIONS: Readonly<Record<string, readonly [size: number, level: string]>> = {
  ...{ '1': [2, 'A'], '2': [3, 'A'], '3': [2, 'A'], '4': [4, 'A'], '9': [2, 'B'] },
};
const shieldings = (id: string) => Array.from({ length: CALCULATIONS[id][0] }, (_, i) => 600 + 10 * Number(id) + i);

interface Made {
  /** What it was trained on; each data set has one version. */
  readonly dataset: string;
  /** Calculations of its test split in order. */
  readonly test: readonly string[];
  /** Residuals of all atoms of a calculation. */
  readonly error: (id: string, atom: number) => number;
  readonly trainedAt?: readonly string[];
  /** SchNet unless given. */
  readonly hyperparameters?: object;
}

/** A registry that holds versions m/1, m/2, ..., evaluated on the test split of what they were trained on. */
function registryOf(made: readonly Made[]) {
  const counts = { compare: 0, distances: 0, leakage: 0 };
  const evaluations = made.map(({ dataset, test: ids, error }, v) => {
    const calculatedPpm = ids.flatMap(shieldings);
    const predictedPpm = ids.flatMap((id) => shieldings(id).map((value, i) => value + error(id, i)));
    const sizes = [...new Set(ids.map((id) => CALCULATIONS[id][0]))].sort();
    const metricsBySize = sizes.map((size) => {
      const of = ids.filter((id) => CALCULATIONS[id][0] === size);
      const predicted = of.flatMap((id) => shieldings(id).map((value, i) => value + error(id, i)));
      return { size, metrics: regressionMetrics(of.flatMap(shieldings), predicted, 600) };
    });
    return {
      ...{ id: `e${v}`, modelVersionId: `v${v}`, datasetVersionId: dataset, split: 'test', calculationIds: ids },
      ...{ calculatedPpm, predictedPpm, standardDeviationsPpm: null, metricsBySize },
    };
  });
  const versionOf = (v: number) => ({
    ...{ id: `v${v}`, modelId: 'm', version: v + 1, datasetVersionId: made[v].dataset },
    hyperparameters: made[v].hyperparameters ?? { kind: 'SCHNET' },
  });
  const store = {
    models: {
      findOne: async () => ({ id: 'm' }),
      getMany: async (ids: string[]) => ids.map(() => ({ id: 'm', name: 'm' })),
    },
    modelVersions: {
      findOne: async ({ version }: { version: number }) => made[version - 1] && versionOf(version - 1),
      getMany: async ([id]: string[]) => [versionOf(Number(id.slice(1)))],
    },
    aliases: async () => [{ modelId: 'm', alias: 'champion', modelVersionId: 'v0' }],
    latestVersion: async () => made.length,
    datasets: {
      findOne: async ({ name }: { name: string }) => ({ id: name }),
      getMany: async (ids: string[]) => ids.map((id) => ({ id, name: id })),
    },
    datasetVersions: {
      findOne: async ({ datasetId }: { datasetId: string }) => ({
        id: datasetId,
        datasetId,
        version: 1,
        splitCounts: [],
      }),
      getMany: async (ids: string[]) =>
        ids.map((id) => ({
          ...{ id, datasetId: id, version: 1, splitCounts: [{ split: 'validation', clusters: 0, atoms: 0 }] },
        })),
    },
    evaluations: {
      findOne: async (where: { modelVersionId: string; datasetVersionId: string }) =>
        evaluations.find(
          (each) => each.modelVersionId === where.modelVersionId && each.datasetVersionId === where.datasetVersionId,
        ) ?? null,
    },
    levelsOfTheory: {
      getMany: async (ids: string[]) => ids.map((id) => ({ id, program: id, version: 1, method: 'm', basis: 'b' })),
    },
    calculationSummaries: async (ids: string[]) =>
      ids.map((id) => ({ id, clusterId: `c${id}`, size: CALCULATIONS[id][0], levelOfTheoryId: CALCULATIONS[id][1] })),
    versionMembers: {
      levelsOfTheory: async (dataset: string) => made.find((each) => each.dataset === dataset)!.trainedAt ?? ['A'],
      heldClusters: async (dataset: string) => {
        counts.leakage++;
        return dataset === 'leaky'
          ? [
              { clusterId: 'c1', heldClusterId: 'c7', split: 'train', by: 'FINGERPRINT' },
              { clusterId: 'c2', heldClusterId: 'c2', split: 'validation', by: 'IDENTITY' },
            ]
          : [];
      },
    },
  } as unknown as Store;
  const compute = computing({
    compare: async (task) => {
      counts.compare++;
      return compareVersions(task);
    },
    distances: async (columns) => {
      counts.distances++;
      return distanceMatrix(columns);
    },
  });
  return { comparisons: new Comparisons(store, compute), counts };
}

const INPUT = {
  split: 'test',
  datasetVersion: null,
  baseline: null,
  resamples: 100,
  confidence: 0.9,
  seed: 1,
} as const;
const plus = (error: number) => () => error;
const ALL = ['1', '2', '3'];

async function compare(made: readonly Made[], input: object = {}) {
  const { comparisons, counts } = registryOf(made);
  const modelVersions = made.map((_, v) => `m/${v + 1}`);
  return { comparison: await comparisons.compare({ ...INPUT, modelVersions, ...input }), counts };
}

test('takes the same atoms in whatever order, and puts them into that of the first version', async () => {
  const error = (id: string, atom: number) => Number(id) + atom / 10;
  const { comparison, counts } = await compare([
    { dataset: 'a', test: ['1', '2', '3'], error },
    { dataset: 'b', test: ['3', '1', '2'], error },
  ]);
  const [first, second] = comparison.evaluations;
  expect(second.calculationIds).toEqual(['1', '2', '3']);
  expect(second.calculatedPpm).toEqual(first.calculatedPpm);
  expect(second.predictedPpm).toEqual(first.predictedPpm);
  expect([comparison.clusters, comparison.atoms]).toEqual([3, 7]);
  const found = await comparison.metrics();
  for (const { versions } of found)
    expect(versions[1].differenceToBaseline).toMatchObject({ value: 0, low: 0, high: 0 });
  // asked again, also by the verdict, nothing is worked out again
  expect(await comparison.metrics()).toBe(found);
  await comparison.verdict();
  expect(counts).toMatchObject({ compare: 1, distances: 0 });
});

test('lists a version twice where it was asked twice, by whatever name, and works it out once', async () => {
  const { comparison } = await compare(
    [
      { dataset: 'a', test: ALL, error: plus(2) },
      { dataset: 'b', test: ALL, error: plus(-1) },
    ],
    { modelVersions: ['m/2', 'm@champion', 'm/1'], baseline: 'm/1' },
  );
  expect(comparison.evaluations.map(({ modelVersionId }) => modelVersionId)).toEqual(['v1', 'v0', 'v0']);
  expect(comparison.baseline.id).toBe('v0');
  const [rmse] = await comparison.metrics();
  expect(rmse.versions.map((each) => [each.modelVersionId, each.value, each.differenceToBaseline.value])).toEqual([
    ['v1', expect.closeTo(1, 12), expect.closeTo(-1, 12)],
    ['v0', expect.closeTo(2, 12), 0],
    ['v0', expect.closeTo(2, 12), 0],
  ]);
  expect(rmse).toMatchObject({ bestId: 'v1', bestIsMoreThanNoise: true });
  expect(await comparison.verdict()).toContain('m@champion and m/1 are the same version, m/1, and differ by nothing.');
  const { names, wasserstein1Ppm } = await comparison.distances();
  expect(names).toEqual(['calculated', 'm/2', 'm@champion', 'm/1']);
  expect(wasserstein1Ppm[0]).toEqual([0, ...[1, 2, 2].map((distance) => expect.closeTo(distance, 12))]);
  expect(wasserstein1Ppm[2][3]).toBe(0);
  expect(comparison.histogram(5).counts.map(({ name }) => name)).toEqual(names);
});

test('finds the atoms where errors grew most, of any version or of one', async () => {
  const { comparison } = await compare([
    { dataset: 'a', test: ALL, error: plus(-2) },
    { dataset: 'b', test: ALL, error: (id, atom) => (id === '2' && atom === 1 ? 9 : 1) },
    { dataset: 'c', test: ALL, error: (id) => (id === '3' ? -5 : 2) },
  ]);
  const place = ({
    calculationId,
    clusterId,
    index,
    modelVersionId,
  }: Record<'calculationId' | 'clusterId' | 'modelVersionId', string> & { index: number }) => [
    calculationId,
    clusterId,
    index,
    modelVersionId,
  ];
  const all = { first: 200, start: 0 };
  const worse = comparison.worseAtoms(null, all).items;
  expect(worse.map(place)).toEqual([
    ['2', 'c2', 1, 'v1'],
    ['3', 'c3', 0, 'v2'],
    ['3', 'c3', 1, 'v2'],
  ]);
  expect(worse[0]).toMatchObject({
    calculatedPpm: 621,
    residualsPpm: [-2, 9, 2],
    baselineResidualPpm: -2,
    growthPpm: 7,
  });
  const second = comparison.worseAtoms(null, { first: 1, start: 1 });
  expect([second.items, second.hasNextPage, await second.totalCount()]).toEqual([[worse[1]], true, 3]);
  expect(comparison.worseAtoms(null, { first: 2, start: 1 }).hasNextPage).toBe(false);
  expect(comparison.worseAtoms('m/3', all).items.map(place)).toEqual(worse.slice(1).map(place));
  expect(comparison.worseAtoms('m/1', all).items).toEqual([]);
  expect(() => comparison.worseAtoms('m/4', all)).toThrow('"m/4" is not among the versions compared, m/1, m/2, m/3');
});

test('has a row for each size of clusters', async () => {
  const { comparison } = await compare([
    { dataset: 'a', test: ALL, error: plus(-2) },
    { dataset: 'b', test: ['3', '2', '1'], error: (id) => (id === '2' ? 3 : 1) },
  ]);
  expect(comparison.sizes()).toMatchObject([
    {
      size: 2,
      clusters: 2,
      atoms: 4,
      versions: [
        { modelVersionId: 'v0', biasPpm: -2 },
        { modelVersionId: 'v1', biasPpm: 1 },
      ],
    },
    { size: 3, clusters: 1, atoms: 3, versions: [{ maePpm: 2 }, { rmsePpm: 3 }] },
  ]);
});

test('tells what versions were trained and validated on, looking once into each data set version', async () => {
  const leaky = { dataset: 'leaky', test: ALL, error: plus(0.1) };
  const lasso = (selection?: string) => ({ ...leaky, hyperparameters: { kind: 'LASSO', alphas: [1], selection } });
  const { comparison, counts } = await compare([
    { dataset: 'a', test: ALL, error: plus(1) },
    leaky,
    lasso(),
    lasso('CROSS_VALIDATION'),
  ]);
  const inTrain = { clusterId: 'c1', heldClusterId: 'c7' };
  const inValidation = { clusterId: 'c2', heldClusterId: 'c2' };
  expect(await comparison.leakage()).toMatchObject([
    { modelVersionId: 'v0', count: 0, clusters: [] },
    { modelVersionId: 'v1', count: 1, validationCount: 1, clusters: [inTrain, inValidation] },
    { modelVersionId: 'v2', count: 1, validationCount: 1, clusters: [inTrain, inValidation] },
    { modelVersionId: 'v3', count: 1, validationCount: 0, clusters: [inTrain] },
  ]);
  expect(await comparison.verdict()).toContain(
    'Leakage: of the 3 clusters m/2 was trained on 1 and validated on 1; m/3 was trained on 1 and validated on 1; m/4 was trained on 1.',
  );
  expect(counts.leakage).toBe(2);
});

test('refuses other atoms, and says of which versions and how many', async () => {
  const made = [
    { dataset: 'a', test: ['1', '2'], error: plus(1) },
    { dataset: 'a', test: ['1', '2'], error: plus(2) },
    { dataset: 'b', test: ['2', '3', '4'], error: plus(1) },
    { dataset: 'c', test: ['1'], error: plus(1) },
  ];
  await expect(compare(made)).rejects.toMatchObject({
    code: 'NOT_COMPARABLE',
    message:
      'the versions were not evaluated on the same atoms. m/1 was on test of a/1, 5 atoms in 2 clusters; m/3, evaluated on test of b/1, ' +
      'lacks 2 atoms in 1 cluster of them and has 6 atoms in 2 clusters instead or besides; m/4, evaluated on test of c/1, lacks 3 ' +
      'atoms in 1 cluster of them. Give datasetVersion, and evaluate each there by evaluateModelVersion',
  });
});

test('refuses other levels of theory: of the data, of the training, and of both mixed', async () => {
  const plain = { dataset: 'a', test: ['1', '2'], error: plus(1) };
  const refused = async (...others: Made[]) => {
    const error = await compare([plain, ...others]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MIXED_LEVELS_OF_THEORY' });
    return (error as Error).message;
  };
  expect(await refused({ dataset: 'b', test: ['9'], error: plus(1), trainedAt: ['B'] })).toContain(
    'm/1 was trained at A 1 m/b and evaluated at A 1 m/b; m/2 was trained at B 1 m/b and evaluated at B 1 m/b',
  );
  expect(await refused({ dataset: 'b', test: ['1', '2'], error: plus(1), trainedAt: ['B'] })).toContain(
    'm/2 was trained at B 1 m/b and evaluated at A 1 m/b',
  );
  expect(await refused({ dataset: 'b', test: ['1', '2'], error: plus(1), trainedAt: ['A', 'B'] })).toContain(
    'm/2 was trained at A 1 m/b and B 1 m/b',
  );
  await expect(compare([{ ...plain, test: ['1', '9'] }])).rejects.toMatchObject({ code: 'MIXED_LEVELS_OF_THEORY' });
});

test('refuses what it cannot find or should not do', async () => {
  const made = [
    { dataset: 'a', test: ALL, error: plus(1) },
    { dataset: 'b', test: ALL, error: plus(1) },
  ];
  const refused = (input: object) => expect(compare(made, input)).rejects;
  await refused({ modelVersions: [] }).toMatchObject({ code: 'BAD_USER_INPUT' });
  await refused({ modelVersions: Array(51).fill('m/1') }).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'modelVersions lists 51; a comparison takes 1 to 50',
  });
  await refused({ seed: -1 }).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/^seed is -1/) });
  await refused({ modelVersions: ['m/1'], baseline: 'm/2' }).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'the baseline m/2 is not among modelVersions; list it there too',
  });
  await refused({ datasetVersion: 'b/1' }).toMatchObject({
    code: 'NOT_FOUND',
    message: 'm/1 has not been evaluated on test of b/1; run evaluateModelVersion first',
  });
  await refused({ split: 'validation' }).toMatchObject({
    code: 'EMPTY_SPLIT',
    message: expect.stringMatching(/^a\/1 has no validation split/),
  });
});

test('refuses more work than an answer is worth, with the way out, only when it is asked for', async () => {
  const ids = Array.from({ length: 30 }, (_, k) => String(k + 1000));
  const large = Object.fromEntries(ids.map((id) => [id, [10_000, 'A']]));
  Object.assign(CALCULATIONS, large);
  const made = { dataset: 'a', test: ids, error: plus(1) };
  const { comparison, counts } = await compare([made, { ...made, dataset: 'b' }], { resamples: 10_000 });
  expect(comparison.atoms).toBe(300_000);
  await expect(comparison.metrics()).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringMatching(
      /^10000 resamples of 2 versions on 300000 atoms .*; lower resamples to 4166, or compare fewer versions$/,
    ),
  });
  expect(counts.compare).toBe(0);

  const [evaluation] = comparison.evaluations;
  const version = { name: 'm/1', version: { id: 'v0' } as ModelVersion, evaluation };
  const wide = new Comparison({} as Store, computing({}), {
    ...{ split: 'test', levelOfTheoryId: 'A', calculations: [], baseline: 0, settings: INPUT },
    versions: Array.from({ length: 37 }, () => version),
    asked: [{ version: 0, called: 'm/1' }],
  });
  await expect(wide.distances()).rejects.toThrow(/^distances between 37 versions on 300000 atoms .*; compare fewer/);
});
