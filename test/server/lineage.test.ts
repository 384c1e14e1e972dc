import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameTag } from '../../src/chemistry/inputs/input-writer.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';
import {
  type ApiServer,
  CREATE_VERSION,
  createDataset,
  createVersion,
  type Frame,
  frame,
  importCalculations,
  importStructures,
  invalidateCalculation,
  refusal,
  startApiServer,
} from '../support/api.ts';
import { importFiles } from '../support/bulk.ts';
import { gaussianOutputFor } from '../support/name-tags.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  await createDataset(server, 'kin');
});
afterAll(() => server?.dispose());

const other = 'program=other program_version=1 method=none basis=none';
let made = 0;

interface Made {
  readonly label: string;
  readonly calculation: string;
  readonly cluster: string;
  readonly identity: string;
}

const trimer = (number: number) => [
  [0, 0, 0],
  [3 + number / 100, 0, 0],
  [0, 3.5, 0],
];

/** Imports a trimer that is like no other, as the result of inputs for these clusters if any are given. */
async function make(parents: readonly Made[] = [], keys = '', input: Frame = {}): Promise<Made> {
  const label = `kin-${++made}`;
  const positions = trimer(made);
  const frames = (parents.length === 0 ? [null] : parents).map((parent, i) => {
    const tag = parent === null ? '' : `natrium_cluster=${parent.identity}`;
    return frame({ id: label, positions, level: i === 0 ? undefined : other, keys: `${tag} ${keys}`, ...input });
  });
  const [first] = (await importCalculations(server, frames.join(''))).items;
  const { id } = first.cluster!;
  const { cluster } = await server.request<{ cluster: { identitySha256: string } }>(
    `query ($id: ID!) { cluster(id: $id) { identitySha256 } }`,
    { id },
  );
  return { label, calculation: first.calculation!.id, cluster: id, identity: cluster.identitySha256 };
}

interface Relative {
  readonly relation: string;
  readonly cluster: { readonly id: string };
  readonly createdBy: string;
}

async function kin(id: string): Promise<{ parents: Relative[]; children: Relative[] }> {
  const relative = `{ relation createdBy cluster { id } }`;
  const { cluster } = await server.request<{ cluster: { parents: Relative[]; children: Relative[] } }>(
    `query ($id: ID!) { cluster(id: $id) { parents ${relative} children ${relative} } }`,
    { id },
  );
  return cluster;
}

const optimised = (id: string) => ({ relation: 'OPTIMIZATION', createdBy: 'local admin', cluster: { id } });

describe('an imported result that names the cluster of its input', () => {
  const NA2 = structureFromSymbols(['Na', 'Na'], [0.1, -0.2, 0.3, 0.1, -0.2, 3.4]);
  const at = (...positions: number[]) => structureFromSymbols(['Na', 'Na'], positions);
  let parent: string;
  beforeAll(async () => {
    const rows = [0, 3].map((k) => `Na ${NA2.positionsAngstrom.slice(k, k + 3).join(' ')}\n`);
    parent = (await importStructures(server, `2\nid=na2\n${rows.join('')}`)).items[0].cluster!.id;
  });

  test.each([
    ['whose atoms moved', at(0, 0, 0, 0, 0, 3.1)],
    ['in another frame', at(0.1, -0.2, 0.3, 0.1, 2.9, 0.3)],
  ])('%s, is of a child of that cluster, however often it is imported', async (_, structure) => {
    const content = gaussianOutputFor(structure, 'na2', NA2);
    const child = (await importCalculations(server, content, { fileName: 'a.log' })).items[0].cluster!.id;
    expect(child).not.toBe(parent);
    expect(await kin(child)).toEqual({ parents: [optimised(parent)], children: [] });
    expect((await kin(parent)).children).toContainEqual(optimised(child));
    const before = await server.countRecords();
    expect(await importCalculations(server, content, { fileName: 'a.log' })).toMatchObject({ existing: 1 });
    expect(await server.countRecords()).toEqual(before);
  });

  test('and was there before without it, becomes its child', async () => {
    const structure = at(0, 0, 0, 0, 0, 3.2);
    const plain = '2\nid=plain\nNa 0 0 0\nNa 0 0 3.2\n';
    const child = (await importStructures(server, plain)).items[0].cluster!.id;
    expect((await kin(child)).parents).toEqual([]);
    const content = gaussianOutputFor(structure, 'na2', NA2);
    const report = await importCalculations(server, content, { fileName: 'b.log' });
    expect(report.items[0].cluster!.id).toBe(child);
    expect((await kin(child)).parents).toEqual([optimised(parent)]);
  });

  test('has no parent where it is of that very cluster, of another charge, or refused', async () => {
    const before = (await kin(parent)).children.length;
    const tag = `natrium_cluster=${structureHash(NA2)}`;
    const same = (await importCalculations(server, gaussianOutputFor(NA2, 'na2'), { fileName: 'c.log' })).items[0];
    expect(same.cluster!.id).toBe(parent);
    const charged = await importCalculations(server, frame({ keys: `${tag} charge=1` }));
    expect((await kin(charged.items[0].cluster!.id)).parents).toEqual([]);
    expect(await importCalculations(server, frame({ keys: tag, sigma: ['nan', 1] }))).toMatchObject({ rejected: 1 });
    expect((await kin(parent)).children).toHaveLength(before);
  });

  test('has its parent if that comes in with it, unless that is refused', async () => {
    const together = (x: number, sigma: string) => {
      const row = structureFromSymbols(['Na', 'Na'], [0, 0, 0, x, 0, 0]);
      const far = [
        [0, 0, 0],
        [x + 0.3, 0, 0],
      ];
      const near = [
        [0, 0, 0],
        [x, 0, 0],
      ];
      const child = frame({ positions: far, keys: `natrium_cluster=${structureHash(row)}` });
      return importCalculations(server, child + frame({ positions: near, sigma: [sigma, 500] }));
    };
    const [child, itsParent] = (await together(5, '500')).items;
    expect((await kin(child.cluster!.id)).parents).toEqual([optimised(itsParent.cluster!.id)]);
    const [orphan, refusedOne] = (await together(6, 'nan')).items;
    expect(refusedOne.status).toBe('REJECTED');
    expect((await kin(orphan.cluster!.id)).parents).toEqual([]);
  });

  test('in a background import has its parent as well', async () => {
    const content = gaussianOutputFor(at(0, 0, 0, 0, 0, 3.3), 'bulk', NA2);
    expect(await importFiles(server, { 'bulk.log': content })).toMatchObject({ state: 'SUCCEEDED', inserted: 1 });
    const { clusters } = await server.request<{ clusters: { nodes: { parents: Relative[] }[] } }>(
      `{ clusters(first: 1, newestFirst: true) { nodes { parents { relation createdBy cluster { id } } } } }`,
    );
    expect(clusters.nodes).toEqual([{ parents: [optimised(parent)] }]);
    expect(nameTag(NA2)).toContain(structureHash(NA2));
  });
});

async function splitsOf(members: readonly Made[], split: object, input: object = {}): Promise<Record<string, string>> {
  const calculations = members.map((each) => each.calculation);
  const version = await createVersion(server, { dataset: 'kin', calculations, split, ...input });
  const splits: Record<string, string> = {};
  for (const name of ['TRAIN', 'VALIDATION', 'TEST']) {
    const { part } = await server.request<{ part: { calculations: { nodes: { label: string }[] } } }>(
      `query ($reference: String!) { part: datasetVersion(datasetVersion: $reference) {
        calculations(first: 200, split: ${name}) { nodes { label } }
      } }`,
      { reference: version.reference },
    );
    for (const { label } of part.calculations.nodes) splits[label] = name;
  }
  return splits;
}

async function refused(members: readonly Made[], split: object): Promise<string> {
  const calculations = members.map((each) => each.calculation);
  const error = await refusal(server, CREATE_VERSION, { input: { dataset: 'kin', calculations, split } });
  expect(error.code).toBe('BAD_USER_INPUT');
  return error.message;
}

const asGiven = { asGiven: true };
const lists = (train: readonly Made[], validation: readonly Made[], test: readonly Made[]) => {
  const labels = (members: readonly Made[]) => members.map((each) => each.label);
  return { byList: { train: labels(train), validation: labels(validation), test: labels(test) } };
};

describe('a version split as given', () => {
  let train: Made;
  beforeAll(async () => {
    train = await make([], 'split=train');
  });

  test('takes relatives where their chosen relatives are: children, parents, siblings, cousins', async () => {
    const parent = await make([], 'split=test');
    const child = await make([parent]);
    const open = await make();
    const given = await make([open], 'split=validation');
    const sibling = await make([open]);
    const cousin = await make([await make([open])]);
    expect(await splitsOf([train, parent, child, given, sibling, cousin], asGiven)).toEqual({
      [train.label]: 'TRAIN',
      [parent.label]: 'TEST',
      [child.label]: 'TEST',
      [given.label]: 'VALIDATION',
      [sibling.label]: 'VALIDATION',
      [cousin.label]: 'VALIDATION',
    });
  });

  test('takes those whose relatives are not chosen where the files put their ancestors', async () => {
    const parent = await make([], 'split=test');
    const grandchild = await make([await make([parent])]);
    const again = await importCalculations(
      server,
      frame({
        id: 'again',
        level: other,
        positions: trimer(made),
      }),
    );
    const otherLevel = { ...grandchild, label: 'again', calculation: again.items[0].calculation!.id };
    expect(again.items[0].cluster!.id).toBe(grandchild.cluster);
    expect(await splitsOf([train, grandchild], asGiven)).toEqual({
      [train.label]: 'TRAIN',
      [grandchild.label]: 'TEST',
    });
    expect(await splitsOf([train, otherLevel], asGiven, { allowMixedLevelsOfTheory: true })).toEqual({
      [train.label]: 'TRAIN',
      again: 'TEST',
    });
  });

  test('is refused where no file says anything of a family', async () => {
    const parent = await make([], 'split=test');
    const child = await make([parent]);
    await invalidateCalculation(server, parent.calculation);
    expect(await refused([train, child], asGiven)).toMatch(/gave it no split; add split=train/);
    const lone = await make();
    expect(await refused([train, lone], asGiven)).toContain(`the file of calculation ${lone.label} gave it no split`);
  });

  test('is refused where files put relatives into different splits, and names both', async () => {
    const parent = await make([], 'split=train');
    const child = await make([parent], 'split=test');
    const message = await refused([parent, child], asGiven);
    expect(message).toMatch(`calculation ${parent.label} (train) and calculation ${child.label} (test) are of related`);
    expect(message).toMatch(/must be in one split; split by list with both in one of the lists, or leave one of them/);
    expect(await splitsOf([train, child], asGiven)).toMatchObject({ [child.label]: 'TEST' });
    expect(await refused([await make([], 'split=train'), await make([parent, child])], asGiven)).toMatch(
      `calculation ${parent.label} (train) and calculation ${child.label} (test) are both related to chosen`,
    );
  });

  test('ends where clusters came out of each other in a circle', async () => {
    const a = await make([], 'split=train');
    const b = await make([a]);
    const positions = trimer(made - 1);
    const back = frame({ id: 'back', level: other, positions, keys: `natrium_cluster=${b.identity}` });
    expect((await importCalculations(server, back)).items[0].cluster!.id).toBe(a.cluster);
    expect((await kin(a.cluster)).parents).toEqual([optimised(b.cluster)]);
    expect(await splitsOf([a, b], asGiven)).toEqual({ [a.label]: 'TRAIN', [b.label]: 'TRAIN' });
  });
});

describe('a version split by list', () => {
  test('takes those that are not listed where their relatives are', async () => {
    const [parent, alone] = [await make([], 'split=train'), await make()];
    const [child, sibling] = [await make([parent]), await make([parent])];
    expect(await splitsOf([alone, child, sibling], lists([alone], [child], []))).toEqual({
      [alone.label]: 'TRAIN',
      [child.label]: 'VALIDATION',
      [sibling.label]: 'VALIDATION',
    });
    // what a file gave to the parent is not in the lists
    expect(await refused([alone, child], lists([alone], [], []))).toMatch(
      `calculation ${child.label} is in none of the lists; list it or leave it out`,
    );
  });

  test('is refused where relatives are in different lists, even if what relates them is not chosen', async () => {
    const parent = await make();
    const [a, b] = [await make([parent]), await make([await make([parent])])];
    expect(await refused([a, b], lists([a], [], [b]))).toMatch(
      `calculation ${a.label} (train) and calculation ${b.label} (test) are of related clusters`,
    );
    expect(await splitsOf([a, b], lists([a, b], [], []))).toEqual({ [a.label]: 'TRAIN', [b.label]: 'TRAIN' });
  });

  test('keeps two together that led to the same cluster, if that is chosen', async () => {
    const [a, b] = [await make(), await make()];
    const both = await make([a, b]);
    expect((await kin(both.cluster)).parents).toEqual([optimised(a.cluster), optimised(b.cluster)]);
    expect(await refused([a, b, both], lists([a], [], [b]))).toMatch(/are of related clusters/);
    expect(await splitsOf([a, b], lists([a], [], [b]))).toEqual({ [a.label]: 'TRAIN', [b.label]: 'TEST' });
  });
});

test('a version split by size has relatives together', async () => {
  const parent = await make();
  const child = await make([parent]);
  expect(await splitsOf([parent, child], { bySize: { validation: [2], test: [4] } })).toEqual({
    [parent.label]: 'TRAIN',
    [child.label]: 'TRAIN',
  });
});
