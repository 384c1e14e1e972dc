import { expect, test } from 'vitest';
import { startTestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, trainSchNet } from '../support/training.ts';

/** Of the weights files of seeds 1 and 2; see also test/unit/schnet-wasm.test.ts. */
const SHA256 = [
  '84c5d88cd6beaea21a965164ea284dc39b2a7a6debf68e408df047e8fdbd0546',
  '785559075c354b92292528b6ffe6428e4ecfc6879dfa26a58c9e6c39c85b15b8',
];

test.each([1, 2])('the weights of a request are the same on every machine, by %d workers', async (workers) => {
  const server = await startTestServer({ environment: { NATRIUM_WORKERS: String(workers) } });
  try {
    const datasetVersion = await importSyntheticDataset(server, 'fixed', { clusters: SMALL_SPLIT, seed: 7 });
    const id = await trainSchNet(server, {
      ...{ model: 'fixed', datasetVersion, target: 'TRANSFORMED', loss: 'DISTRIBUTION' },
      ...{ atomBasis: 32, filters: 48, interactions: 3, epochs: 5, batchSize: 3, seeds: [1, 2] },
    });
    const { state, trials } = await runEnded(server, id);
    expect(state).toBe('SUCCEEDED');
    expect(trials.map(({ weightsSha256 }) => weightsSha256)).toEqual(SHA256);
  } finally {
    await server.dispose();
  }
});
