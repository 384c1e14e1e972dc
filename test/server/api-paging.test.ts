import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  createDataset,
  errorOf,
  frame,
  importCalculations,
  importOne,
  levelOfTheoryId,
  refusal,
  rowOfAtoms,
  setShieldingReference,
  startApiServer,
} from '../support/api.ts';
import { importFiles } from '../support/bulk.ts';
import { generated } from '../support/cluster-runs.ts';
import { changeStudy, runStudy } from '../support/studies.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, trainLasso } from '../support/training.ts';

let server: ApiServer;
let dimer: string;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  const datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  await createDataset(server, 'second');
  for (const radiiAngstrom of [[3], [3, 4], [3, 4, 5]]) {
    await server.request(`mutation ($input: CreateFeatureSetInput!) { createFeatureSet(input: $input) { id } }`, {
      input: { name: 'rcn', runningCoordinationNumbers: { radiiAngstrom } },
    });
  }
  for (const [model, alphas] of [
    ['one', [0.1, 0.2, 0.3]],
    ['two', [0.01, 1, 10]],
  ] as const) {
    const run = await trainLasso(server, { model, datasetVersion, featureSet: 'rcn', alphas });
    expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });
  }
  const { clusters } = await server.request<{ clusters: { nodes: { id: string }[] } }>(
    `{ clusters(first: 1) { nodes { id } } }`,
  );
  await server.request(
    `mutation ($clusters: [ID!]!) { predictShieldings(input: { modelVersion: "one/1", clusters: $clusters }) {
      predictions { shieldingsPpm }
    } }`,
    { clusters: [clusters.nodes[0].id] },
  );
  for (const epochs of [1, 2]) {
    const { id } = await runStudy(server, { datasetVersion, epochs });
    await changeStudy(server, 'cancelStudy', id);
  }
  const levelOfTheory = await levelOfTheoryId(server);
  for (const nucleus of ['23Na', '35Cl']) await setShieldingReference(server, { levelOfTheory, nucleus });
  for (const seed of [1, 2]) await generated(server, { sizes: [3], clustersPerSize: 3, seed });
  for (const name of ['a', 'b']) await importFiles(server, { [name]: frame() + frame() });
  await server.request(`mutation { createApiToken(input: { name: "t", role: READER }) { secret } }`);
  // one of the four that differ by a little
  const newest = '{ clusters(first: 1, newestFirst: true) { nodes { id } } }';
  dimer = (await server.request<{ clusters: { nodes: { id: string }[] } }>(newest)).clusters.nodes[0].id;
});
afterAll(() => server?.dispose());

/** Every connection of the API: what it is asked with beside `first` and `after`, and what tells its nodes apart. */
const CONNECTIONS: Readonly<
  Record<
    string,
    {
      readonly args?: string;
      readonly key?: string;
      readonly under?: string;
      readonly on?: string;
      /** Field of the owner in which it is. */
      readonly via?: string;
    }
  >
> = {
  atoms: { args: 'datasetVersion: "synthetic/1"', key: 'index cluster { id }' },
  calculationInputs: { args: 'program: ORCA, filter: {}', key: 'fileName cluster { id }' },
  calculations: {},
  clusterRuns: {},
  clusters: {},
  datasets: {},
  evaluations: {},
  featureSets: {},
  imports: {},
  jobs: {},
  models: {},
  nearDuplicates: {
    get args() {
      return `cluster: "${dimer}"`;
    },
    key: 'differenceAngstrom cluster { id }',
  },
  shieldingReferences: {},
  studies: {},
  trainingRuns: {},
  'ClusterRun.items': { key: 'cluster { id }', under: `clusterRun(id: "${btoa('ClusterRun:1')}")` },
  'Trial.curve': { key: 'x', under: `node(id: "${btoa('Trial:1')}")`, on: 'Trial' },
  'Import.items': { key: 'line label', under: `import(id: "${btoa('Import:1')}")` },
  'Comparison.worstAtoms': {
    key: 'atom { index cluster { id } }',
    under: 'compareModelVersions(modelVersions: ["one/1", "two/1"], split: VALIDATION)',
  },
  'Leakage.clusters': { key: 'cluster { id }', under: `evaluation(id: "${btoa('Evaluation:1')}")`, via: 'leakage' },
  'Evaluation.residuals': {
    args: 'order: LARGEST',
    key: 'index residualPpm calculation { id }',
    under: `evaluation(id: "${btoa('Evaluation:1')}")`,
  },
  'DatasetVersion.calculations': { under: 'datasetVersion(datasetVersion: "synthetic/1")' },
  'DatasetVersion.nearDuplicates': {
    args: 'toleranceAngstrom: 1, acrossSplits: false',
    key: 'first { id } second { id }',
    under: 'datasetVersion(datasetVersion: "synthetic/1")',
  },
};

interface Page {
  readonly totalCount: number;
  readonly nodes: readonly object[];
  readonly edges: readonly { readonly cursor: string; readonly node: object }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function pageQuery(name: string, first: string, after?: string | null): string {
  const { args = '', key = 'id', under, on, via } = CONNECTIONS[name];
  const given = [args, first === '' ? '' : `first: ${first}`, after == null ? '' : `after: ${JSON.stringify(after)}`];
  const fields = `totalCount nodes { ${key} } edges { cursor node { ${key} } } pageInfo { hasNextPage endCursor }`;
  const list = given.filter((each) => each !== '').join(', ');
  const inside = `page: ${name.split('.').at(-1)}${list === '' ? '' : `(${list})`} { ${fields} }`;
  const page = via === undefined ? inside : `via: ${via} { ${inside} }`;
  if (under === undefined) return `{ ${page} }`;
  return on === undefined ? `{ owner: ${under} { ${page} } }` : `{ owner: ${under} { ... on ${on} { ${page} } } }`;
}

async function page(name: string, first: number, after?: string | null): Promise<Page> {
  const answer = await server.request<{ page?: Page; owner?: { page?: Page; via?: { page: Page } } }>(
    pageQuery(name, String(first), after),
  );
  return (answer.page ?? answer.owner?.page ?? answer.owner?.via?.page)!;
}

test('every connection of the schema is tested here', async () => {
  const { schema } = await server.request<{
    schema: {
      types: {
        name: string;
        kind: string;
        fields: { name: string; type: { ofType: { name: string } | null } }[] | null;
      }[];
    };
  }>(`{ schema: __schema { types { name kind fields { name type { ofType { name } } } } } }`);
  const found = schema.types.flatMap(({ name, fields }) =>
    (fields ?? [])
      .filter((field) => field.type.ofType?.name?.endsWith('Connection'))
      .map((field) => (name === 'Query' ? field.name : `${name}.${field.name}`)),
  );
  expect(found.sort()).toEqual(Object.keys(CONNECTIONS).sort());
});

describe.each(Object.keys(CONNECTIONS))('the connection %s', (name) => {
  test('comes in pages that join to the whole, in one order, with the total on each', async () => {
    const whole = await page(name, 200);
    expect(whole.pageInfo.hasNextPage).toBe(false);
    expect(whole.totalCount).toBe(whole.nodes.length);
    expect(whole.nodes.length).toBeGreaterThan(1);
    expect(whole.edges.map(({ node }) => node)).toEqual(whole.nodes);
    expect(whole.pageInfo.endCursor).toBe(whole.edges.at(-1)!.cursor);
    expect(new Set(whole.nodes.map((node) => JSON.stringify(node))).size).toBe(whole.nodes.length);

    const size = Math.ceil(whole.nodes.length / 3);
    const collected: object[] = [];
    const cursors: string[] = [];
    let after: string | null = null;
    do {
      const part: Page = await page(name, size, after);
      expect(part.totalCount).toBe(whole.totalCount);
      collected.push(...part.nodes);
      cursors.push(...part.edges.map(({ cursor }) => cursor));
      expect(part.pageInfo.hasNextPage).toBe(collected.length < whole.totalCount);
      after = part.pageInfo.endCursor;
    } while (collected.length < whole.totalCount);
    expect(collected).toEqual(whole.nodes);
    expect(cursors).toEqual(whole.edges.map(({ cursor }) => cursor));

    expect(await page(name, 1, after)).toEqual({
      totalCount: whole.totalCount,
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });

  test('needs first, from 1 to 200', async () => {
    expect(await errorOf(server, pageQuery(name, ''))).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
    for (const first of ['0', '-1', '201', '2147483647']) {
      const error = await errorOf(server, pageQuery(name, first));
      expect(error.code).toBe('BAD_USER_INPUT');
      expect(error.message).toBe(`first is ${first}; a page holds 1 to 200`);
    }
  });

  test('refuses cursors that it did not give', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const hostile = [
      '',
      'nonsense',
      '5',
      base64('cursor:'),
      base64('cursor:-1'),
      base64('cursor:1; DROP TABLE clusters'),
      base64('cursor:99999999999999999999'),
      base64('cursor:1e3'),
      base64('Cluster:1'),
      base64('cursor:NaN-NaN'),
      'x'.repeat(10_000),
    ];
    for (const after of hostile) {
      const error = await errorOf(server, pageQuery(name, '1', after));
      expect(error.code).toBe('BAD_USER_INPUT');
      expect(error.message).toMatch(/^after is ".{0,120}; give an endCursor$/);
    }
  });
});

test('lists come newest first as well, page by page', async () => {
  const { type } = await server.request<{ type: { fields: { name: string; args: { name: string }[] }[] } }>(
    `{ type: __type(name: "Query") { fields { name args { name } } } }`,
  );
  const lists = type.fields.filter(({ args }) => args.some(({ name }) => name === 'newestFirst'));
  expect(lists.length).toBeGreaterThanOrEqual(7);
  for (const { name } of lists) {
    const { args: needed = '', key = 'id' } = CONNECTIONS[name];
    const newest = (args: string) =>
      `{ page: ${name}(newestFirst: true, ${args} ${needed}) { nodes { ${key} } pageInfo { hasNextPage endCursor } } }`;
    const all = (await page(name, 200)).nodes.toReversed();
    const { page: first } = await server.request<{ page: Page }>(newest('first: 1'));
    expect(first.nodes).toEqual(all.slice(0, 1));
    const after = `first: 200, after: "${first.pageInfo.endCursor}"`;
    const { page: rest } = await server.request<{ page: Page }>(newest(after));
    expect(rest).toMatchObject({ nodes: all.slice(1), pageInfo: { hasNextPage: false } });
  }
});

test('cursors stay good while records are added', async () => {
  const first = await page('clusters', 2);
  const rest = await page('clusters', 200, first.pageInfo.endCursor);
  await importOne(server, { id: 'added-later' });
  const again = await page('clusters', 200, first.pageInfo.endCursor);
  expect(again.nodes.slice(0, -1)).toEqual(rest.nodes);
  expect(again.totalCount).toBe(first.totalCount + 1);
});

describe('node(id)', () => {
  const OWN = `runs: trainingRuns(first: 1) { nodes { id trials { id } modelVersion { id } datasetVersion { id } model { id }
    featureSet { id } } }
    clusters(first: 1) { nodes { id predictions { id modelVersion { id } cluster { id } calculation { id } } calculations { id levelOfTheory { id } } } }
    datasets(first: 1) { nodes { id } } evaluations(first: 1) { nodes { id } }
    imports(first: 1) { nodes { id uploads { id } } } clusterRuns(first: 1) { nodes { id } }
    shieldingReferences(first: 1) { nodes { id levelOfTheory { id } } } studies(first: 1) { nodes { id } } jobs(first: 1) { nodes { id } }`;

  test('finds a record of every type that has ids', async () => {
    const found = await server.request<object>(`{ ${OWN} }`);
    const ids = [...new Set([...JSON.stringify(found).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id))];
    ids.push(Buffer.from('ApiToken:1').toString('base64'));
    const types = new Set<string>();
    for (const id of ids) {
      const { node } = await server.request<{ node: { id: string; __typename: string; createdBy?: string } }>(
        `query ($id: ID!) { node(id: $id) { id __typename ... on Recorded { createdBy createdAt } } }`,
        { id },
      );
      expect(node.id).toBe(id);
      if (node.__typename !== 'Trial') expect(node.createdBy).toMatch(/^(local admin|natrium)$/);
      types.add(node.__typename);
    }
    const { type } = await server.request<{ type: { possibleTypes: { name: string }[] } }>(
      `{ type: __type(name: "Node") { possibleTypes { name } } }`,
    );
    expect([...types].sort()).toEqual(type.possibleTypes.map(({ name }) => name).sort());
  });

  test.each([
    ['an id that nothing has', 'Cluster:999999', /there is no Cluster with the id "[^"]+"; list those there are/],
    ['a type without ids', 'Histogram:1', /is not an id that this server gave/],
    ['no number', 'Cluster:one', /is not an id that this server gave/],
    ['SQL', 'Cluster:1 OR 1=1', /is not an id that this server gave/],
    ['a number too large', 'Cluster:99999999999999999999', /is not an id that this server gave/],
    ['a name that objects have', '__proto__:1', /is not an id that this server gave/],
    ['nothing', '', /is not an id that this server gave/],
  ])('refuses %s', async (_, plain, says) => {
    const error = await errorOf(server, `query ($id: ID!) { node(id: $id) { id } }`, {
      id: Buffer.from(plain).toString('base64'),
    });
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toMatch(says);
  });
});

describe('atoms of a data set version', () => {
  interface AtomNode {
    readonly shieldingPpm: number;
    readonly element: string;
    readonly cluster: { readonly size: number };
  }
  async function atoms(filter: object): Promise<{ totalCount: number; nodes: AtomNode[] }> {
    const { found } = await server.request<{ found: { totalCount: number; nodes: AtomNode[] } }>(
      `query ($filter: AtomFilter) {
        found: atoms(datasetVersion: "synthetic/1", first: 200, filter: $filter) {
          totalCount nodes { shieldingPpm element cluster { size } }
        }
      }`,
      { filter },
    );
    return found;
  }

  test('are found by their values', async () => {
    const all = (await atoms({})).nodes;
    const limits = { shieldingAtLeastPpm: 560, shieldingAtMostPpm: 590 };
    const within = all.filter(({ shieldingPpm }) => shieldingPpm >= 560 && shieldingPpm <= 590);
    expect(within.length).toBeGreaterThan(0);
    expect(within.length).toBeLessThan(all.length);
    expect(await atoms(limits)).toEqual({ totalCount: within.length, nodes: within });
    const sized = all.filter(({ cluster }) => cluster.size === 8);
    expect((await atoms({ sizes: [8, 99] })).nodes).toEqual(sized);
    expect((await atoms({ split: 'TEST' })).totalCount).toBe(8 + 9);
    expect((await atoms({ element: 'Na' })).totalCount).toBe(all.length);
    expect((await atoms({ element: 'Cl' })).totalCount).toBe(0);
  });

  test('are not found by an element that does not exist', async () => {
    const error = await refusal(
      server,
      `{ atoms(datasetVersion: "synthetic/1", first: 1, filter: { element: "Zz" }) { totalCount } }`,
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_ELEMENT' });
  });
});

test('levels of theory are few, so they come as a list', async () => {
  await importCalculations(
    server,
    frame({ positions: rowOfAtoms(2, 0.9), level: 'program=p program_version=1 method=m basis=b' }),
  );
  const { levelsOfTheory } = await server.request<{ levelsOfTheory: { program: string }[] }>(
    '{ levelsOfTheory { program } }',
  );
  expect(levelsOfTheory.map(({ program }) => program)).toEqual(['synthetic', 'invented', 'p']);
});
