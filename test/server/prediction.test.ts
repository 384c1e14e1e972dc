import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { trainSyntheticModels } from '../support/synthetic-models.ts';

interface Cluster {
  readonly id: string;
  readonly label: string;
  readonly elements: readonly string[];
  readonly positionsAngstrom: readonly number[];
}

let server: TestServer;
/** Of the test split, with the shieldings that each version's evaluation gives. */
let clusters: Cluster[];
let evaluated: Record<string, number[][]>;

beforeAll(async () => {
  server = await startTestServer();
  await trainSyntheticModels(server);
  const { evaluations } = await server.request<{
    evaluations: {
      nodes: {
        modelVersion: { reference: string };
        predictedPpm: number[];
        calculations: { cluster: Cluster }[];
      }[];
    };
  }>(`{ evaluations(first: 100, filter: { split: { equals: TEST } }) { nodes {
    modelVersion { reference } predictedPpm
    calculations { cluster { id label elements positionsAngstrom } }
  } } }`);
  clusters = evaluations.nodes[0].calculations.map(({ cluster }) => cluster);
  evaluated = Object.fromEntries(
    evaluations.nodes.map(({ modelVersion, predictedPpm }) => {
      const values = [...predictedPpm];
      return [modelVersion.reference, clusters.map(({ elements }) => values.splice(0, elements.length))];
    }),
  );
});
afterAll(() => server.dispose());

const PREDICT = `mutation ($input: PredictShieldingsInput!) {
  answer: predictShieldings(input: $input) {
    modelVersion { reference } predictions { label cluster { id } shieldingsPpm }
  }
}`;

interface Answer {
  readonly modelVersion: { readonly reference: string };
  readonly predictions: readonly {
    readonly label: string | null;
    readonly cluster: { readonly id: string } | null;
    readonly shieldingsPpm: readonly number[];
  }[];
}

async function predict(input: object): Promise<Answer> {
  return (await server.request<{ answer: Answer }>(PREDICT, { input })).answer;
}

function refused(input: object) {
  return errorOf(server, PREDICT, { input });
}

function inline({ elements, positionsAngstrom }: Cluster) {
  return { elements, positionsAngstrom: elements.map((_, i) => positionsAngstrom.slice(3 * i, 3 * i + 3)) };
}

function setAlias(modelVersion: string, alias: string) {
  return server.request(
    `mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) { aliases { alias modelVersion { reference } } } }`,
    { input: { modelVersion, alias } },
  );
}

function expectShieldings(predictions: Answer['predictions'], expected: readonly (readonly number[])[]): void {
  expect(predictions.map(({ shieldingsPpm }) => shieldingsPpm.length)).toEqual(expected.map(({ length }) => length));
  predictions.forEach(({ shieldingsPpm }, k) => {
    // a network gives the last digits of float32 in another batch
    for (const [i, value] of shieldingsPpm.entries()) expect(value).toBeCloseTo(expected[k][i], 2);
  });
}

describe('predictShieldings', () => {
  test.each(['cn/1', 'schnet/1'])(
    'gives stored clusters and the same structures inline what evaluation gave, %s',
    async (modelVersion) => {
      const structures = clusters.map((cluster, i) => ({ ...inline(cluster), label: `inline ${i}` }));
      const { predictions } = await predict({ modelVersion, clusters: clusters.map(({ id }) => id), structures });
      expect(predictions.map(({ label, cluster }) => [label, cluster?.id ?? null])).toEqual([
        ...clusters.map(({ id, label }) => [label, id]),
        ...structures.map(({ label }) => [label, null]),
      ]);
      expectShieldings(predictions, [...evaluated[modelVersion], ...evaluated[modelVersion]]);
    },
  );

  test('takes the populations of stored clusters, and refuses structures that have none', async () => {
    const { predictions } = await predict({ modelVersion: 'gop/1', clusters: [clusters[0].id] });
    expectShieldings(predictions, [evaluated['gop/1'][0]]);
    expect(
      await refused({ modelVersion: 'gop/1', structures: [{ ...inline(clusters[0]), label: 'mine' }] }),
    ).toMatchObject({
      code: 'FEATURES_UNAVAILABLE',
      message: expect.stringMatching(/^mine has no gross orbital populations/),
    });
  });

  test('answers by alias as by version, and says which version it was', async () => {
    const [cluster] = clusters;
    await setAlias('cn/1', 'current');
    const first = await predict({ modelVersion: 'cn@current', clusters: [cluster.id] });
    await setAlias('cn/2', 'current');
    const second = await predict({ modelVersion: 'cn@current', clusters: [cluster.id] });
    expect([first, second].map(({ modelVersion }) => modelVersion.reference)).toEqual(['cn/1', 'cn/2']);
    expectShieldings(first.predictions, [evaluated['cn/1'][0]]);
    expectShieldings(second.predictions, [evaluated['cn/2'][0]]);
    expect(evaluated['cn/1'][0]).not.toEqual(evaluated['cn/2'][0]);
  });

  test('gives at most 2,000 atoms in one answer', async () => {
    const grid = (size: number) => ({
      elements: Array(size).fill('Na'),
      positionsAngstrom: Array.from({ length: size }, (_, i) => [
        3.4 * (i % 10),
        3.4 * (Math.floor(i / 10) % 10),
        3.4 * Math.floor(i / 100),
      ]),
    });
    const structures = Array.from({ length: 20 }, () => grid(100));
    const { predictions } = await predict({ modelVersion: 'schnet/1', structures });
    expect(predictions.flatMap(({ shieldingsPpm }) => shieldingsPpm)).toHaveLength(2000);
    expect(await refused({ modelVersion: 'schnet/1', structures: [...structures, grid(1)] })).toMatchObject({
      code: 'TOO_LARGE',
      message: '2001 atoms in one answer; at most 2000, so ask in several parts',
    });
    expect(await refused({ modelVersion: 'schnet/1' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each(['cn/1', 'schnet/1'])('refuses an element that %s was never trained on', async (modelVersion) => {
    const structure = {
      elements: ['Na', 'K'],
      positionsAngstrom: [
        [0, 0, 0],
        [0, 0, 4],
      ],
    };
    expect(await refused({ modelVersion, structures: [structure] })).toMatchObject({
      code: 'FEATURES_UNAVAILABLE',
      message: expect.stringMatching(/^structures\[0\] holds K, which the model was not trained on \(Na\)/),
    });
  });

  test('answers a repeated request as before, and refuses the key with other input', async () => {
    const input = { modelVersion: 'cn@repeated', clusters: [clusters[0].id], idempotencyKey: 'prediction 1' };
    await setAlias('cn/1', 'repeated');
    const first = await predict(input);
    await setAlias('cn/2', 'repeated');
    expect(await predict(input)).toEqual(first);
    expect(await refused({ ...input, clusters: [clusters[1].id] })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

describe('aliases', () => {
  const DELETE = `mutation ($alias: String!) { deleteModelAlias(input: { alias: $alias }) { aliases { alias } } }`;

  test('move, are deleted, and keep their history', async () => {
    await setAlias('schnet/1', 'other');
    await setAlias('gop/1', 'champion');
    await setAlias('gop@champion', 'challenger');
    await server.request(DELETE, { alias: 'gop@champion' });
    const { model } = await server.request<{ model: object }>(`{ model(name: "gop") {
      aliases { alias createdBy modelVersion { reference } }
      aliasHistory { alias createdBy modelVersion { reference } }
      versions { aliases }
    } }`);
    const entry = (alias: string, reference: string | null) => ({
      ...{ alias, createdBy: 'local admin' },
      modelVersion: reference === null ? null : { reference },
    });
    expect(model).toEqual({
      aliases: [entry('challenger', 'gop/1')],
      aliasHistory: [entry('champion', 'gop/1'), entry('challenger', 'gop/1'), entry('champion', null)],
      versions: [{ aliases: ['challenger'] }],
    });
    expect(await refused({ modelVersion: 'gop@champion', clusters: [clusters[0].id] })).toMatchObject({
      code: 'NOT_FOUND',
      message: 'model gop has no alias "champion"; it has challenger',
    });
    expect(await errorOf(server, DELETE, { alias: 'gop@champion' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await errorOf(server, DELETE, { alias: 'gop/1' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('point at versions that exist, by names that are names', async () => {
    const set = 'mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) { id } }';
    const refusedAlias = (modelVersion: string, alias: string) =>
      errorOf(server, set, { input: { modelVersion, alias } });
    expect(await refusedAlias('cn/9', 'champion')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusedAlias('none/1', 'champion')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusedAlias('cn/1', 'a/b')).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('archiveModelVersion', () => {
  const ARCHIVE = `mutation ($input: ArchiveModelVersionInput!) {
    version: archiveModelVersion(input: $input) { reference archivedBy archiveReason }
  }`;
  const archive = (modelVersion: string, reason: string) =>
    server.request<{ version: object }>(ARCHIVE, { input: { modelVersion, reason } });

  test('takes a version without alias out of use, and leaves it readable', async () => {
    await setAlias('schnet/1', 'old');
    expect(await errorOf(server, ARCHIVE, { input: { modelVersion: 'schnet/1', reason: 'worse' } })).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/^schnet\/1 is @/),
    });
    for (const alias of ['old', 'other']) {
      await server.request('mutation ($alias: String!) { deleteModelAlias(input: { alias: $alias }) { id } }', {
        alias: `schnet@${alias}`,
      });
    }
    expect(await errorOf(server, ARCHIVE, { input: { modelVersion: 'schnet/1', reason: ' ' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    const archived = { reference: 'schnet/1', archivedBy: 'local admin', archiveReason: 'worse' };
    expect(await archive('schnet/1', 'worse')).toEqual({ version: archived });
    expect(await archive('schnet/1', 'another reason'), 'the first reason stands').toEqual({ version: archived });

    expect(await refused({ modelVersion: 'schnet/1', clusters: [clusters[0].id] })).toMatchObject({
      code: 'INVALID_STATE',
      message: 'schnet/1 is archived: worse',
    });
    const set = 'mutation { setModelAlias(input: { modelVersion: "schnet/1", alias: "champion" }) { id } }';
    expect(await errorOf(server, set)).toMatchObject({ code: 'INVALID_STATE' });
    const { comparison } = await server.request<{ comparison: { evaluations: object[] } }>(`{
      comparison: compareModelVersions(modelVersions: ["schnet/1"], datasetVersion: "main/1", split: TEST) {
        evaluations { metrics { rmsePpm } }
      }
    }`);
    expect(comparison.evaluations).toHaveLength(1);
  });
});
