import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { atomCsvColumns, writeAtomCsv } from '../../src/chemistry/csv.ts';
import { parseExtxyz } from '../../src/chemistry/extxyz.ts';
import { writeQcSchema } from '../../src/chemistry/qcschema.ts';
import { type ApiServer, fixture, importCalculations, importStructures, startApiServer } from '../support/api.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server?.dispose());

const COMPLETE = fixture('complete.extxyz');
const records: CalculationRecord[] = [];
for (const item of parseExtxyz(COMPLETE, 'complete.extxyz')) if ('record' in item) records.push(item.record);

const output = (name: string) => readFileSync(new URL(`../fixtures/outputs/${name}`, import.meta.url), 'latin1');

describe('the same calculations in another format', () => {
  const csv = () => {
    const entries = records.map((record) => ({ record, calculation: null, features: null }));
    return [...writeAtomCsv(entries, atomCsvColumns(records, []))].join('');
  };

  test.each([
    ['one result a line of QCSchema', 'complete.json', () => [...writeQcSchema(records)].join('')],
    ['an array of QCSchema', 'array.json', () => `[${[...writeQcSchema(records)].join(',')}]`],
    ['CSV', 'complete.csv', csv],
  ])('are the stored ones: %s', async (_, fileName, content) => {
    await importCalculations(server, COMPLETE);
    const report = await importCalculations(server, content(), { fileName });
    expect(report).toMatchObject({ inserted: 0, existing: records.length, rejected: 0 });
  });
});

test('an output of a program comes in under the name of its file, and the file is kept as it came', async () => {
  const content = output('gaussian16-na2-nmr-pop-full.out');
  const report = await importCalculations(server, content, { fileName: 'dimer.log' });
  expect(report).toMatchObject({ inserted: 1, rejected: 0, items: [{ label: 'dimer' }] });
  const [artifact] = await server.sql('SELECT media_type, byte_length FROM artifacts WHERE sha256 = $1', [
    report.sourceSha256,
  ]);
  expect(artifact).toEqual({ media_type: 'text/plain', byte_length: String(Buffer.byteLength(content)) });
});

test('an output that ended with an error is refused with its line', async () => {
  const report = await importCalculations(server, output('gaussian16-na2-scf-failure.out'), { fileName: 'bad.log' });
  expect(report).toMatchObject({ inserted: 0, rejected: 1, sourceSha256: null });
  expect(report.items[0].error!.message).toMatch(/^bad\.log, line \d+/);
});

test('plain XYZ has structures but no calculation', async () => {
  const content = '2\nsodium dimer\nNa 0 0 0\nNa 0 0 3.0789\n';
  expect(await importStructures(server, content)).toMatchObject({ inserted: 1 });
  const refused = await importCalculations(server, content);
  expect(refused.items[0].error!.code).toBe('MISSING_SHIELDING');
});

test('CSV with semicolons is told what is wrong with it', async () => {
  const refused = await importCalculations(server, 'label;atom;atoms;element\na;1;1;Na\n', { fileName: 'a.csv' });
  expect(refused.items[0].error!.message).toMatch(/^a\.csv, line 1: the header has no column atom; .* apart by commas/);
});

test('a format that is given is believed before the content', async () => {
  const report = await importCalculations(server, COMPLETE, { fileName: 'complete.csv', format: 'CSV' });
  expect(report).toMatchObject({ inserted: 0, rejected: 1 });
  expect(report.items[0].error!.code).toBe('MALFORMED_FILE');
});
