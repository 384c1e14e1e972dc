import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  createVersion,
  importOne,
  importSmallClusters,
  refusal,
  rowOfAtoms,
  startApiServer,
} from '../support/api.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  const { source, ids } = await importSmallClusters(server);
  await createDataset(server, 'small');
  const whole = { dataset: 'small', filter: { sourceSha256: { equals: source } } };
  await createVersion(server, { ...whole, split: { asGiven: true } });
  await createVersion(server, {
    dataset: 'small',
    calculations: [ids.a2, ids.b2],
    split: { bySize: { validation: [], test: [] } },
  });
  await createFeatureSet({ name: 'rcn', runningCoordinationNumbers: {} });
});
afterAll(() => server?.dispose());

const CREATE_FEATURE_SET = `mutation ($input: CreateFeatureSetInput!) {
  featureSet: createFeatureSet(input: $input) {
    id reference version sha256 needsDft featureNames orientationDependentLabels
    definition {
      runningCoordinationNumbers { radiiAngstrom smearingAngstrom neighborElements }
      grossOrbitalPopulations { labels }
    }
  }
}`;

interface FeatureSet {
  readonly id: string;
  readonly reference: string;
  readonly version: number;
  readonly sha256: string;
  readonly needsDft: boolean;
  readonly featureNames: readonly string[];
  readonly orientationDependentLabels: readonly string[];
  readonly definition: {
    readonly runningCoordinationNumbers: {
      radiiAngstrom: number[];
      smearingAngstrom: number;
      neighborElements: string[] | null;
    } | null;
    readonly grossOrbitalPopulations: { labels: string[] } | null;
  };
}

async function createFeatureSet(input: object): Promise<FeatureSet> {
  return (await server.request<{ featureSet: FeatureSet }>(CREATE_FEATURE_SET, { input })).featureSet;
}

describe('a feature set', () => {
  test('has the radii, smearing and orbital populations of the paper unless told otherwise', async () => {
    const both = await createFeatureSet({
      name: 'paper',
      runningCoordinationNumbers: {},
      grossOrbitalPopulations: {},
    });
    expect(both).toMatchObject({ reference: 'paper/1', needsDft: true });
    const { runningCoordinationNumbers, grossOrbitalPopulations } = both.definition;
    expect(runningCoordinationNumbers!.radiiAngstrom).toHaveLength(90);
    expect(runningCoordinationNumbers!.radiiAngstrom.slice(0, 3)).toEqual([3.1, 3.2, 3.3]);
    expect(runningCoordinationNumbers!.radiiAngstrom.at(-1)).toBe(12);
    expect(runningCoordinationNumbers!.smearingAngstrom).toBe(0.01);
    expect(runningCoordinationNumbers!.neighborElements).toBeNull();
    expect(both.featureNames).toHaveLength(109);
    expect(both.featureNames.filter((_, k) => k % 90 === 0)).toEqual(['CN(3.1 Å)', 'GOP(1S)']);
    expect(both.orientationDependentLabels).toEqual(
      grossOrbitalPopulations!.labels.filter((label) => !label.endsWith('S')),
    );
    expect(grossOrbitalPopulations!.labels).toHaveLength(19);
  });

  test('needs DFT only for orbital populations', async () => {
    const numbers = await createFeatureSet({
      name: 'numbers-only',
      runningCoordinationNumbers: { radiiAngstrom: [3, 4] },
    });
    expect(numbers.needsDft).toBe(false);
    expect(numbers.definition.grossOrbitalPopulations).toBeNull();
    const populations = await createFeatureSet({
      name: 'populations-only',
      grossOrbitalPopulations: { labels: ['3S'] },
    });
    expect(populations.needsDft).toBe(true);
    expect(populations.definition).toEqual({
      runningCoordinationNumbers: null,
      grossOrbitalPopulations: { labels: ['3S'] },
    });
  });

  test('counts the neighbours of each element apart where it is asked to', async () => {
    const input = { name: 'elements', runningCoordinationNumbers: { radiiAngstrom: [3, 4] } };
    const total = await createFeatureSet(input);
    const apart = (neighborElements: string[] | null) =>
      createFeatureSet({ ...input, runningCoordinationNumbers: { radiiAngstrom: [3, 4], neighborElements } });
    const split = await apart(['na', 'Cl']);
    expect(split).toMatchObject({ version: 2, needsDft: false, orientationDependentLabels: [] });
    expect(split.definition.runningCoordinationNumbers!.neighborElements).toEqual(['Na', 'Cl']);
    expect(split.featureNames).toEqual(['CN(Na, 3.0 Å)', 'CN(Na, 4.0 Å)', 'CN(Cl, 3.0 Å)', 'CN(Cl, 4.0 Å)']);
    expect(await apart(['Na', 'Cl'])).toEqual(split);
    expect(await apart(null)).toEqual(total);
    expect((await apart(['Cl', 'Na'])).version).toBe(3);
    const refused = { name: 'elements', runningCoordinationNumbers: { neighborElements: ['Na', 'Xx'] } };
    expect(await refusal(server, CREATE_FEATURE_SET, { input: refused })).toMatchObject({ code: 'UNKNOWN_ELEMENT' });
  });

  test('gets a new version for a new definition, and keeps the one of a definition that it has', async () => {
    const radii = (...radiiAngstrom: number[]) => ({
      name: 'versioned',
      runningCoordinationNumbers: { radiiAngstrom },
    });
    const first = await createFeatureSet(radii(3, 4));
    const second = await createFeatureSet(radii(3, 5));
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.sha256).not.toBe(first.sha256);
    expect(await createFeatureSet(radii(3, 4))).toEqual(first);
    const { newest, named } = await server.request<Record<string, FeatureSet>>(
      `{ newest: featureSet(featureSet: "versioned") { version } named: featureSet(featureSet: "versioned/1") { version } }`,
    );
    expect([newest.version, named.version]).toEqual([2, 1]);
    const elsewhere = await createFeatureSet({ ...radii(3, 4), name: 'elsewhere' });
    expect(elsewhere).toMatchObject({ version: 1, sha256: first.sha256 });
  });

  test('is made once, when ten ask at the same time', async () => {
    const before = await server.countRecords();
    const input = { name: 'ten-at-once', runningCoordinationNumbers: { radiiAngstrom: [4] } };
    const made = await Promise.all(Array.from({ length: 10 }, () => createFeatureSet(input)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await server.countRecords())['public.feature_sets']).toBe(before['public.feature_sets'] + 1);
  });

  const numbers = (runningCoordinationNumbers: object) => ({ runningCoordinationNumbers });
  test.each([
    ['neither part', {}, /needs running coordination numbers, gross orbital populations or both/],
    ['no radii', numbers({ radiiAngstrom: [] }), /no radii; give at least one/],
    ['a radius of 0', numbers({ radiiAngstrom: [0, 1] }), /Radius 1 is 0 Å; give numbers above 0/],
    ['a negative radius', numbers({ radiiAngstrom: [-3] }), /Radius 1 is -3 Å/],
    ['a radius beyond reason', numbers({ radiiAngstrom: [1e9] }), /at most 1000 Å/],
    ['radii out of order', numbers({ radiiAngstrom: [4, 3] }), /Radius 2, 3 Å, is not larger .* in ascending order/],
    ['a radius twice', numbers({ radiiAngstrom: [4, 4] }), /Radius 2, 4 Å, is not larger/],
    [
      'too many radii',
      numbers({ radiiAngstrom: Array.from({ length: 2001 }, (_, i) => 1 + i / 10) }),
      /2001 features; the most is 2000/,
    ],
    [
      'no neighbour elements',
      numbers({ neighborElements: [] }),
      /neighbour elements is empty; name at least one, or leave/,
    ],
    ['a neighbour element twice', numbers({ neighborElements: ['Na', 'NA'] }), /neighbour element Na is given twice/],
    [
      'too many columns',
      numbers({ radiiAngstrom: Array.from({ length: 1001 }, (_, i) => 1 + i / 10), neighborElements: ['Na', 'K'] }),
      /2002 features; the most is 2000/,
    ],
    ['a smearing of 0', numbers({ smearingAngstrom: 0 }), /smearing is 0 Å; give a number above 0/],
    ['a negative smearing', numbers({ smearingAngstrom: -0.01 }), /smearing is -0\.01 Å/],
    ['no labels', { grossOrbitalPopulations: { labels: [] } }, /no labels; give at least one/],
    ['a label twice', { grossOrbitalPopulations: { labels: ['3S', '3S'] } }, /3S/],
    ['an empty label', { grossOrbitalPopulations: { labels: [''] } }, /label/],
    ['a label that cannot be stored', { grossOrbitalPopulations: { labels: ['\ud800'] } }, /labels\[0\] holds a NUL/],
    ['a bad name', { name: 'R C N', ...numbers({}) }, /"R C N" is no name/],
  ])('with %s is refused', async (_, input, says) => {
    const error = await refusal(server, CREATE_FEATURE_SET, { input: { name: 'refused', ...input } });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });

  test('has no aliases', async () => {
    const error = await refusal(server, '{ featureSet(featureSet: "rcn@champion") { id } }');
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/feature sets have no aliases; write rcn or rcn\/1/);
  });
});

describe('running coordination numbers of a cluster', () => {
  const NUMBERS = `query ($cluster: ID!, $radii: [Float!], $smearing: Float! = 0.01, $elements: [String!]) {
    numbers: runningCoordinationNumbers(
      cluster: $cluster, radiiAngstrom: $radii, smearingAngstrom: $smearing, neighborElements: $elements
    ) { radiiAngstrom smearingAngstrom neighborElements values }
  }`;
  let cluster: string;
  beforeAll(async () => {
    const calculation = await importOne(server, { id: 'row', positions: rowOfAtoms(3, 0.25) });
    const { found } = await server.request<{ found: { cluster: { id: string } } }>(
      `query ($id: ID!) { found: calculation(id: $id) { cluster { id } } }`,
      { id: calculation },
    );
    cluster = found.cluster.id;
  });

  test('count the neighbours within each radius', async () => {
    // atoms at 0, 3 and 6.25 Å
    const { numbers } = await server.request<{ numbers: { values: number[][] } }>(NUMBERS, {
      cluster,
      radii: [3.1, 3.25, 7],
    });
    const rounded = numbers.values.map((row) => row.map((value) => Number(value.toFixed(12))));
    expect(rounded).toEqual([
      [1, 1, 2],
      [1, 1.5, 2],
      [0, 0.5, 2],
    ]);
  });

  test('count the neighbours of each element, by query and by field', async () => {
    const calculation = await importOne(server, {
      elements: ['Na', 'Cl', 'Na'],
      positions: [
        [0, 0, 0],
        [0, 0, 2.5],
        [0, 3.5, 0],
      ],
    });
    const { found } = await server.request<{
      found: { cluster: { id: string; runningCoordinationNumbers: { values: number[][] } } };
    }>(
      `query ($id: ID!) { found: calculation(id: $id) { cluster { id runningCoordinationNumbers(
        radiiAngstrom: [3, 4, 5], neighborElements: ["cl", "Na"]
      ) { values } } } }`,
      { id: calculation },
    );
    expect(found.cluster.runningCoordinationNumbers.values).toEqual([
      [1, 1, 1, 0, 1, 1],
      [0, 0, 0, 1, 1, 2],
      [0, 0, 1, 0, 1, 1],
    ]);
    const variables = { cluster: found.cluster.id, radii: [3, 4, 5], elements: ['Cl', 'Na'] };
    const { numbers } = await server.request<{ numbers: object }>(NUMBERS, variables);
    expect(numbers).toMatchObject({ ...found.cluster.runningCoordinationNumbers, neighborElements: ['Cl', 'Na'] });
    expect(await refusal(server, NUMBERS, { ...variables, elements: ['Qq'] })).toMatchObject({
      code: 'UNKNOWN_ELEMENT',
      message: 'Neighbour element 1, "Qq", is no element; use symbols such as Na.',
    });
  });

  test.each([
    ['radii out of order', { radii: [2, 1] }, /ascending order/],
    ['no radii', { radii: [] }, /no radii/],
    ['no neighbour elements', { elements: [] }, /neighbour elements is empty/],
    ['a smearing of 0', { smearing: 0 }, /smearing is 0/],
  ])('with %s are refused', async (_, variables, says) => {
    const error = await refusal(server, NUMBERS, { cluster, ...variables });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });
});

describe('trainLasso', () => {
  const TRAIN = `mutation ($input: TrainLassoInput!) { trainLasso(input: $input) { id state } }`;
  const input = (changes: object) => ({
    input: { model: 'lasso', datasetVersion: 'small/1', featureSet: 'rcn/1', ...changes },
  });

  test.each([
    ['alphas: none', { alphas: [] }, /there are 0 alphas; give 1 to 1000/],
    ['alphas: 0', { alphas: [0.1, 0] }, /alpha is 0; give finite numbers above 0/],
    ['alphas: negative', { alphas: [-1] }, /alpha is -1; give finite numbers above 0/],
    ['alphas: too many', { alphas: Array.from({ length: 1001 }, (_, i) => i + 1) }, /1 to 1000/],
  ])('refuses %s', async (_, changes, says) => {
    const error = await refusal(server, TRAIN, input(changes));
    expect(error.code).toBe('INVALID_HYPERPARAMETER');
    expect(error.message).toMatch(says);
  });

  test('refuses an infinite alpha in the text of the query', async () => {
    const query = `mutation {
      trainLasso(input: { model: "lasso", datasetVersion: "small/1", featureSet: "rcn/1", alphas: [1e999] }) { id }
    }`;
    expect(await refusal(server, query)).toMatchObject({ code: 'INVALID_HYPERPARAMETER' });
  });

  test.each([
    ['an unknown data set', { datasetVersion: 'nowhere/1' }, 'NOT_FOUND', /no data set "nowhere"/],
    ['an unknown version', { datasetVersion: 'small/9' }, 'NOT_FOUND', /small has no version 9; its newest is 2/],
    ['a data set without version', { datasetVersion: 'small' }, 'BAD_USER_INPUT', /names no version; write small\/1/],
    ['a reference that is none', { datasetVersion: 'a/b/c' }, 'BAD_USER_INPUT', /not of the form name\/3/],
    [
      'an unknown feature set',
      { featureSet: 'nothing' },
      'NOT_FOUND',
      /no feature set "nothing"; the query featureSets/,
    ],
    [
      'no clusters in validation',
      { datasetVersion: 'small/2' },
      'EMPTY_SPLIT',
      /no cluster in validation; training needs/,
    ],
    ['a bad model name', { model: 'A model' }, 'BAD_USER_INPUT', /"A model" is no name/],
  ])('refuses %s', async (_, changes, code, says) => {
    const error = await refusal(server, TRAIN, input(changes));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });
});

describe('trainSchNet', () => {
  const TRAIN = `mutation ($input: TrainSchNetInput!) { run: trainSchNet(input: $input) { id state trials { seed state } } }`;
  const input = (changes: object) => ({ input: { model: 'schnet', datasetVersion: 'small/1', ...changes } });

  /** Field, values that are refused, and the edges of what is allowed. */
  const RANGES: readonly (readonly [field: string, refused: readonly number[], allowed: readonly number[]])[] = [
    ['atomBasis', [1, 1025, 0, -128], [2, 1024]],
    ['filters', [0, 1025], [1, 1024]],
    ['gaussians', [1, 513], [2, 512]],
    ['cutoffAngstrom', [0.49, 30.1, -6], [0.5, 30]],
    ['interactions', [0, 13], [1, 12]],
    ['learningRate', [0, -0.01, 1.01], [1e-8, 1]],
    ['learningRateDecay', [0.09, 1.01], [0.1, 1]],
    ['patienceEpochs', [0, 100_001], [1, 100_000]],
    ['largestGradientNorm', [0, 1e7], [1e-6, 1e6]],
    ['maxMinutes', [0, 100_001], [0.001, 100_000]],
    ['batchSize', [0, 10_001], [1, 10_000]],
    ['epochs', [0, 100_001], [1, 100_000]],
    ['distributionWeight', [-0.1, 1001], [0, 1000]],
  ];

  test('has the range of every hyperparameter tested here', async () => {
    const { type } = await server.request<{
      type: { inputFields: { name: string; type: { name: string | null; ofType: { name: string } | null } }[] };
    }>(`{ type: __type(name: "TrainSchNetInput") { inputFields { name type { name ofType { name } } } } }`);
    const numbers = type.inputFields.filter(
      (field) => ['Int', 'Float'].includes(field.type.name ?? field.type.ofType!.name) && field.name !== 'priority',
    );
    expect(numbers.map(({ name }) => name).sort()).toEqual(RANGES.map(([field]) => field).sort());
  });

  test.each(RANGES)('refuses %s outside its range', async (field, refused, allowed) => {
    for (const value of refused) {
      const error = await refusal(server, TRAIN, input({ [field]: value }));
      expect(error).toMatchObject({ code: 'INVALID_HYPERPARAMETER' });
      expect(error.message).toContain(`${field} is ${value}; it must be`);
    }
    for (const value of allowed) {
      await server.request(TRAIN, input({ [field]: value, seeds: [1] }));
    }
  });

  test.each([
    ['no seeds', { seeds: [] }, /number of seeds is 0; it must be .*from 1 to 100/],
    ['too many seeds', { seeds: Array.from({ length: 101 }, (_, i) => i) }, /number of seeds is 101/],
    ['a negative seed', { seeds: [-1] }, /seed is -1/],
    ['a seed twice', { seeds: [3, 3] }, /seed is listed twice/],
    [
      'a committee of one',
      { seeds: [3], committee: true },
      /a committee needs 2 seeds at least, for a standard deviation/,
    ],
  ])('refuses %s', async (_, changes, says) => {
    const error = await refusal(server, TRAIN, input(changes));
    expect(error.code).toBe('INVALID_HYPERPARAMETER');
    expect(error.message).toMatch(says);
  });

  test('refuses an infinite learning rate in the text of the query', async () => {
    const query = `mutation { trainSchNet(input: { model: "m", datasetVersion: "small/1", learningRate: 1e999 }) { id } }`;
    expect(await refusal(server, query)).toMatchObject({ code: 'INVALID_HYPERPARAMETER' });
  });

  test.each([
    ['half an epoch', { epochs: 1.5 }],
    ['a number as text', { epochs: '10' }],
    ['a loss that does not exist', { loss: 'HUBER' }],
    ['a target that does not exist', { target: 'LOGARITHMIC' }],
    ['a field that does not exist', { momentum: 0.9 }],
    ['a missing model', { model: null }],
  ])('refuses %s', async (_, changes) => {
    expect(await refusal(server, TRAIN, input(changes))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each([
    ['an unknown version', { datasetVersion: 'small/9' }, 'NOT_FOUND'],
    ['no clusters in validation', { datasetVersion: 'small/2' }, 'EMPTY_SPLIT'],
  ])('refuses %s', async (_, changes, code) => {
    expect(await refusal(server, TRAIN, input(changes))).toMatchObject({ code });
  });

  test('queues one trial for each seed, all or none', async () => {
    const before = await server.countRecords();
    const { run } = await server.request<{ run: { state: string; trials: object[] } }>(
      TRAIN,
      input({ model: 'queued', seeds: [0, 7, 2 ** 31 - 1] }),
    );
    expect(run).toMatchObject({ state: 'QUEUED' });
    expect(run.trials).toEqual([0, 7, 2 ** 31 - 1].map((seed) => ({ seed, state: 'QUEUED' })));
    expect(await server.countRecords()).toEqual({
      ...before,
      'public.models': before['public.models'] + 1,
      'public.training_runs': before['public.training_runs'] + 1,
      'public.trials': before['public.trials'] + 3,
      'public.jobs': before['public.jobs'] + 3,
      'pgboss.job': before['pgboss.job'] + 3,
    });
  });
});
