import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, frame, importCalculations, importStructures, startApiServer } from '../support/api.ts';
import { importFiles, report } from '../support/bulk.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
});
afterAll(() => server?.dispose());

let molecules = 0;
const molecule = (members: object) =>
  JSON.stringify({
    ...{ schema_name: 'qcschema_molecule', schema_version: 2, symbols: ['Na'], geometry: [0, 0, ++molecules] },
    ...members,
  });

describe.each([
  ['NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800b'],
])('%s', (_, text) => {
  test.each([
    ['a label', () => molecule({ name: text })],
    ['provenance', () => molecule({ comment: text })],
    ['a key of provenance', () => molecule({ provenance: { [text]: 1 } })],
  ])('in %s is refused, and the other items come in', async (_, content) => {
    const imported = await importStructures(server, `${molecule({})}\n${content()}\n${molecule({})}\n`);
    expect(imported).toMatchObject({ inserted: 2, rejected: 1 });
    expect(imported.items[1].error).toMatchObject({ code: 'MALFORMED_FILE' });
    expect(imported.items[1].error!.message).toContain('line 2');
  });
});

const ideographs = (count: number) =>
  Array.from({ length: count }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');

test('a label is stored up to 500 characters of any script, and refused beyond', async () => {
  const imported = await importCalculations(server, frame({ id: ideographs(500) }) + frame({ id: ideographs(501) }));
  expect(imported.items).toMatchObject([
    { status: 'INSERTED', label: ideographs(500) },
    { status: 'REJECTED', label: ideographs(500), error: { code: 'TOO_LARGE' } },
  ]);
});

test('each part of a level of theory is stored up to 200 characters of any script, and refused beyond', async () => {
  const level = (length: number) => {
    const part = ideographs(length);
    return `program=${part} program_version=${part} method=${part} basis=${part}`;
  };
  const imported = await importCalculations(server, frame({ level: level(200) }) + frame({ level: level(201) }));
  expect(imported.items).toMatchObject([{ status: 'INSERTED' }, { status: 'REJECTED', error: { code: 'TOO_LARGE' } }]);
  expect(imported.items[1].error!.message).toContain('program has more than 200 characters');
});

test('a background import reports such items, and those that were refused for something else', async () => {
  const elsewhere = molecule({ name: '\0\ud800', molecular_charge: 'none' });
  const content = [molecule({}), molecule({ name: 'a\0b' }), elsewhere, molecule({})].join('\n');
  const imported = await importFiles(server, { 'texts.json': content }, { content: 'STRUCTURES' });
  expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: 2, rejected: 2 });
  const rows = await report(server, imported);
  expect(rows[1]).toContain('texts.json,2,a\uFFFDb,REJECTED');
  expect(rows[2]).toContain('texts.json,3,\uFFFD\uFFFD,REJECTED');
});

test('levels of theory of a request are bounded too', async () => {
  const bare = frame({ level: '' });
  const [program, version, method, basis] = [ideographs(2000), '1', 'M', 'B'];
  const imported = await importCalculations(server, bare, { levelOfTheory: { program, version, method, basis } });
  expect(imported.items[0].error).toMatchObject({ code: 'TOO_LARGE' });
});
