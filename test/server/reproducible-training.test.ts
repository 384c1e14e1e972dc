import { expect, test } from 'vitest';
import { startTestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, trainSchNet } from '../support/training.ts';

/** Of the weights files of seeds 1 and 2; see also test/unit/schnet-wasm.test.ts. */
const SHA256 = [
  '83943b5284c154180d2b60c3a40df8c68408fce13921b05f87a3577b9c49bb29',
  'de1ec192292741aff9db1f231a857fb0495696ff0c1ee1bd77283288e38368c0',
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
