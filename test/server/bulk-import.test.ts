import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, errorOf, fixture, frame, importCalculations, startApiServer } from '../support/api.ts';
import { findImport, finishedImport, importFiles, report, startImport, upload } from '../support/bulk.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
});
afterAll(() => server?.dispose());

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const output = (name: string) => readFileSync(new URL(`../fixtures/outputs/${name}`, import.meta.url));

async function tarGz(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const START = `mutation ($input: StartImportInput!) { startImport(input: $input) { id } }`;

describe('one file', () => {
  const frames = Array.from({ length: 1200 }, (_, i) => frame({ id: `one-${i}` }));
  const content = frames.join('');

  test('comes in as it would inline, in the name of whoever asked, and is kept', async () => {
    const imported = await importFiles(server, { 'one.extxyz': content });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', failure: null, inserted: 1200, existing: 0, rejected: 0 });
    expect(imported.uploads).toEqual([
      expect.objectContaining({ sha256: sha256(content), url: null, byteLength: content.length }),
    ]);
    const rows = await server.sql(
      `SELECT label, source_file_name, source_line, source_sha256, created_by FROM calculations
       WHERE label LIKE 'one-%' ORDER BY id`,
    );
    expect(rows.map((row) => row.label)).toEqual(frames.map((_, i) => `one-${i}`));
    expect(rows[700]).toEqual({
      ...{ label: 'one-700', source_file_name: 'one.extxyz', source_line: 2801 },
      ...{ source_sha256: sha256(content), created_by: 'local admin' },
    });
    expect(await importCalculations(server, content)).toMatchObject({ inserted: 0, existing: 1200, rejected: 0 });
  });

  test('that comes in again adds nothing', async () => {
    const before = await server.sql('SELECT count(*) FROM calculations');
    const again = await importFiles(server, { 'again.extxyz': content });
    expect(again).toMatchObject({ state: 'SUCCEEDED', inserted: 0, existing: 1200, rejected: 0 });
    expect(await server.sql('SELECT count(*) FROM calculations')).toEqual(before);
  });

  test('answers for each item, to be downloaded and to be asked for', async () => {
    const good = fixture('complete.extxyz');
    const bad = fixture('one-of-each-defect.extxyz');
    const inline = await importCalculations(server, good + bad);
    const imported = await importFiles(server, { 'mixed.extxyz': good + bad });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', rejected: inline.rejected, existing: inline.inserted });
    const rows = await report(server, imported);
    expect(rows.map((row) => row.split(',')[1])).toEqual(inline.items.map((item) => String(item.line)));
    inline.items.forEach((item, i) => {
      expect(rows[i]).toContain(item.status === 'REJECTED' ? `REJECTED,,,${item.error!.code},` : 'EXISTING,');
      expect(rows[i].startsWith('mixed.extxyz,')).toBe(true);
    });

    const { found } = await server.request<{
      found: { items: { totalCount: number; nodes: { line: number; error: { code: string } }[] } };
    }>(
      `query ($id: ID!) { found: import(id: $id) {
        items(first: 200, status: REJECTED) { totalCount nodes { file line label status error { code message } } }
      } }`,
      { id: imported.id },
    );
    const refused = inline.items.filter((item) => item.status === 'REJECTED');
    expect(found.items.totalCount).toBe(refused.length);
    expect(found.items.nodes.map((node) => [node.line, node.error.code])).toEqual(
      refused.map((item) => [item.line, item.error!.code]),
    );
  });

  test('with structures alone brings clusters alone', async () => {
    const imported = await importFiles(
      server,
      { 'dimer.xyz': '2\n\nNa 0 0 0\nNa 0 0 3.21\n' },
      { content: 'STRUCTURES' },
    );
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 1 });
  });

  test('that is empty is answered for', async () => {
    const imported = await importFiles(server, { 'empty.extxyz': '' });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 0, rejected: 1 });
    expect((await report(server, imported))[0]).toMatch(/^empty\.extxyz,1,,REJECTED,,,MALFORMED_FILE,"?empty\.extxyz/);
  });

  test('with large items is stored in small parts', async () => {
    const items = Array.from({ length: 20 }, () => frame({ keys: `note=${'x'.repeat(1_000_000)}` }));
    const imported = await importFiles(server, { 'large.extxyz': items.join('') });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 20 });
    const transactions = await server.sql(
      `SELECT DISTINCT import_items.xmin::text FROM import_items WHERE file = 'large.extxyz'`,
    );
    expect(transactions.length).toBeGreaterThan(1);
  });

  test('whose first column would be a formula in a spreadsheet is made harmless in the report', async () => {
    const imported = await importFiles(server, { '=1+1.extxyz': frame({ id: '=2+2' }) });
    expect((await report(server, imported))[0]).toMatch(/^'=1\+1\.extxyz,1,'=2\+2,INSERTED/);
  });
});

describe('many files', () => {
  test('of one archive come in each by its own format, and each bad one is answered for', async () => {
    const archive = await tarGz({
      'a/frames.extxyz': frame({ id: 'in-archive' }) + frame({ id: 'in-archive-too' }),
      'a/dimer.log': output('gaussian16-na2-nmr-pop-full.out'),
      'failed.out': output('gaussian16-na2-scf-failure.out'),
      '../escape.extxyz': frame(),
      'notes.txt': 'Remember the milk.\n',
    });
    const imported = await importFiles(server, { 'all.tar.gz': archive });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 3, existing: 0, rejected: 3 });
    const rows = await report(server, imported);
    expect(rows.map((row) => row.split(',').slice(0, 4))).toEqual([
      ['all.tar.gz/a/frames.extxyz', '1', 'in-archive', 'INSERTED'],
      ['all.tar.gz/a/frames.extxyz', '5', 'in-archive-too', 'INSERTED'],
      ['all.tar.gz/a/dimer.log', expect.any(String), 'dimer', 'INSERTED'],
      ['all.tar.gz/failed.out', expect.any(String), '', 'REJECTED'],
      ['all.tar.gz/../escape.extxyz', '1', '', 'REJECTED'],
      ['all.tar.gz/notes.txt', '1', '', 'REJECTED'],
    ]);
    const [{ source_file_name }] = await server.sql(`SELECT source_file_name FROM calculations WHERE label = 'dimer'`);
    expect(source_file_name).toBe('all.tar.gz/a/dimer.log');
  });

  test('of one import come in together', async () => {
    const imported = await importFiles(server, {
      'first.extxyz': frame({ id: 'first' }),
      'second.extxyz.gz': gzipSync(frame({ id: 'second' })),
    });
    expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 2, uploadsDone: 2 });
    expect((await report(server, imported)).map((row) => row.split(',')[2])).toEqual(['first', 'second']);
  });

  test('behind a damaged archive are lost, those before it are not', async () => {
    const archive = await tarGz({ 'good.extxyz': frame({ id: 'before-damage' }), 'long.extxyz': randomBytes(100_000) });
    const imported = await importFiles(server, { 'cut.tar.gz': archive.subarray(0, archive.length - 20) });
    expect(imported).toMatchObject({ state: 'FAILED', inserted: 1 });
    expect(imported.failure).toMatch(/cut\.tar\.gz/);
  });
});

describe('an upload', () => {
  test('is refused at an address that nobody gave', async () => {
    for (const key of ['0'.repeat(64), 'x', '..%2f..%2fescape']) {
      const response = await fetch(`${server.url}/uploads/${key}`, { method: 'PUT', body: 'x' });
      expect([response.status, await response.json()]).toEqual([
        404,
        { errors: [expect.objectContaining({ extensions: { code: 'NOT_FOUND' } })] },
      ]);
    }
  });

  test('can be put again until its import is started, and not after', async () => {
    const id = await upload(server, 'twice.extxyz', 'not this', null);
    const { url } = (
      await server.request<{ upload: { url: string } }>(`query ($id: ID!) { upload(id: $id) { url } }`, { id })
    ).upload;
    expect((await fetch(url, { method: 'PUT', body: frame({ id: 'put-twice' }) })).status).toBe(204);
    const started = await startImport(server, [id]);
    expect((await fetch(url, { method: 'PUT', body: 'too late' })).status).toBe(409);
    const imported = await finishedImport(server, started.id);
    expect(imported).toMatchObject({ inserted: 1, rejected: 0 });
    const late = await fetch(url, { method: 'PUT', body: 'late' });
    expect(late.status).toBe(409);
    expect(JSON.stringify(await late.json())).toMatch(/was imported already; ask requestUpload/);
  });

  test('that is imported leaves no file behind', async () => {
    await importFiles(server, { 'clean.extxyz': frame() });
    expect(readdirSync(join(server.dataFolder, 'uploads'))).toEqual([]);
    expect(readdirSync(join(server.dataFolder, 'temporary'))).toEqual([]);
  });

  test('to which nothing was put is not imported', async () => {
    const { requested } = await server.request<{ requested: { id: string } }>(
      `mutation { requested: requestUpload(input: { fileName: "none.extxyz" }) { id } }`,
    );
    const error = await errorOf(server, START, { input: { uploads: [requested.id] } });
    expect(error).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/none\.extxyz yet; PUT the file/),
    });
  });

  test.each([
    ['none', []],
    ['one twice', ['VXBsb2FkOjE=', 'VXBsb2FkOjE=']],
  ])('list of %s is refused', async (_, uploads) => {
    expect((await errorOf(server, START, { input: { uploads } })).code).toBe('BAD_USER_INPUT');
  });
});

test('an import that is over is neither cancelled nor resumed', async () => {
  const imported = await importFiles(server, { 'over.extxyz': frame() });
  for (const mutation of ['cancelImport', 'resumeImport']) {
    const error = await errorOf(server, `mutation ($id: ID!) { ${mutation}(input: { import: $id }) { id } }`, {
      id: imported.id,
    });
    expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringMatching(/succeeded/) });
  }
});

test('a report of an unknown import is an error, not an empty file', async () => {
  const response = await fetch(`${server.url}/imports/${Buffer.from('Import:999999').toString('base64')}/report.csv`);
  expect(response.status).toBe(404);
});

test('the same idempotency key starts one import', async () => {
  const uploads = [await upload(server, 'key.extxyz', frame())];
  const [first, second] = [
    await startImport(server, uploads, { idempotencyKey: 'bulk' }),
    await startImport(server, uploads, { idempotencyKey: 'bulk' }),
  ];
  expect(second.id).toBe(first.id);
  await finishedImport(server, first.id);
  expect((await findImport(server, first.id)).inserted).toBe(1);
});
