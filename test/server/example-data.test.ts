import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

const FILE = readFileSync(new URL('../../examples/na-dft/na-dft.extxyz', import.meta.url), 'utf8');
const ON = { NATRIUM_EXAMPLE_DATA: 'on', NATRIUM_WORKERS: '0' };

let server: TestServer | null = null;
afterEach(() => server?.dispose());

async function clustersOfExample(): Promise<number> {
  const { datasetVersion } = await server!.request<{ datasetVersion: { splitCounts: { clusters: number }[] } }>(
    `{ datasetVersion(datasetVersion: "na-dft/1") { splitCounts { clusters } } }`,
  );
  return datasetVersion.splitCounts.reduce((sum, { clusters }) => sum + clusters, 0);
}

function importText(content: string): Promise<object> {
  return server!.request(
    `mutation ($content: String!) {
      importCalculations(input: { fileName: "mine.extxyz", content: $content }) { inserted }
    }`,
    { content },
  );
}

/** The first frames of the example. */
function frames(count: number): string {
  const lines = FILE.split('\n');
  let end = 0;
  for (let frame = 0; frame < count; frame++) end += Number(lines[end]) + 2;
  return `${lines.slice(0, end).join('\n')}\n`;
}

test('holds all of its clusters, also those that were imported before under another name', async () => {
  server = await startTestServer({ environment: { ...ON, NATRIUM_EXAMPLE_DATA: 'off' } });
  await importText(frames(5));
  await server.stop();
  server = await startTestServer({ dataFolder: server.dataFolder, environment: ON });
  expect(await clustersOfExample()).toBe(73);
});

test('is completed by the next start where an earlier one was interrupted', async () => {
  server = await startTestServer({ environment: { ...ON, NATRIUM_EXAMPLE_DATA: 'off' } });
  await importText(FILE);
  const { name, ...rest } = {
    name: 'na-dft',
    title: '23Na shieldings of small sodium clusters',
    licence: 'CC0-1.0',
    description:
      'DFT shieldings and gross orbital populations of 73 clusters, Na6 to Na10, by PySCF at UB3LYP/6-31G(d); ' +
      'see examples/na-dft/README.md.',
  };
  await server.request(`mutation ($input: CreateDatasetInput!) { createDataset(input: $input) { id } }`, {
    input: { name, ...rest },
  });
  await server.stop();
  server = await startTestServer({ dataFolder: server.dataFolder, environment: ON });
  expect(await clustersOfExample()).toBe(73);
});
