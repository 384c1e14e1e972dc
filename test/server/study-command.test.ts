import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { changeStudy, runStudy } from '../support/studies.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), 'natrium study '));
  await importSyntheticDataset(server, 'small', { clusters: SMALL_SPLIT, seed: 1, populations: true });
});
afterAll(async () => {
  await server?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCommand(['study', ...args], server.dataFolder);

test('goes on with the study that was cancelled, writes its report and tells what holds', {
  timeout: 240_000,
}, async () => {
  const { id } = await runStudy(server, { datasetVersion: 'small/1', epochs: 2, seeds: [1] });
  await changeStudy(server, 'cancelStudy', id);
  const report = join(folder, 'report.html');
  const args = ['--dataset', 'small/1', '--epochs', '2', '--seeds', '1', '--report', report];
  const { code, output } = await run(...args);
  expect([code, output]).toEqual([0, expect.stringContaining(`report in ${report}\n`)]);
  expect(output).toContain('some trainings had stopped; they go on');
  expect(output).toMatch(/^\d+ % \d+ of 10 trainings done/m);
  expect(output.match(/^(holds|does not hold|cannot be tested) {2,}[A-Z]/gm)).toHaveLength(14);
  const html = readFileSync(report, 'utf8');
  expect(html).toMatch(/^<!doctype html>.*<\/html>\n$/s);
  expect(html.match(/<figure /g)).toHaveLength(7);

  const again = await run(...args);
  expect(again.code).toBe(0);
  const { studies } = await server.request<{ studies: object }>('{ studies(first: 1) { totalCount nodes { id } } }');
  expect(studies).toEqual({ totalCount: 1, nodes: [{ id }] });
  expect(readFileSync(report, 'utf8')).toBe(html);
});

test.each([
  [
    'in a folder that is not there',
    ['no', 'report.html'],
    /cannot be written to .*: there is no folder .*no; give another --report/,
  ],
  ['that is a folder', ['.'], /cannot be written to .*: it is a folder; give another --report/],
])('begins no study for a report %s', async (_, path, message) => {
  const studies = () => server.request<object>('{ studies(first: 1) { totalCount } }');
  const before = await studies();
  const { code, output } = await run('--dataset', 'small/1', '--epochs', '7', '--report', join(folder, ...path));
  expect([code, output]).toEqual([1, expect.stringMatching(message)]);
  expect(await studies()).toEqual(before);
});

test('helps', async () => {
  const { code, output } = await runCommand(['study', '--help'], folder);
  expect([code, output]).toEqual([0, expect.stringMatching(/^usage: natrium study --dataset NAME\/VERSION/)]);
  expect((await runCommand(['help'], folder)).output).toMatch(
    /^ {2}study +--dataset NAME\/VERSION: the paper's whole study/m,
  );
});

test.each<readonly [string, readonly string[], RegExp]>([
  ['no data set', [], /--dataset NAME\/VERSION is missing; natrium study --help lists the options/],
  ['a data set that is not there', ['--dataset', 'none/1'], /there is no data set "none"/],
  ['a version that is not named', ['--dataset', 'small'], /names no version; write small\/1/],
  ['another argument', ['small/1', '--dataset', 'small/1'], /"small\/1" is not expected/],
  ['no seeds', ['--dataset', 'small/1', '--seeds', '0'], /--seeds is "0"; give a whole number from 1 on/],
  ['half an epoch', ['--dataset', 'small/1', '--epochs', '0.5'], /--epochs is "0.5"/],
  ['an option that there is not', ['--dataset', 'small/1', '--loss', 'mse'], /Unknown option '--loss'/],
])('refuses %s', async (_, args, message) => {
  const { code, output } = await run(...args);
  expect([code, output]).toEqual([1, expect.stringMatching(message)]);
});

test('says that no server runs', async () => {
  const { code, output } = await runCommand(['study', '--dataset', 'small/1'], join(folder, 'none'));
  expect([code, output]).toEqual([1, expect.stringMatching(/no server runs on the data folder/)]);
});
