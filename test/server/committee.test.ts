import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { CommitteePredictions } from '../../src/ml/committee.ts';
import { verifyVersion } from '../support/quarantine.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, SMALL_SCHNET, type TrainingRun, trainSchNet } from '../support/training.ts';

const SEEDS = [3, 1, 4];
const REFERENCES = SEEDS.map((seed) => `seed-${seed}/1`);

let server: TestServer;
let datasetVersion: string;
let run: TrainingRun;
let clusters: string[];

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  const input = { datasetVersion, ...SMALL_SCHNET };
  const committee = await trainSchNet(server, { ...input, model: 'committee', seeds: SEEDS, committee: true });
  const single = [];
  for (const seed of SEEDS) single.push(await trainSchNet(server, { ...input, model: `seed-${seed}`, seeds: [seed] }));
  run = await runEnded(server, committee);
  for (const id of single) expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED' });
  const known = await server.request<{ clusters: { nodes: { id: string }[] } }>(
    '{ clusters(first: 3) { nodes { id } } }',
  );
  clusters = known.clusters.nodes.map(({ id }) => id);
});
afterAll(() => server?.dispose());

interface Predicted {
  readonly shieldingsPpm: readonly number[];
  readonly standardDeviationsPpm: readonly number[] | null;
}

const STRUCTURE = { elements: ['Na', 'Na', 'Na'], positionsAngstrom: [0, 3.5, 6.6].map((x) => [x, 0.1 * x, 0]) };

function askPrediction(modelVersion: string) {
  return server.ask<{ answer: { predictions: Predicted[] } }>(
    `mutation ($input: PredictShieldingsInput!) {
      answer: predictShieldings(input: $input) { predictions { shieldingsPpm standardDeviationsPpm } }
    }`,
    { input: { modelVersion, clusters, structures: [STRUCTURE] } },
  );
}

async function predict(modelVersion: string): Promise<Predicted[]> {
  return (await askPrediction(modelVersion)).data!.answer.predictions;
}

/** What the members say by themselves, put together. */
function together(members: readonly (readonly Predicted[])[]): Predicted[] {
  const predictions = new CommitteePredictions();
  for (const member of members) predictions.add(member.map(({ shieldingsPpm }) => Float64Array.from(shieldingsPpm)));
  return predictions.result().map(({ shieldingsPpm, standardDeviationsPpm }) => ({
    shieldingsPpm: [...shieldingsPpm],
    standardDeviationsPpm: [...standardDeviationsPpm!],
  }));
}

const VERSION = `{ modelVersion(modelVersion: "committee/1") {
  weightsSha256 trial { seed } members { seed epoch validationLoss weightsSha256 }
  hyperparameters { ... on SchNetSettings { committee seeds } }
} }`;

describe('a committee', () => {
  test('holds the best epoch of every seed, under the sha256 of the best of all', async () => {
    expect(run).toMatchObject({ state: 'SUCCEEDED', failure: null, modelVersion: { reference: 'committee/1' } });
    const best = run.trials.reduce((a, b) => (b.outcome!.selectionLoss < a.outcome!.selectionLoss ? b : a));
    const { modelVersion } = await server.request<{ modelVersion: { members: { weightsSha256: string }[] } }>(VERSION);
    expect(modelVersion).toEqual({
      weightsSha256: best.weightsSha256,
      trial: { seed: best.seed },
      members: run.trials.map(({ seed, outcome, weightsSha256 }) => ({
        ...{ seed, weightsSha256 },
        ...{ epoch: outcome!.bestEpoch, validationLoss: outcome!.selectionLoss },
      })),
      hyperparameters: { committee: true, seeds: SEEDS },
    });
    const alone = await Promise.all(
      REFERENCES.map((reference) =>
        server.request<{ version: { weightsSha256: string; members: null } }>(
          'query ($reference: String!) { version: modelVersion(modelVersion: $reference) { weightsSha256 members { seed } } }',
          { reference },
        ),
      ),
    );
    expect(alone.map(({ version }) => version)).toEqual(
      modelVersion.members.map(({ weightsSha256 }) => ({ weightsSha256, members: null })),
    );
  });

  test('predicts the mean of what its seeds predict alone, and their standard deviation, to the last bit', async () => {
    const alone = [];
    for (const reference of REFERENCES) alone.push(await predict(reference));
    for (const { standardDeviationsPpm } of alone.flat()) expect(standardDeviationsPpm).toBeNull();
    const predictions = await predict('committee/1');
    expect(predictions).toEqual(together(alone));
    const [{ shieldingsPpm, standardDeviationsPpm }] = predictions;
    const first = alone.map(([cluster]) => cluster.shieldingsPpm[0]);
    const mean = (first[0] + first[1] + first[2]) / 3;
    expect(shieldingsPpm[0]).toBeCloseTo(mean, 10);
    const squares = first.reduce((sum, each) => sum + (each - mean) * (each - mean), 0);
    expect(standardDeviationsPpm![0]).toBeCloseTo(Math.sqrt(squares / 2), 10);
    expect(standardDeviationsPpm![0]).toBeGreaterThan(0);

    const { cluster } = await server.request<{ cluster: { predictions: (Predicted & { modelVersion: object })[] } }>(
      `query ($id: ID!) { cluster(id: $id) { predictions {
        modelVersion { reference } shieldingsPpm standardDeviationsPpm
      } } }`,
      { id: clusters[0] },
    );
    expect(cluster.predictions.find((each) => each.standardDeviationsPpm !== null)).toEqual({
      modelVersion: { reference: 'committee/1' },
      ...predictions[0],
    });
    expect(cluster.predictions).toHaveLength(4);
  });

  test('is evaluated as it predicts, with a standard deviation of each atom', async () => {
    const columns = async (reference: string) => {
      const { version } = await server.request<{
        version: { evaluations: (Omit<Predicted, 'shieldingsPpm'> & { split: string; predictedPpm: number[] })[] };
      }>(
        `query ($reference: String!) { version: modelVersion(modelVersion: $reference) {
          evaluations { split predictedPpm standardDeviationsPpm }
        } }`,
        { reference },
      );
      return version.evaluations.map(({ predictedPpm, standardDeviationsPpm }) => ({
        ...{ shieldingsPpm: predictedPpm, standardDeviationsPpm },
      }));
    };
    const alone = [];
    for (const reference of REFERENCES) alone.push(await columns(reference));
    expect(alone.flat().map((each) => each.standardDeviationsPpm)).toEqual(Array(6).fill(null));
    expect(await columns('committee/1')).toEqual(together(alone));
  });

  test.each<[string, (path: string, intact: Buffer) => void, RegExp]>([
    ['changed', (path, intact) => writeFileSync(path, Buffer.from(intact).fill(7, intact.length - 4)), /is damaged/],
    ['missing', (path) => rmSync(path), /is missing/],
  ])('with the weights of one member %s says so, and gives no number', async (_, damage, says) => {
    const other = run.trials.find(({ weightsSha256 }) => weightsSha256 !== run.modelVersion!.weightsSha256)!;
    const path = join(server.dataFolder, 'artifacts', artifactKey(other.weightsSha256!));
    const intact = readFileSync(path);
    damage(path, intact);
    try {
      expect(await askPrediction('committee/1')).toMatchObject({
        data: null,
        errors: [{ message: expect.stringMatching(says), extensions: { code: 'CORRUPT_ARTIFACT' } }],
      });
    } finally {
      writeFileSync(path, intact);
    }
    expect(await verifyVersion(server, 'committee/1')).toMatchObject({ state: 'ACTIVE' });
    expect((await predict('committee/1'))[0].standardDeviationsPpm).not.toBeNull();
  });

  test('is of the seeds that did not fail', async () => {
    // steps so large that float32 overflows for the second seed
    const diverging = { ...SMALL_SCHNET, interactions: 12, learningRate: 1, atomBasis: 4, filters: 4, epochs: 3 };
    const input = {
      model: 'some-fail',
      datasetVersion,
      ...diverging,
      seeds: [1, 2, 3],
      committee: true,
    };
    const { state, trials } = await runEnded(server, await trainSchNet(server, input));
    expect([state, ...trials.map((trial) => trial.state)]).toEqual(['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'SUCCEEDED']);
    const { modelVersion } = await server.request<{ modelVersion: { members: { seed: number }[] } }>(
      '{ modelVersion(modelVersion: "some-fail/1") { members { seed } } }',
    );
    expect(modelVersion.members.map(({ seed }) => seed)).toEqual([1, 3]);
  });
});
