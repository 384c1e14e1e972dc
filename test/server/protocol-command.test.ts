import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await importSyntheticDataset(server, 'small', { clusters: SMALL_SPLIT, seed: 1 });
});
afterAll(() => server.dispose());

const run = (...args: string[]) => runCommand(['protocol', ...args], server.dataFolder);

interface Run {
  readonly model: { readonly name: string };
  readonly hyperparameters: { readonly seeds?: readonly number[]; readonly loss?: string; readonly epochs?: number };
  readonly target: string;
  readonly modelVersion: {
    readonly reference: string;
    readonly evaluations: readonly { readonly split: string; readonly metrics: { readonly rmsePpm: number } }[];
  };
}

async function runs(): Promise<readonly Run[]> {
  const { trainingRuns } = await server.request<{
    trainingRuns: { nodes: readonly Run[] };
  }>(`{ trainingRuns(first: 50) {
    nodes { model { name } target hyperparameters { ... on SchNetSettings { seeds loss epochs } }
      modelVersion { reference evaluations { split metrics { rmsePpm } } } }
  } }`);
  return trainingRuns.nodes;
}

test("trains the paper's SchNet and a Lasso beside it, once, and prints a table of what came out", async () => {
  const args = ['schnet', '--dataset', 'small/1', '--loss', 'distribution', '--seeds', '2', '--epochs', '3'];
  const { code, output } = await run(...args);
  expect([code, output]).toEqual([0, expect.stringMatching(/ms a step on this machine: about \d+ min by 1 worker\n/)]);
  const made = await runs();
  const name = 'protocol-schnet-distribution-direct';
  expect(made.map(({ model }) => model.name).sort()).toEqual([name, `${name}-lasso-cn`]);
  const schNet = made.find(({ model }) => model.name === name)!;
  expect(schNet.hyperparameters).toEqual({ seeds: [1, 2], loss: 'DISTRIBUTION', epochs: 3 });
  expect(output).toContain('small/1: synthetic');
  expect(output).toContain('| 2 seeds × 3 epochs × 1 = 6 |');
  expect(output.match(/^\| [12] \| [123] \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$/gm)).toHaveLength(2);
  const testRmses = made.map(({ modelVersion }) => {
    const { metrics } = modelVersion.evaluations.find(({ split }) => split === 'TEST')!;
    return metrics.rmsePpm.toFixed(2);
  });
  for (const rmse of testRmses) expect(output).toContain(`${rmse} ppm`);

  const again = await run(...args);
  expect(again.code).toBe(0);
  expect(again.output.split('###')[1]).toBe(output.split('###')[1]);
  expect(await runs()).toHaveLength(2);
});

test.each<readonly [string, readonly string[], RegExp]>([
  ['no protocol', ['--dataset', 'small/1'], /name the protocol, schnet/],
  ['another protocol', ['lasso', '--dataset', 'small/1'], /name the protocol, schnet/],
  ['no data set', ['schnet'], /--dataset NAME\/VERSION is missing; natrium protocol --help/],
  ['a data set that is not there', ['schnet', '--dataset', 'none/1'], /there is no data set "none"/],
  [
    'a loss that is none',
    ['schnet', '--dataset', 'small/1', '--loss', 'mae'],
    /--loss is "mae"; give mse or distribution/,
  ],
  ['no seeds', ['schnet', '--dataset', 'small/1', '--seeds', '0'], /--seeds is "0"; give a whole number from 1 on/],
  ['half an epoch', ['schnet', '--dataset', 'small/1', '--epochs', '0.5'], /--epochs is "0.5"/],
])('refuses %s', async (_, args, message) => {
  const { code, output } = await run(...args);
  expect([code, output]).toEqual([1, expect.stringMatching(message)]);
});

test('says that no server runs', async () => {
  const { code, output } = await runCommand(['protocol', 'schnet', '--dataset', 'small/1'], `${server.dataFolder}/no`);
  expect([code, output]).toEqual([1, expect.stringMatching(/no server runs on the data folder/)]);
});
