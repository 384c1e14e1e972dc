import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, fixture, frame, startApiServer } from '../support/api.ts';
import { runCommand } from '../support/command.ts';

let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  folder = mkdtempSync(join(tmpdir(), 'natrium import '));
});
afterAll(async () => {
  await server?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const run = (...args: string[]) => runCommand(['import', ...args], server.dataFolder);

test('brings several files in, once', async () => {
  const paths = [file('one.extxyz', frame({ id: 'one' })), file('two.extxyz.gz', gzipSync(frame({ id: 'two' })))];
  const first = await run(...paths);
  expect([first.code, first.output]).toEqual([0, expect.stringMatching(/2 inserted, 0 existing, 0 rejected\n$/)]);
  const second = await run(...paths);
  expect([second.code, second.output]).toEqual([0, expect.stringMatching(/0 inserted, 2 existing, 0 rejected\n$/)]);
});

test('keeps what is good, names what is not, and writes the report', async () => {
  const report = join(folder, 'report.csv');
  const { code, output } = await run(
    '--report',
    report,
    file('mixed.extxyz', frame({ id: 'good' }) + fixture('one-of-each-defect.extxyz')),
  );
  expect(code).toBe(1);
  expect(output).toMatch(/natrium: mixed\.extxyz, line \d+.* \(and \d+ more; see .*report\.csv\)\n$/);
  const rows = readFileSync(report, 'utf8').trimEnd().split('\r\n');
  expect(rows[0]).toBe('file,line,label,status,cluster,calculation,error_code,error_message');
  expect(rows[1]).toMatch(/^mixed\.extxyz,1,good,INSERTED,/);
});

test('gives results that do not say theirs a level of theory', async () => {
  const path = file('bare.extxyz', frame({ id: 'bare', level: '' }));
  expect((await run(path)).output).toMatch(/bare\.extxyz, line 1.*give levelOfTheory/);
  const { code } = await run('--level-of-theory', 'Gaussian/16/UB3LYP/6-31G(d)', path);
  expect(code).toBe(0);
  const levels = await server.sql(
    `SELECT l.basis FROM calculations k JOIN levels_of_theory l ON l.id = k.level_of_theory_id WHERE k.label = 'bare'`,
  );
  expect(levels).toEqual([{ basis: '6-31G(d)' }]);
});

test('brings structures alone', async () => {
  const { code, output } = await run('--structures', file('plain.xyz', '2\n\nNa 0 0 0\nNa 0 0 3.3\n'));
  expect([code, output]).toEqual([0, expect.stringMatching(/1 inserted/)]);
});

test.each([
  [[], /^natrium: name a file; natrium import --help/],
  [['--what'], /^natrium: Unknown option '--what'; natrium import --help/],
  [['--format', 'docx', 'x'], /^natrium: --format is "docx"; give one of extxyz, qcschema/],
  [['--level-of-theory', 'B3LYP', 'x'], /^natrium: --level-of-theory has four parts/],
  [['/nowhere/x.log'], /^natrium: cannot read \/nowhere\/x\.log: ENOENT/],
  [[tmpdir()], /^natrium: .* is no file; name files/],
])('says what is wrong with %j', async (args, says) => {
  const { code, output } = await run(...args);
  expect(output).toMatch(says);
  expect(output.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});

test('explains itself', async () => {
  const { code, output } = await run('--help');
  expect([code, output]).toEqual([0, expect.stringMatching(/^usage: natrium import /)]);
});
