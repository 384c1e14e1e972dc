import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  CREATE_VERSION,
  createDataset,
  createVersion,
  importOne,
  importSmallClusters,
  invalidateCalculation,
  refusal,
  startApiServer,
} from '../support/api.ts';

let server: ApiServer;
let ids: Record<string, string>;
let source: string;
beforeAll(async () => {
  server = await startApiServer();
  ({ ids, source } = await importSmallClusters(server));
});
afterAll(() => server?.dispose());

const whole = () => ({ filter: { sourceSha256: { equals: source } } });
const asGiven = { split: { asGiven: true } };

async function splitsOf(reference: string): Promise<Record<string, string[]>> {
  const part = (split: string) => `${split}: calculations(first: 200, split: ${split}) { nodes { label } }`;
  const { version } = await server.request<{ version: Record<string, { nodes: { label: string }[] }> }>(
    `query ($reference: String!) {
      version: datasetVersion(datasetVersion: $reference) { ${['TRAIN', 'VALIDATION', 'TEST'].map(part).join(' ')} }
    }`,
    { reference },
  );
  return Object.fromEntries(
    Object.entries(version).map(([split, { nodes }]) => [split, nodes.map((node) => node.label)]),
  );
}

describe('a data set', () => {
  const CREATE = `mutation ($input: CreateDatasetInput!) { createDataset(input: $input) { id } }`;
  const input = (changes: object) => ({
    input: { name: 'particulars', title: 'A title', description: 'A text', licence: 'CC-BY-4.0', ...changes },
  });

  test('keeps its licence, citation and DOI, and who made it', async () => {
    const citation = 'Kaneko et al., J. Mater. Inf. 2023, 3, 8';
    await createDataset(server, 'cited', { licence: 'CC-BY-4.0', citation, doi: '10.20517/jmi.2022.39' });
    const { dataset } = await server.request<{ dataset: object }>(
      `{ dataset(name: "cited") { name title description licence citation doi createdBy createdAt versions { id } } }`,
    );
    expect(dataset).toEqual({
      name: 'cited',
      title: 'Invented',
      description: 'Invented numbers',
      licence: 'CC-BY-4.0',
      citation,
      doi: '10.20517/jmi.2022.39',
      createdBy: 'local admin',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      versions: [],
    });
  });

  test.each([
    ['an empty licence', { licence: '  ' }, /licence must have 1 to 200 characters/],
    ['an endless licence', { licence: 'x'.repeat(201) }, /licence must have 1 to 200 characters/],
    ['a DOI with its resolver', { doi: 'https://doi.org/10.20517/jmi.2022.39' }, /is not of the form 10\.1234\/abc/],
    ['a DOI without a suffix', { doi: '10.20517/' }, /is not of the form/],
    ['an empty DOI', { doi: '' }, /is not of the form/],
    ['an empty citation', { citation: '' }, /citation must have/],
    ['no title', { title: '' }, /title must have/],
    ['no description', { description: '' }, /description must have/],
    ['capitals in its name', { name: 'Na-DFT' }, /"Na-DFT" is no name: 1 to 100 of a-z/],
    ['a slash in its name', { name: 'a/1' }, /is no name/],
    ['an at sign in its name', { name: 'a@champion' }, /is no name/],
    ['an endless name', { name: 'a'.repeat(101) }, /is no name/],
    ['a NUL in its title', { title: 'a\0' }, /input\.title holds a NUL/],
    ['half a surrogate pair in its DOI', { doi: '10.1234/\udc00' }, /input\.doi holds a NUL character or half a surr/],
  ])('with %s is refused', async (_, changes, says) => {
    const error = await refusal(server, CREATE, input(changes));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });

  test('of a name that exists is answered with it if nothing differs, and refused if something does', async () => {
    const id = await createDataset(server, 'again');
    expect(await createDataset(server, 'again')).toBe(id);
    for (const [field, value] of [
      ['licence', 'proprietary'],
      ['citation', 'another'],
      ['doi', '10.1234/5'],
      ['title', 'Other'],
    ]) {
      const error = await refusal(server, CREATE, {
        input: {
          name: 'again',
          title: 'Invented',
          description: 'Invented numbers',
          licence: 'CC0-1.0',
          [field]: value,
        },
      });
      expect(error.code).toBe('ALREADY_EXISTS');
      expect(error.message).toContain(`another ${field}`);
      expect(error.message).toContain('choose another name');
    }
  });
});

describe('a version', () => {
  test('is split by size', async () => {
    await createDataset(server, 'by-size');
    const version = await createVersion(server, {
      dataset: 'by-size',
      ...whole(),
      split: { bySize: { validation: [3], test: [4] } },
    });
    expect(version).toMatchObject({ reference: 'by-size/1', version: 1, levelsOfTheory: [{ program: 'invented' }] });
    expect(version.splitMethod).toEqual({ kind: 'BY_SIZE', validationSizes: [3], testSizes: [4] });
    expect(version.splitCounts).toEqual([
      { split: 'TRAIN', clusters: 2, atoms: 4 },
      { split: 'VALIDATION', clusters: 2, atoms: 6 },
      { split: 'TEST', clusters: 1, atoms: 4 },
    ]);
    expect(await splitsOf('by-size/1')).toEqual({ TRAIN: ['a2', 'b2'], VALIDATION: ['a3', 'b3'], TEST: ['a4'] });
  });

  test('is split as its file says', async () => {
    await createDataset(server, 'as-given');
    const version = await createVersion(server, { dataset: 'as-given', ...whole(), ...asGiven });
    expect(version.splitMethod).toEqual({ kind: 'AS_GIVEN' });
    expect(await splitsOf('as-given/1')).toEqual({ TRAIN: ['a2', 'b2'], VALIDATION: ['a3', 'b3'], TEST: ['a4'] });
  });

  test('is split by lists of labels and ids', async () => {
    await createDataset(server, 'by-list');
    const byList = { train: ['a3', ids.a4], validation: ['a2'], test: [ids.b2, 'b3'] };
    const version = await createVersion(server, { dataset: 'by-list', ...whole(), split: { byList } });
    expect(version.splitMethod).toEqual({ kind: 'BY_LIST' });
    expect(await splitsOf('by-list/1')).toEqual({ TRAIN: ['a3', 'a4'], VALIDATION: ['a2'], TEST: ['b2', 'b3'] });
  });

  test('takes no label for the id of another calculation', async () => {
    const other = await importOne(server, { id: 'not-listed' });
    const storedId = Buffer.from(other, 'base64').toString().split(':')[1];
    const named = await importOne(server, { id: storedId });
    await createDataset(server, 'labels-like-ids');
    const error = await refusal(server, CREATE_VERSION, {
      input: {
        dataset: 'labels-like-ids',
        calculations: [other, named],
        split: { byList: { train: [storedId], validation: [], test: [] } },
      },
    });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(error.message).toContain('calculation not-listed is in none of the lists');
  });

  test('holds calculations in the order of their import, with the columns of their values', async () => {
    await createDataset(server, 'columns');
    await createVersion(server, {
      dataset: 'columns',
      calculations: [ids.a4, ids.a2, ids.a3],
      split: { bySize: { validation: [3], test: [] } },
    });
    const { version } = await server.request<{ version: object }>(
      `{ version: datasetVersion(datasetVersion: "columns/1") {
        calculations(first: 200) { nodes { label } }
        shieldingsPpm
        validation: shieldingsPpm(split: VALIDATION)
      } }`,
    );
    expect(version).toEqual({
      calculations: { nodes: [{ label: 'a2' }, { label: 'a3' }, { label: 'a4' }] },
      shieldingsPpm: [500, 501, 500, 501, 502, 500, 501, 502, 503],
      validation: [500, 501, 502],
    });
  });

  test('of equal content has an equal hash, whatever the split was made by and in whichever data set', async () => {
    await createDataset(server, 'hash-one');
    await createDataset(server, 'hash-two');
    const one = await createVersion(server, { dataset: 'hash-one', ...whole(), ...asGiven });
    const bySize = { bySize: { validation: [3], test: [4] } };
    const two = await createVersion(server, {
      dataset: 'hash-two',
      calculations: Object.values(ids).reverse(),
      split: bySize,
    });
    expect(one.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(two.sha256).toBe(one.sha256);
    expect(two.id).not.toBe(one.id);

    const otherSplit = await createVersion(server, {
      dataset: 'hash-two',
      ...whole(),
      split: { bySize: { validation: [3], test: [] } },
    });
    const fewer = await createVersion(server, {
      dataset: 'hash-two',
      calculations: [ids.a2, ids.a3, ids.a4],
      split: bySize,
    });
    expect(new Set([one.sha256, otherSplit.sha256, fewer.sha256]).size).toBe(3);
    expect([two.version, otherSplit.version, fewer.version]).toEqual([1, 2, 3]);
  });

  test('is made once, however often it is asked for', async () => {
    await createDataset(server, 'once');
    const first = await createVersion(server, { dataset: 'once', ...whole(), ...asGiven });
    const before = await server.countRecords();
    expect(await createVersion(server, { dataset: 'once', ...whole(), ...asGiven })).toEqual(first);
    expect(await server.countRecords()).toEqual(before);
  });

  test('is made once, when ten ask at the same time', async () => {
    await createDataset(server, 'ten-at-once');
    const before = await server.countRecords();
    const versions = await Promise.all(
      Array.from({ length: 10 }, () => createVersion(server, { dataset: 'ten-at-once', ...whole(), ...asGiven })),
    );
    expect(new Set(versions.map((version) => version.reference))).toEqual(new Set(['ten-at-once/1']));
    expect(await server.countRecords()).toEqual({
      ...before,
      'public.dataset_versions': before['public.dataset_versions'] + 1,
      'public.dataset_version_members': before['public.dataset_version_members'] + Object.keys(ids).length,
    });
  });

  test('gets numbers without gaps, when ten different ones are made at the same time', async () => {
    await createDataset(server, 'ten-different');
    const calculations = await Promise.all(Array.from({ length: 10 }, () => importOne(server)));
    const versions = await Promise.all(
      calculations.map((id) =>
        createVersion(server, {
          dataset: 'ten-different',
          calculations: [ids.a2, id],
          split: { bySize: { validation: [], test: [] } },
        }),
      ),
    );
    expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('stays as it is whatever comes later', async () => {
    const calculation = await importOne(server, { id: 'wrong-later', keys: 'split=train' });
    await createDataset(server, 'frozen');
    const input = { dataset: 'frozen', filter: { label: { in: ['a2', 'a3', 'wrong-later'] } }, ...asGiven };
    const frozen = await createVersion(server, input);
    await invalidateCalculation(server, calculation);

    const { node } = await server.request<{ node: object }>(
      `query ($id: ID!) {
        node(id: $id) { ... on DatasetVersion { sha256 splitCounts { split clusters atoms } calculations(first: 9) { nodes { label } } } }
      }`,
      { id: frozen.id },
    );
    expect(node).toEqual({
      sha256: frozen.sha256,
      splitCounts: frozen.splitCounts,
      calculations: { nodes: ['a2', 'a3', 'wrong-later'].map((label) => ({ label })) },
    });
    // a new one leaves the invalidated calculation out
    const next = await createVersion(server, input);
    expect(next.reference).toBe('frozen/2');
    expect(next.calculations.nodes.map(({ label }) => label)).toEqual(['a2', 'a3']);
  });

  test('has no mutation that changes or removes it', async () => {
    const { type } = await server.request<{ type: { fields: { name: string }[] } }>(
      `{ type: __type(name: "Mutation") { fields { name } } }`,
    );
    const names = type.fields.map(({ name }) => name);
    expect(names.filter((name) => /dataset/i.test(name))).toEqual(['createDataset', 'createDatasetVersion']);
  });
});

describe('an invalidated calculation', () => {
  const INVALIDATE = `mutation ($input: InvalidateCalculationInput!) {
    calculation: invalidateCalculation(input: $input) { id invalidatedAt invalidatedBy invalidationReason shieldingsPpm }
  }`;

  test('says why, by whom and when, keeps its values, and is not invalidated twice', async () => {
    const id = await importOne(server, { id: 'once-valid' });
    const input = { calculation: id, reason: 'the SCF found an excited state' };
    const { calculation } = await server.request<{ calculation: object }>(INVALIDATE, { input });
    expect(calculation).toEqual({
      id,
      invalidatedAt: expect.any(String),
      invalidatedBy: 'local admin',
      invalidationReason: 'the SCF found an excited state',
      shieldingsPpm: [500, 501],
    });
    const error = await refusal(server, INVALIDATE, { input: { ...input, reason: 'another' } });
    expect(error.code).toBe('INVALID_STATE');
    expect(error.message).toMatch(/once-valid was invalidated before: the SCF found an excited state/);
  });

  test('needs a reason', async () => {
    const error = await refusal(server, INVALIDATE, { input: { calculation: ids.a2, reason: ' ' } });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(error.message).toMatch(/reason must have 1 to 1000 characters/);
  });
});
