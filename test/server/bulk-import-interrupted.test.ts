import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BulkImport, findImport, finishedImport, report, startImport, upload } from '../support/bulk.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';

const CLUSTERS = 20_000;

/** Many small clusters, each of its own shape, so that an import of them lasts for some seconds. */
function manyClusters(first: number): string {
  const level = 'program=invented program_version=1 method=none basis=none';
  return Array.from({ length: CLUSTERS }, (_, i) => {
    const distance = 3 + (first + i) / 1e6;
    return `2\nProperties=species:S:1:pos:R:3:sigma_iso:R:1 id=c${first + i} ${level}\nNa 0 0 0 500\nNa 0 0 ${distance} 501\n`;
  }).join('');
}

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'natrium interrupted '));
  server = await startTestServer({ dataFolder: folder });
});
afterAll(async () => {
  await server?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function begin(first: number): Promise<string> {
  const id = await upload(server, `many-${first}.extxyz`, manyClusters(first));
  const started = await startImport(server, [id]);
  await until(async () => (await findImport(server, started.id)).inserted > 0, 'the first items of the import');
  return started.id;
}

async function expectWhole(imported: BulkImport, first: number): Promise<void> {
  expect(imported).toMatchObject({ state: 'SUCCEEDED', inserted: CLUSTERS, existing: 0, rejected: 0 });
  const labels = (await report(server, imported)).map((row) => row.split(',')[2]);
  expect(labels).toEqual(Array.from({ length: CLUSTERS }, (_, i) => `c${first + i}`));
}

test('an import that is cancelled keeps what came in, and goes on when it is resumed', async () => {
  const id = await begin(0);
  const change = (mutation: string) =>
    server.request(`mutation ($id: ID!) { ${mutation}(input: { import: $id }) { id } }`, { id });
  await change('cancelImport');
  const cancelled = await findImport(server, id);
  expect(cancelled).toMatchObject({ state: 'CANCELLED', failure: 'cancelled by local admin' });
  expect(cancelled.inserted).toBeLessThan(CLUSTERS);
  await change('resumeImport');
  await expectWhole(await finishedImport(server, id), 0);
});

test('an import goes on where it stopped when the server is stopped and started', async () => {
  const id = await begin(1_000_000);
  await server.stop();
  server = await startTestServer({ dataFolder: folder });
  await expectWhole(await finishedImport(server, id), 1_000_000);
});

test('an import goes on where it stopped when everything is killed', async () => {
  const id = await begin(2_000_000);
  const ended = new Promise((resolve) => server.process.once('exit', resolve));
  process.kill(-server.process.pid!, 'SIGKILL');
  await ended;
  server = await startTestServer({ dataFolder: folder });
  await expectWhole(await finishedImport(server, id), 2_000_000);
});
