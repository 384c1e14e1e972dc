import { afterAll, beforeAll, expect, test } from 'vitest';
import { worksNatively } from '../support/native-tensorflow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, SMALL_SCHNET, trainSchNet } from '../support/training.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.dispose());

test('engine TENSORFLOW trains a seed as WASM does, and says on which backend', async () => {
  const datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  const train = async (engine: string) => {
    const id = await trainSchNet(server, { model: engine.toLowerCase(), datasetVersion, engine, ...SMALL_SCHNET });
    const { state, failure, trials } = await runEnded(server, id);
    expect({ state, failure }).toEqual({ state: 'SUCCEEDED', failure: null });
    return trials[0].outcome!;
  };
  const wasm = await train('WASM');
  const tensorflow = await train('TENSORFLOW');
  const backend = (await worksNatively()) ? 'native' : 'wasm';
  expect(tensorflow.engine).toMatch(
    new RegExp(`^tensorflow \\(${backend}.*; filters at the distance of every pair\\)$`),
  );
  expect(tensorflow.curve.length).toBe(SMALL_SCHNET.epochs);
  for (const [epoch, { trainLoss, validationLoss }] of tensorflow.curve.entries()) {
    expect(trainLoss / wasm.curve[epoch].trainLoss).toBeCloseTo(1, 3);
    expect(validationLoss / wasm.curve[epoch].validationLoss).toBeCloseTo(1, 3);
  }
});
