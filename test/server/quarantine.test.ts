import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { Random } from '../../src/random.ts';
import { flipBit } from '../contract/artifact-store.ts';
import { errorOf } from '../support/api.ts';
import { VERIFY, type VersionState, verifyVersion, versionState } from '../support/quarantine.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import { runEnded, SMALL_SCHNET, trainLasso, trainSchNet } from '../support/training.ts';

const FLIPS = 60;
const VERSIONS = ['lasso/1', 'schnet/1', 'committee/1'];
const ACTIVE: VersionState = { state: 'ACTIVE', quarantinedAt: null, quarantineReason: null };

let server: TestServer;
let datasetVersion: string;
/** The files of each version. */
const files: Record<string, string[]> = {};

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  await createSyntheticFeatureSets(server);
  const network = { datasetVersion, ...SMALL_SCHNET };
  const runs = [
    await trainLasso(server, { model: 'lasso', datasetVersion, featureSet: 'cn' }),
    await trainSchNet(server, { model: 'schnet', ...network, seeds: [9] }),
    await trainSchNet(server, { model: 'committee', ...network, seeds: [1, 2, 3], committee: true }),
  ];
  for (const [i, id] of runs.entries()) {
    const run = await runEnded(server, id);
    expect(run).toMatchObject({ state: 'SUCCEEDED' });
    files[VERSIONS[i]] = run.trials.map(({ weightsSha256 }) => pathOf(weightsSha256!));
  }
});
afterAll(() => server?.dispose());

function pathOf(sha256: string): string {
  return join(server.dataFolder, 'artifacts', artifactKey(sha256));
}

const PREDICT = `mutation ($input: PredictShieldingsInput!) {
  answer: predictShieldings(input: $input) { predictions { shieldingsPpm } }
}`;

function predictionInput(modelVersion: string) {
  const structures = [{ elements: ['Na', 'Na'], positionsAngstrom: [0, 3.5].map((x) => [x, 0, 0]) }];
  return { input: { modelVersion, structures } };
}

async function predicted(modelVersion: string): Promise<unknown> {
  return (await server.request<{ answer: unknown }>(PREDICT, predictionInput(modelVersion))).answer;
}

/** Does damage while `work` runs. */
async function whileDamaged(path: string, damage: (intact: Buffer) => Buffer | null, work: () => Promise<void>) {
  const intact = readFileSync(path);
  const damaged = damage(intact);
  if (damaged === null) rmSync(path);
  else writeFileSync(path, damaged);
  try {
    await work();
  } finally {
    writeFileSync(path, intact);
  }
}

const damaged = (reference: string, says: RegExp) => ({
  code: 'CORRUPT_ARTIFACT',
  message: expect.stringMatching(new RegExp(`^${reference} is (now )?in quarantine.*${says.source}`)),
  extensions: expect.objectContaining({ modelVersion: reference }),
});

describe('weights with one flipped bit', () => {
  test(`are found, ${FLIPS} of ${FLIPS}: no number comes of them, and the version is in quarantine until they are right`, async () => {
    const random = new Random(8);
    const before = new Map<string, unknown>();
    for (const reference of VERSIONS) before.set(reference, await predicted(reference));
    for (let i = 0; i < FLIPS; i++) {
      const reference = VERSIONS[i % VERSIONS.length];
      const file = files[reference][random.integer(files[reference].length)];
      const flip = (intact: Buffer) => flipBit(intact, random.integer(8 * intact.length));
      await whileDamaged(file, flip, async () => {
        expect(await errorOf(server, PREDICT, predictionInput(reference))).toEqual(damaged(reference, /is damaged/));
        expect(await versionState(server, reference)).toEqual({
          state: 'QUARANTINED',
          quarantinedAt: expect.stringMatching(/^\d{4}-/),
          quarantineReason: expect.stringMatching(/^Artifact [0-9a-f]{64} in the folder .* is damaged/),
        });
        expect(await verifyVersion(server, reference)).toMatchObject({ state: 'QUARANTINED' });
      });
      expect(await verifyVersion(server, reference)).toEqual(ACTIVE);
      expect(await predicted(reference)).toEqual(before.get(reference));
    }
  });
});

test('damage is found by everybody who reads at once, and told once', async () => {
  await whileDamaged(
    files['schnet/1'][0],
    (intact) => flipBit(intact, 100),
    async () => {
      const errors = await Promise.all(
        Array.from({ length: 30 }, () => errorOf(server, PREDICT, predictionInput('schnet/1'))),
      );
      for (const error of errors) expect(error).toEqual(damaged('schnet/1', /is damaged/));
      expect(await versionState(server, 'schnet/1')).toMatchObject({ state: 'QUARANTINED' });
    },
  );
  expect(await verifyVersion(server, 'schnet/1')).toEqual(ACTIVE);
});

describe('a version in quarantine', () => {
  const [reference] = VERSIONS;
  beforeAll(async () => {
    await whileDamaged(
      files[reference][0],
      () => null,
      async () => {
        expect(await errorOf(server, PREDICT, predictionInput(reference))).toEqual(damaged(reference, /is missing/));
      },
    );
  });

  test('stays in it when the bytes are back, until somebody verifies them', async () => {
    expect(await errorOf(server, PREDICT, predictionInput(reference))).toEqual(
      damaged(reference, /is missing from .*verifyModelVersion lifts the quarantine/),
    );
    expect(await versionState(server, reference)).toMatchObject({ state: 'QUARANTINED' });
  });

  test('is not evaluated, neither anew nor as it was before', async () => {
    const evaluate = `mutation ($input: EvaluateModelVersionInput!) { evaluateModelVersion(input: $input) { id } }`;
    for (const split of ['TRAIN', 'VALIDATION', 'TEST']) {
      const input = { modelVersion: reference, datasetVersion, split };
      expect(await errorOf(server, evaluate, { input })).toEqual(damaged(reference, /is missing/));
    }
  });

  test('gets no alias', async () => {
    const setAlias = `mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) { id } }`;
    expect(await errorOf(server, setAlias, { input: { modelVersion: reference, alias: 'champion' } })).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/lasso\/1 is in quarantine .*verify it/),
    });
  });

  test('is listed with its state, beside others that are in use', async () => {
    const { models } = await server.request<{ models: { nodes: { versions: object[] }[] } }>(
      `{ models(first: 10) { nodes { versions { reference state } } } }`,
    );
    const versions = models.nodes.flatMap((model) => model.versions);
    expect(versions).toHaveLength(3);
    expect(versions).toEqual(
      expect.arrayContaining(
        VERSIONS.map((each) => ({ reference: each, state: each === reference ? 'QUARANTINED' : 'ACTIVE' })),
      ),
    );
  });

  test('is not judged by a store that is away', async () => {
    const artifacts = join(server.dataFolder, 'artifacts');
    renameSync(artifacts, `${artifacts}.away`);
    writeFileSync(artifacts, '');
    expect(await errorOf(server, VERIFY, { input: { modelVersion: reference } })).toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await errorOf(server, PREDICT, predictionInput('schnet/1'))).toMatchObject({ code: 'UNAVAILABLE' });
    rmSync(artifacts);
    renameSync(`${artifacts}.away`, artifacts);
    expect(await versionState(server, reference)).toMatchObject({ state: 'QUARANTINED' });
    expect(await versionState(server, 'schnet/1')).toEqual(ACTIVE);
  });

  test('is not judged by another store', async () => {
    const artifacts = join(server.dataFolder, 'artifacts');
    renameSync(artifacts, `${artifacts}.away`);
    for (const modelVersion of [reference, 'schnet/1']) {
      expect(await errorOf(server, VERIFY, { input: { modelVersion } })).toMatchObject({
        code: 'INVALID_STATE',
        message: expect.stringContaining('has none of the artifacts that the database names last'),
      });
    }
    rmSync(artifacts, { recursive: true, force: true });
    renameSync(`${artifacts}.away`, artifacts);
    expect(await versionState(server, reference)).toMatchObject({ state: 'QUARANTINED' });
    expect(await versionState(server, 'schnet/1')).toEqual(ACTIVE);
  });

  test('comes out of it by verifying, which can be repeated', async () => {
    for (let i = 0; i < 2; i++) expect(await verifyVersion(server, reference)).toEqual(ACTIVE);
    expect(await predicted(reference)).toMatchObject({ predictions: [{ shieldingsPpm: expect.any(Array) }] });
  });
});

describe('verifyModelVersion', () => {
  test('finds damage that nobody has read yet, in any member of a committee, and keeps what was found first', async () => {
    const [first, , third] = files['committee/1'];
    await whileDamaged(
      third,
      (intact) => intact.subarray(0, -1),
      async () => {
        const found = await verifyVersion(server, 'committee/1');
        expect(found).toMatchObject({ state: 'QUARANTINED', quarantineReason: expect.stringContaining('is damaged') });
        await whileDamaged(
          first,
          () => null,
          async () => expect(await verifyVersion(server, 'committee/1')).toEqual(found),
        );
      },
    );
    expect(await verifyVersion(server, 'committee/1')).toEqual(ACTIVE);
  });

  test('finds an archived version damaged as well, and leaves it archived', async () => {
    await server.request(`mutation { archiveModelVersion(input: { modelVersion: "schnet/1", reason: "old" }) { id } }`);
    await whileDamaged(
      files['schnet/1'][0],
      () => null,
      async () => expect(await verifyVersion(server, 'schnet/1')).toMatchObject({ state: 'QUARANTINED' }),
    );
    expect(await verifyVersion(server, 'schnet/1')).toMatchObject({ state: 'ARCHIVED', quarantinedAt: null });
  });

  test('is asked for by a field that reads the file, too', async () => {
    const ask = `{ modelVersion(modelVersion: "lasso/1") { lasso { intercept } } }`;
    await whileDamaged(
      files['lasso/1'][0],
      () => null,
      async () => expect(await errorOf(server, ask)).toEqual(damaged('lasso/1', /is missing/)),
    );
    expect(await versionState(server, 'lasso/1')).toMatchObject({ state: 'QUARANTINED' });
    expect(await verifyVersion(server, 'lasso/1')).toEqual(ACTIVE);
  });
});
