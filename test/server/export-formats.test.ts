import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAtomCsv } from '../../src/chemistry/csv.ts';
import { runningCoordinationNumbers } from '../../src/ml/features/running-coordination-numbers.ts';
import { type ApiServer, createVersion, fixture, startApiServer } from '../support/api.ts';
import { download, importDataset, tensorClusters } from '../support/exports.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server?.dispose());

const NA_DFT = readFileSync(new URL('../../examples/na-dft/na-dft.extxyz', import.meta.url), 'utf8');

const FORMATS = [
  ['EXTXYZ', 'extxyz', 'chemical/x-extxyz; charset=utf-8'],
  ['CSV', 'csv', 'text/csv; charset=utf-8; header=present'],
  ['QCSCHEMA', 'jsonl', 'application/x-ndjson'],
  ['ARROW', 'arrow', 'application/vnd.apache.arrow.file'],
] as const;

/** All that is stored of the calculations of a data set version, in its order. */
function contents(of: ApiServer, dataset: string): Promise<Record<string, unknown>[]> {
  return of.sql(
    `SELECT k.content_sha256, k.label, k.given_split, m.split, k.provenance, c.identity_sha256
     FROM dataset_version_members m
     JOIN dataset_versions v ON v.id = m.dataset_version_id JOIN datasets d ON d.id = v.dataset_id
     JOIN calculations k ON k.id = m.calculation_id JOIN clusters c ON c.id = k.cluster_id
     WHERE d.name = $1 ORDER BY m.position`,
    [dataset],
  );
}

describe.each([
  ['the example data', 'na-dft', NA_DFT],
  ['calculations with everything', 'complete', fixture('complete.extxyz')],
  ['many with field gradients', 'gradients', tensorClusters(60, 12, 1)],
])('%s', (_, name, content) => {
  let other: ApiServer;
  beforeAll(async () => {
    await importDataset(server, name, content);
    other = await startApiServer();
  });
  afterAll(() => other?.dispose());

  test.each(FORMATS.slice(0, 3))('come back the same from %s into an empty registry', async (format, extension) => {
    const { status, bytes } = await download(`${server.url}/exports/${name}/1.${extension}`);
    expect(status).toBe(200);
    await other.sql(
      'TRUNCATE clusters, calculations, dataset_versions, dataset_version_members, levels_of_theory, datasets CASCADE',
    );
    await importDataset(other, name, bytes.toString('utf8'));
    const expected = await contents(server, name);
    expect(expected.length).toBeGreaterThan(2);
    expect(await contents(other, name)).toEqual(expected.map((row) => ({ ...row, given_split: row.split })));
    // and so again to the same bytes
    const again = await download(`${other.url}/exports/${name}/1.${extension}`);
    expect([format, Buffer.compare(again.bytes, bytes)]).toEqual([format, 0]);
  });

  test('are in Arrow in the order of the version', async () => {
    const { bytes } = await download(`${server.url}/exports/${name}/1.arrow`);
    const table = tableFromIPC(bytes);
    const rows = await contents(server, name);
    expect([...table.getChild('calculation_sha256')!]).toEqual(rows.map((row) => row.content_sha256));
    expect([...table.getChild('label')!]).toEqual(rows.map((row) => row.label));
    expect([...table.getChild('split')!]).toEqual(rows.map((row) => row.split));
    const { version } = await server.request<{ version: { sha256: string; shieldingsPpm: number[] } }>(
      `{ version: datasetVersion(datasetVersion: "${name}/1") { sha256 shieldingsPpm } }`,
    );
    expect(table.getChild('shieldings_ppm')!.data.flatMap((data) => [...data.children[0].values])).toEqual(
      version.shieldingsPpm,
    );
    expect(Object.fromEntries(table.schema.metadata)).toEqual({
      creator: 'Natrium',
      dataset_version: `${name}/1`,
      dataset_version_sha256: version.sha256,
      title: 'Invented',
      description: 'Invented numbers',
      licence: 'CC0-1.0',
      citation: 'Doe, J. Invented (2026)',
      doi: '10.1234/invented',
    });
  });
});

describe('the files of a version', () => {
  const EXPORTS = `{ version: datasetVersion(datasetVersion: "listed/1") {
    exports { format url fileName mediaType sha256 byteLength }
  } }`;

  test('are listed, with sha256 and length once they are made', async () => {
    await importDataset(server, 'listed', tensorClusters(4, 3, 7));
    const list = async () => (await server.request<{ version: { exports: object[] } }>(EXPORTS)).version.exports;
    const unmade = FORMATS.map(([format, extension, mediaType]) => ({
      format,
      url: `${server.url}/exports/listed/1.${extension}`,
      fileName: `listed-1.${extension}`,
      mediaType,
      sha256: null,
      byteLength: null,
    }));
    expect(await list()).toEqual(unmade);
    for (const { url, fileName, mediaType } of unmade) {
      const first = await download(url);
      expect(first.headers).toMatchObject({
        'content-type': mediaType,
        'content-disposition': `attachment; filename=${fileName}`,
        'accept-ranges': 'bytes',
      });
      const { headers } = await download(url);
      expect(headers['content-length']).toBe(String(first.bytes.length));
      expect(await list()).toContainEqual(
        expect.objectContaining({ url, sha256: headers.etag!.slice(1, -1), byteLength: first.bytes.length }),
      );
    }
  });

  test('still hold what was invalidated later', async () => {
    await importDataset(server, 'invalidated', tensorClusters(3, 3, 8));
    await server.sql(
      `UPDATE calculations SET invalidated_at = now(), invalidated_by = 'x', invalidation_reason = 'x' WHERE label = 't-8-1'`,
    );
    const { bytes } = await download(`${server.url}/exports/invalidated/1.extxyz`);
    expect(bytes.toString().match(/id=t-8-\d/g)).toEqual(['id=t-8-0', 'id=t-8-1', 'id=t-8-2']);
  });

  test('name the split of the version, not that of the imported file', async () => {
    await importDataset(server, 'resplit', tensorClusters(3, 3, 10) + tensorClusters(2, 4, 10));
    const filter = { label: { startsWith: 't-10-' } };
    const split = { bySize: { validation: [], test: [4] } };
    expect((await createVersion(server, { dataset: 'resplit', filter, split })).reference).toBe('resplit/2');
    const { bytes } = await download(`${server.url}/exports/resplit/2.extxyz`);
    expect(bytes.toString().match(/split=\w+/g)).toEqual([
      ...Array(3).fill('split=train'),
      ...Array(2).fill('split=test'),
    ]);
  });

  test('hold populations of different labels in one CSV, in the order in which they come', async () => {
    const frame = (id: string, x: number, labels: string, gop: string) =>
      `1\nProperties=species:S:1:pos:R:3:sigma_iso:R:1:gop:R:2 pbc="F F F" id=${id} split=train program=i program_version=1 method=n basis=n gop_labels="${labels}"\nNa ${x} 0 0 5 ${gop}\n`;
    const content = frame('p', 1, '4S 3S', '1 2') + frame('q', 2, '2S 3S', '3 4');
    await importDataset(server, 'labels', content);
    const { bytes } = await download(`${server.url}/exports/labels/1.csv`);
    const [header, p, q] = bytes.toString().split('\r\n');
    const columns = header.split(',').filter((name) => name.startsWith('gop_electrons:'));
    expect(columns).toEqual(['gop_electrons:4S', 'gop_electrons:3S', 'gop_electrons:2S']);
    const at = header.split(',').indexOf(columns[0]);
    expect([p, q].map((row) => row.split(',').slice(at, at + 3))).toEqual([
      ['1', '2', ''],
      ['', '4', '3'],
    ]);
  });
});

describe('features in CSV', () => {
  beforeAll(async () => {
    await importDataset(server, 'featured', tensorClusters(9, 5, 9));
    await server.request(`mutation {
      cn: createFeatureSet(input: { name: "cn", runningCoordinationNumbers: { radiiAngstrom: [3.4, 5] } }) { id }
      both: createFeatureSet(input: {
        name: "both", runningCoordinationNumbers: { radiiAngstrom: [4] }, grossOrbitalPopulations: { labels: ["3PX"] }
      }) { id }
      elements: createFeatureSet(input: {
        name: "elements", runningCoordinationNumbers: { radiiAngstrom: [4], neighborElements: ["K", "Na"] }
      }) { id }
      gop: createFeatureSet(input: { name: "gop", grossOrbitalPopulations: { labels: ["9S"] } }) { id }
    }`);
  });
  const read = async (featureSet: string) => {
    const { bytes, headers } = await download(`${server.url}/exports/featured/1.csv?featureSet=${featureSet}`);
    const items = [...parseAtomCsv(bytes.toString(), 'x.csv')];
    return { headers, items: items.map((item) => ('error' in item ? expect.unreachable(item.error.message) : item)) };
  };

  test('are those of a feature set', async () => {
    const { items, headers } = await read('cn/1');
    expect(headers['content-disposition']).toContain('=featured-1-cn-1.csv');
    expect(items).toHaveLength(9);
    for (const item of items) {
      const values = runningCoordinationNumbers(item.record.structure, {
        radiiAngstrom: [3.4, 5],
        smearingAngstrom: 0.01,
      });
      expect(item.features).toEqual({ names: ['CN(3.4 Å)', 'CN(5.0 Å)'], values });
    }
  });

  test('have a column for each neighbour element', async () => {
    for (const { record, features } of (await read('elements/1')).items) {
      const definition = { radiiAngstrom: [4], smearingAngstrom: 0.01, neighborElements: ['K', 'Na'] };
      const values = runningCoordinationNumbers(record.structure, definition);
      expect(features).toEqual({ names: ['CN(K, 4.0 Å)', 'CN(Na, 4.0 Å)'], values });
    }
  });

  test('stand beside each other when there are two kinds', async () => {
    for (const { record, features } of (await read('both/1')).items) {
      const px = [...features!.values].filter((_, k) => k % 2 === 1);
      expect(px).toEqual([...record.grossOrbitalPopulations!].filter((_, k) => k % 2 === 1));
    }
  });

  test.each([
    ['csv?featureSet=gop/1', 422, 'FEATURES_UNAVAILABLE', /lacks gross orbital populations that gop\/1 needs/],
    ['csv?featureSet=cn', 400, 'BAD_USER_INPUT', /names no version.*write cn\/1/],
    ['csv?featureSet=none/1', 404, 'NOT_FOUND', /no feature set "none\/1"/],
    ['csv?featureSet=cn/1&featureSet=cn/1', 400, 'BAD_USER_INPUT', /more than once/],
    ['extxyz?featureSet=cn/1', 400, 'BAD_USER_INPUT', /in CSV only/],
  ])('are refused: %s', async (file, status, code, message) => {
    const answer = await download(`${server.url}/exports/featured/1.${file}`);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(answer.bytes.toString())).toEqual({
      errors: [{ message: expect.stringMatching(message), extensions: expect.objectContaining({ code }) }],
    });
  });
});
