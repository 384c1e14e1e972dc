import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameTag } from '../../src/chemistry/inputs/input-writer.ts';
import { type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';
import { type ApiServer, errorOf, importCalculations, importStructures, startApiServer } from '../support/api.ts';
import { type Outcome, outcomeOf, spawnCommand } from '../support/command.ts';
import { gaussianOutputFor } from '../support/name-tags.ts';
import { fixture } from '../support/outputs.ts';

const NA2 = structureFromSymbols(['Na', 'Na'], [0.1234567890123456, -0.2, 1 / 3, 1.7, 1.05, Math.E]);
const NA2_LABEL = 'na02-tié (1)';
const CS = structureFromSymbols(['Cs'], [0, 0, 0]);

const QUERY = `query ($clusters: [ID!], $filter: ClusterFilter, $first: Int!, $after: String, $program: InputProgram!,
    $basis: String, $stabilityCheck: Boolean) {
  calculationInputs(clusters: $clusters, filter: $filter, first: $first, after: $after, program: $program, basis: $basis,
      stabilityCheck: $stabilityCheck, processors: 4) {
    nodes { fileName text cluster { id label } } totalCount pageInfo { hasNextPage endCursor }
  }
}`;

interface Inputs {
  readonly calculationInputs: {
    readonly nodes: readonly {
      readonly fileName: string;
      readonly text: string;
      readonly cluster: { readonly id: string; readonly label: string };
    }[];
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

function frame(structure: Structure, label: string): string {
  const rows = structure.atomicNumbers.map(
    (z, atom) => `${z} ${[...structure.positionsAngstrom.subarray(3 * atom, 3 * atom + 3)].join(' ')}\n`,
  );
  const { length } = structure.atomicNumbers;
  return `${length}\nProperties=Z:I:1:pos:R:3 id="${label}"\n${rows.join('')}`;
}

let server: ApiServer;
let folder: string;
/** Ids of the clusters: Na2, three of Na3, Cs. */
let ids: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'natrium inputs '));
  server = await startApiServer();
  const trimers = [3, 3.5, 4].map((x) => structureFromSymbols(['Na', 'Na', 'Na'], [0, 0, 0, 0, 0, x, 0, x, 0], 1));
  const frames = [frame(NA2, NA2_LABEL), ...trimers.map((each, i) => frame(each, `na03-${i}`)), frame(CS, 'caesium')];
  const report = await importStructures(server, frames.join('').replaceAll('id="na03', 'charge=1 id="na03'));
  ids = report.items.map((item) => item.cluster!.id);
});
afterAll(async () => {
  await server?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('calculationInputs', () => {
  test('are texts that name their clusters, in pages', async () => {
    const variables = { program: 'ORCA', first: 2, filter: { size: { equals: 3 } }, basis: '6-31G' };
    const { calculationInputs: first } = await server.request<Inputs>(QUERY, variables);
    expect(first.nodes.map(({ cluster }) => cluster.id)).toEqual(ids.slice(1, 3));
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(first.nodes[0].fileName).toMatch(/^na03-0-[0-9a-f]{16}\.inp$/);
    expect(first.nodes[0].text).toContain('! UKS B3LYP/G 6-31G NORI');
    expect(first.nodes[0].text).toContain('nprocs 4');
    const { endCursor: after } = first.pageInfo;
    const { calculationInputs: last } = await server.request<Inputs>(QUERY, { ...variables, after });
    expect(last.nodes.map(({ cluster }) => cluster.id)).toEqual([ids[3]]);
  });

  test('of given clusters are those that match', async () => {
    const variables = { program: 'PYSCF', first: 200, clusters: [ids[3], ids[0], ids[3]] };
    const { calculationInputs } = await server.request<Inputs>(QUERY, variables);
    expect(calculationInputs.nodes.map(({ cluster }) => cluster.id)).toEqual([ids[0], ids[3]]);
    const filter = { size: { equals: 2 } };
    const { calculationInputs: dimers } = await server.request<Inputs>(QUERY, { ...variables, filter });
    expect(dimers.nodes).toEqual(calculationInputs.nodes.slice(0, 1));
  });

  test.each([
    ['a heavy element, with its cluster', {}, 'BAD_USER_INPUT', /^Atom 1 of caesium-[0-9a-f]{16} is Cs/],
    ['an unknown cluster', { clusters: ['Q2x1c3Rlcjo5OTk5OTk='] }, 'NOT_FOUND', /there is no Cluster/],
    ['too many clusters', { clusters: Array(201).fill('Q2x1c3Rlcjo5') }, 'BAD_USER_INPUT', /clusters names 201/],
    ['a basis', { basis: 'cc-pVTZ' }, 'BAD_USER_INPUT', /basis is "cc-pVTZ"; give one of 6-31G,/],
    ['a page', { first: 201 }, 'BAD_USER_INPUT', /first is 201/],
    ['what a program cannot do', { program: 'NWCHEM', stabilityCheck: true }, 'BAD_USER_INPUT', /no stability check/],
  ])('refuse %s', async (_, variables, code, message) => {
    const error = await errorOf(server, QUERY, { program: 'GAUSSIAN', first: 200, ...variables });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('refuse more text than one answer should hold', async () => {
    const count = 9000;
    const rows = Array.from({ length: count }, (_, k) => `Na ${3 * (k % 30)} ${3 * (Math.floor(k / 30) % 30)} `);
    const large = Array.from({ length: 23 }, (_, i) => {
      const atoms = rows.map((row, k) => `${row}${3 * Math.floor(k / 900) + i / 100}`);
      return `${count}\nid=large-${i}\n${atoms.join('\n')}\n`;
    });
    const clusters: string[] = [];
    for (let at = 0; at < large.length; at += 12) {
      const report = await importStructures(server, large.slice(at, at + 12).join(''));
      clusters.push(...report.items.map((item) => item.cluster!.id));
    }
    const error = await errorOf(server, QUERY, { program: 'ORCA', first: 200, clusters });
    expect(error).toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('207000 atoms') });
  });
});

const CALCULATIONS = `query ($id: ID!) {
  cluster(id: $id) { calculations { label provenance levelOfTheory { program } } }
}`;

describe('what was computed from an input', () => {
  test.each([
    ['Gaussian', 'na2.log', gaussianOutputFor(NA2, NA2_LABEL)],
    [
      'NWChem',
      'na2.out',
      // computed at the positions of NA2, printed to eight decimals
      fixture('nwchem7-na2-name-tag.out').replace(/natrium [0-9a-f]{64} \([^)]*\)/g, nameTag(NA2, NA2_LABEL)),
    ],
    ['PySCF', 'na2.extxyz', fixture('pyscf2-na2-name-tag.extxyz')],
  ])('is tied to the very cluster and keeps its label: %s', async (program, fileName, content) => {
    const report = await importCalculations(server, content, { fileName });
    expect(report).toMatchObject({ inserted: 1, items: [{ label: NA2_LABEL, cluster: { id: ids[0] } }] });
    const { cluster } = await server.request<{ cluster: { calculations: object[] } }>(CALCULATIONS, { id: ids[0] });
    expect(cluster.calculations).toContainEqual({
      label: NA2_LABEL,
      levelOfTheory: { program },
      provenance: expect.objectContaining({ tied_by: 'name tag', natrium_cluster: structureHash(NA2) }),
    });
    expect(await importCalculations(server, content, { fileName })).toMatchObject({ inserted: 0, existing: 1 });
  });

  test('is a cluster of its own if its atoms moved, and says where it came from', async () => {
    const relaxed = structureFromSymbols(['Na', 'Na'], [0, 0, 0, 0, 0, 3.1]);
    const content = gaussianOutputFor(relaxed, NA2_LABEL, NA2);
    const report = await importCalculations(server, content, { fileName: 'relaxed.log' });
    const { id } = report.items[0].cluster!;
    expect(id).not.toBe(ids[0]);
    const { cluster } = await server.request<{ cluster: { calculations: object[] } }>(CALCULATIONS, { id });
    expect(cluster.calculations).toMatchObject([
      { provenance: { natrium_cluster: structureHash(NA2), not_tied: expect.stringMatching(/^other positions/) } },
    ]);
  });
});

function natriumInputs(...args: string[]): Promise<Outcome> {
  return outcomeOf(spawnCommand(['inputs', ...args], { NATRIUM_DATA_FOLDER: server.dataFolder }));
}

describe('natrium inputs', () => {
  test('writes the clusters of the server, once, and overwrites only if it is told to', async () => {
    const into = join(folder, 'by', 'size');
    const all = ['--program', 'gaussian', '--filter-size', '3,4', into];
    expect(await natriumInputs(...all)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 inputs written'),
    });
    const names = readdirSync(into);
    expect(names).toHaveLength(3);
    const name = names.find((each) => each.startsWith('na03-1'))!;
    expect(readFileSync(join(into, name), 'utf8')).toMatch(/^natrium [0-9a-f]{64}$/m);
    const { calculationInputs } = await server.request<Inputs>(QUERY, {
      program: 'GAUSSIAN',
      first: 1,
      clusters: [ids[2]],
    });
    expect(calculationInputs.nodes[0].fileName).toBe(name);

    writeFileSync(join(into, name), 'mine\n');
    const refused = await natriumInputs(...all);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^natrium: .*holds something else.*\n$/),
    });
    expect(readFileSync(join(into, name), 'utf8')).toBe('mine\n');
    const again = await natriumInputs(...all, '--overwrite');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('1 inputs written') });
    expect(readFileSync(join(into, name), 'utf8')).toMatch(/^natrium [0-9a-f]{64}$/m);
  });

  test('writes those of a data set version, and single ones', async () => {
    const dataset = `mutation { createDataset(input: { name: "tied", title: "t", description: "d", licence: "CC0-1.0" }) { name }
      createDatasetVersion(input: { dataset: "tied", filter: { label: { equals: "${NA2_LABEL}" }, program: { equals: "PySCF" } },
        split: { byList: { train: ["${NA2_LABEL}"], validation: [], test: [] } } }) { reference } }`;
    await server.request(dataset);
    const into = join(folder, 'dataset');
    const args = ['--program', 'pyscf', '--processors', '2', '--dataset', 'tied/1', into];
    expect(await natriumInputs(...args)).toMatchObject({ code: 0, stderr: '' });
    const [name] = readdirSync(into);
    expect(readFileSync(join(into, name), 'utf8')).toContain('lib.num_threads(2)');
    const single = await natriumInputs('--program', 'nwchem', '--cluster', ids[1], '--cluster', ids[2], into);
    expect(single).toMatchObject({ code: 0, stdout: expect.stringContaining('2 inputs written') });
  });

  test('says in one line which cluster has no input', async () => {
    const { code, stderr } = await natriumInputs('--program', 'orca', '--cluster', ids[4], join(folder, 'heavy'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^natrium: .*Atom 1 of caesium-[0-9a-f]{16} is Cs.*\n$/);
  });
});
