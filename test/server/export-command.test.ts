import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../support/api.ts';
import { runCommand } from '../support/command.ts';
import { download, importDataset, tensorClusters } from '../support/exports.ts';

let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer();
  await importDataset(server, 'data', tensorClusters(20, 20, 1));
  await server.request(
    `mutation { createFeatureSet(input: { name: "cn", runningCoordinationNumbers: { radiiAngstrom: [4] } }) { id } }`,
  );
  folder = mkdtempSync(join(tmpdir(), 'natrium export '));
});
afterAll(async () => {
  await server?.dispose();
  rmSync(folder, { recursive: true, force: true });
});
let files = 0;
let file: string;
beforeEach(() => {
  file = join(folder, `${++files}.extxyz`);
});

const run = (...args: string[]) => runCommand(['export', ...args], server.dataFolder);

test('downloads every format by its extension, and with features', async () => {
  for (const [extension, ...features] of [['extxyz'], ['csv'], ['jsonl'], ['arrow'], ['csv', '--features', 'cn/1']]) {
    const path = join(folder, `${features.length}.${extension}`);
    const { code, output } = await run('data/1', path, ...features);
    expect([code, output]).toEqual([0, expect.stringMatching(/: \d+ bytes, sha256 [0-9a-f]{64}\n$/)]);
    const query = features.length === 0 ? '' : '?featureSet=cn/1';
    const { bytes } = await download(`${server.url}/exports/data/1.${extension}${query}`);
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    expect(existsSync(`${path}.part`)).toBe(false);
  }
});

test('goes on where it stopped', async () => {
  const { bytes } = await download(`${server.url}/exports/data/1.extxyz`);
  for (const there of [1, 5000, bytes.length]) {
    writeFileSync(`${file}.part`, bytes.subarray(0, there));
    const { code, output } = await run('data/1', file);
    expect([code, output.includes(`going on after ${there} bytes`)]).toEqual([0, there < bytes.length]);
    expect(Buffer.compare(readFileSync(file), bytes)).toBe(0);
  }
});

test('does not take what came of something else for it', async () => {
  const { bytes } = await download(`${server.url}/exports/data/1.extxyz`);
  for (const damage of [() => appendFileSync(`${file}.part`, 'x'), () => truncateSync(`${file}.part`, 50)]) {
    writeFileSync(`${file}.part`, Buffer.from(bytes).fill('x', 10, 20));
    damage();
    const { code, output } = await run('data/1', file);
    expect([code, output]).toEqual([1, expect.stringMatching(/natrium: what came has the sha256 .*try again/)]);
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
    expect((await run('data/1', file)).code).toBe(0);
    rmSync(file);
  }
});

test.each([
  [['data/1'], /usage: natrium export DATASET\/VERSION FILE/],
  [['data/1', 'x.csv', '--size', '3'], /--size.*usage/],
  [['data/1', 'x.zip'], /"x\.zip" names no format of export/],
  [['data', 'x.csv'], /data names no version; write data\/1/],
  [['data/7', 'x.csv'], /has no version 7; its newest is 1/],
  [['data/1', 'x.arrow', '--features', 'cn/1'], /in CSV only/],
])('says in one line what is wrong with %j', async (args, message) => {
  const { code, output } = await run(...args);
  expect([code, output]).toEqual([1, expect.stringMatching(message)]);
  expect(output).toMatch(/^natrium: [^\n]*\n$/);
  expect(existsSync('x.csv.part')).toBe(false);
});

test('says that no server runs', async () => {
  const { code, output } = await runCommand(['export', 'data/1', file], folder);
  expect(code).toBe(1);
  expect(output).toMatch(/^natrium: no server runs on the data folder .*start one with npm start/);
});
