import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { computeProcessesOf, processesOf, workersOf } from '../support/processes.ts';
import { verifyVersion } from '../support/quarantine.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { LONGER_SCHNET, runEnded, runUnderWay, SMALL_SCHNET, trainSchNet } from '../support/training.ts';

let server: TestServer;
let datasetVersion: string;

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
});
afterAll(() => server.dispose());

describe('a trial whose process is killed', () => {
  test('by the loss of its worker is taken over by the next one, and the run succeeds', async () => {
    const id = await trainSchNet(server, { model: 'worker-killed', datasetVersion, ...LONGER_SCHNET });
    const [before] = (await runUnderWay(server, id)).trials;
    const [worker] = workersOf(server.dataFolder);
    await until(async () => server.output().includes('checkpoint kept'), 'the first checkpoint');
    expect(before).toMatchObject({ attempt: 1, worker: expect.stringMatching(new RegExp(`:${worker.pid}$`)) });
    const computing = computeProcessesOf(server.dataFolder);
    expect(computing.map(({ parent }) => parent)).toEqual([worker.pid]);
    process.kill(worker.pid, 'SIGKILL');
    await until(
      async () => processesOf(server.dataFolder).every(({ pid }) => pid !== computing[0].pid),
      'the end of what the killed worker computed',
    );

    const run = await runEnded(server, id);
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      modelVersion: { reference: 'worker-killed/1' },
      trials: [{ state: 'SUCCEEDED', attempt: 2 }],
    });
    expect(run.trials[0].worker).not.toBe(before.worker);
    expect(run.trials[0].outcome!.curve.map(({ x }) => x)).toEqual(
      Array.from({ length: LONGER_SCHNET.epochs }, (_, epoch) => epoch + 1),
    );
    expect(server.output()).toMatch(/attempt 2\) goes on from its checkpoint/);

    const whole = await runEnded(
      server,
      await trainSchNet(server, { model: 'undisturbed', datasetVersion, ...LONGER_SCHNET }),
    );
    expect(run.trials[0].weightsSha256).toBe(whole.trials[0].weightsSha256);
  });

  test('by the loss of its compute process is tried again, and says what set it back', async () => {
    const others = computeProcessesOf(server.dataFolder).map(({ pid }) => pid);
    const id = await trainSchNet(server, { model: 'compute-killed', datasetVersion, ...LONGER_SCHNET });
    await runUnderWay(server, id);
    const computing = computeProcessesOf(server.dataFolder).filter(({ pid }) => !others.includes(pid));
    expect(computing).toHaveLength(1);
    process.kill(computing[0].pid, 'SIGKILL');
    expect(await runEnded(server, id)).toMatchObject({
      state: 'SUCCEEDED',
      failure: null,
      trials: [
        {
          ...{ state: 'SUCCEEDED', attempt: 2 },
          failure: 'the compute process ended with SIGKILL before it answered; try again',
        },
      ],
    });
  });
});

describe('weights that are damaged after the version was made', () => {
  let path: string;
  let intact: Buffer;

  beforeAll(async () => {
    const id = await trainSchNet(server, { model: 'damaged', datasetVersion, ...SMALL_SCHNET });
    const { modelVersion } = await runEnded(server, id);
    path = join(server.dataFolder, 'artifacts', artifactKey(modelVersion!.weightsSha256));
    intact = readFileSync(path);
  });
  afterEach(async () => {
    writeFileSync(path, intact);
    expect(await verifyVersion(server, 'damaged/1')).toMatchObject({ state: 'ACTIVE' });
  });

  const STRUCTURE = {
    elements: ['Na', 'Na', 'Na'],
    positionsAngstrom: [0, 3.5, 7].map((x) => [x, 0, 0]),
  };
  const predict = () =>
    server.ask<{ predictShieldings: { predictions: { shieldingsPpm: number[] }[] } }>(
      `mutation ($structure: StructureInput!) {
        predictShieldings(input: { modelVersion: "damaged/1", structures: [$structure] }) {
          predictions { shieldingsPpm }
        }
      }`,
      { structure: STRUCTURE },
    );
  const evaluate = () =>
    server.ask(`mutation {
      evaluateModelVersion(input: { modelVersion: "damaged/1", datasetVersion: "synthetic/1", split: TRAIN }) { id }
    }`);

  test.each<[string, (bytes: Buffer) => void, RegExp]>([
    [
      'one bit turned in the numbers',
      (bytes) => {
        bytes[bytes.length - 1] ^= 1;
        writeFileSync(path, bytes);
      },
      /Artifact [0-9a-f]{64} in the folder .* is damaged/,
    ],
    ['the end cut off', (bytes) => writeFileSync(path, bytes.subarray(0, -4)), /is damaged/],
    ['the file gone', () => rmSync(path), /Artifact [0-9a-f]{64} is missing from the folder/],
  ])('%s: refused by name, never a number', async (_, damage, message) => {
    damage(Buffer.from(intact));
    for (const answer of [await predict(), await evaluate()]) {
      expect(answer).toMatchObject({
        data: null,
        errors: [{ message: expect.stringMatching(message), extensions: { code: 'CORRUPT_ARTIFACT' } }],
      });
    }
    const { evaluations } = await server.request<{ evaluations: object }>(
      `{ evaluations(first: 1, filter: { split: { equals: TRAIN } }) { totalCount } }`,
    );
    expect(evaluations).toEqual({ totalCount: 0 });
  });

  test('serve again once the bytes are restored', async () => {
    const { data } = await predict();
    expect(data!.predictShieldings.predictions[0].shieldingsPpm).toEqual([0, 1, 2].map(() => expect.any(Number)));
    expect((await evaluate()).errors).toBeUndefined();
  });
});
