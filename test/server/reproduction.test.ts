import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, errorOf, refusal, startApiServer } from '../support/api.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import { ENDLESS_SCHNET, runEnded, runUnderWay, SMALL_SCHNET, trainLasso, trainSchNet } from '../support/training.ts';

let server: ApiServer;
let datasetVersion: string;

beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  await createSyntheticFeatureSets(server);
  const runs = [
    await trainSchNet(server, { model: 'schnet', datasetVersion, ...SMALL_SCHNET, seeds: [5, 2, 7] }),
    await trainSchNet(server, { model: 'committee', datasetVersion, ...SMALL_SCHNET, seeds: [8, 9], committee: true }),
    await trainLasso(server, { model: 'lasso', datasetVersion, featureSet: 'cn' }),
  ];
  for (const id of runs) expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED' });
});
afterAll(() => server?.dispose());

const REPRODUCE = `mutation ($input: ReproduceModelVersionInput!) { run: reproduceModelVersion(input: $input) { id state } }`;

async function reproduce(input: object): Promise<string> {
  return (await server.request<{ run: { id: string } }>(REPRODUCE, { input })).run.id;
}

interface Reproduction {
  readonly modelVersion: { readonly reference: string };
  readonly agrees: boolean | null;
  readonly trials: readonly {
    readonly seed: number;
    readonly expectedSha256: string;
    readonly sha256: string | null;
    readonly agrees: boolean | null;
  }[];
}

const FIELDS = 'modelVersion { reference } agrees trials { seed expectedSha256 sha256 agrees }';

async function reproductionOf(id: string): Promise<Reproduction | null> {
  const { trainingRun } = await server.request<{ trainingRun: { reproduction: Reproduction | null } }>(
    `query ($id: ID!) { trainingRun(id: $id) { reproduction { ${FIELDS} } } }`,
    { id },
  );
  return trainingRun.reproduction;
}

/** Reproduces a version to its end. */
async function reproduced(input: object): Promise<Reproduction> {
  const id = await reproduce(input);
  expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED', failure: null, modelVersion: null });
  return (await reproductionOf(id))!;
}

function agreeing(modelVersion: string, ...seeds: number[]): object {
  const trials = seeds.map((seed) => ({ seed, agrees: true }));
  return { modelVersion: { reference: modelVersion }, agrees: true, trials };
}

async function versionOf(reference: string) {
  const { version } = await server.request<{
    version: { weightsSha256: string; trainingRun: { id: string; trials: { seed: number; weightsSha256: string }[] } };
  }>(
    `query ($reference: String!) { version: modelVersion(modelVersion: $reference) {
      weightsSha256 trainingRun { id trials { seed weightsSha256 } }
    } }`,
    { reference },
  );
  return version;
}

describe('reproduceModelVersion', () => {
  test('trains every seed of a SchNet again, to the same bytes, and makes no version and no evaluation', async () => {
    const { trainingRun } = await versionOf('schnet/1');
    const before = await server.countRecords();
    const reproduction = await reproduced({ modelVersion: 'schnet/1' });
    expect(reproduction).toEqual({
      ...{ modelVersion: { reference: 'schnet/1' }, agrees: true },
      trials: trainingRun.trials.map(({ seed, weightsSha256 }) => ({
        ...{ seed, expectedSha256: weightsSha256, sha256: weightsSha256, agrees: true },
      })),
    });
    const { modelVersion } = await server.request<{
      modelVersion: { reproductions: { reproduction: { trials: { engine: string; expectedEngine: string }[] } }[] };
    }>(`{ modelVersion(modelVersion: "schnet/1") {
      reproductions { reproduction { trials { engine expectedEngine } } }
    } }`);
    for (const { engine, expectedEngine } of modelVersion.reproductions[0].reproduction.trials) {
      expect(engine).toMatch(/^wasm .*, arithmetic \d+;/);
      expect(engine).toBe(expectedEngine);
    }
    const after = await server.countRecords();
    for (const table of ['models', 'model_versions', 'evaluations', 'predictions']) {
      expect(after[`public.${table}`], table).toBe(before[`public.${table}`]);
    }
    expect(after['public.trials']).toBe(before['public.trials'] + 3);
    expect(await reproductionOf(trainingRun.id), 'of the original').toBeNull();
  });

  test('trains a Lasso and a committee again, to the same bytes', async () => {
    expect(await reproduced({ modelVersion: 'lasso/1' })).toMatchObject(agreeing('lasso/1', 0));
    expect(await reproduced({ modelVersion: 'committee/1' })).toMatchObject(agreeing('committee/1', 8, 9));
  });

  test('trains the seeds that are named, and is known to the version', async () => {
    const id = await reproduce({ modelVersion: 'lasso/1', seeds: [0], priority: 2 });
    const other = await reproduce({ modelVersion: 'schnet/1', seeds: [7] });
    await runEnded(server, other);
    expect(await reproductionOf(other)).toMatchObject(agreeing('schnet/1', 7));
    const { run } = await server.request<{ run: object }>(
      `query ($id: ID!) { run: trainingRun(id: $id) { priority } }`,
      { id },
    );
    expect(run).toEqual({ priority: 2 });
    const { modelVersion } = await server.request<{ modelVersion: { reproductions: { id: string }[] } }>(
      `{ modelVersion(modelVersion: "lasso/1") { reproductions { id reproduction { agrees } } } }`,
    );
    expect(modelVersion.reproductions.at(-1)).toEqual({ id, reproduction: { agrees: true } });
    expect(modelVersion.reproductions.map((run) => run.id)).not.toContain(other);
  });

  test('trains as many epochs as the clock allowed then, whatever it says now', async () => {
    const input = { ...ENDLESS_SCHNET, maxMinutes: 0.01, seeds: [1, 2] };
    const original = await runEnded(server, await trainSchNet(server, { model: 'timed', datasetVersion, ...input }));
    const id = await reproduce({ modelVersion: 'timed/1' });
    const run = await runEnded(server, id);
    expect(await reproductionOf(id)).toMatchObject(agreeing('timed/1', 1, 2));
    const epochs = original.trials.map(({ outcome }) => outcome!.curve.length);
    for (const count of epochs) expect(count).toBeLessThan(ENDLESS_SCHNET.epochs);
    expect(run.trials.map(({ progress }) => progress!.steps)).toEqual(epochs);
    expect(run.trials.map(({ outcome }) => outcome!.curve.length)).toEqual(epochs);
  });

  test('leaves out trials that failed, and refuses them by name', async () => {
    // steps so large that float32 overflows for the second seed
    const diverging = { ...SMALL_SCHNET, interactions: 12, learningRate: 1, atomBasis: 4, filters: 4, epochs: 3 };
    const input = { model: 'some-fail', datasetVersion, ...diverging, seeds: [1, 2, 3] };
    const { trials } = await runEnded(server, await trainSchNet(server, input));
    expect(trials.map(({ state }) => state)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED']);
    expect(await reproduced({ modelVersion: 'some-fail/1' })).toMatchObject(agreeing('some-fail/1', 1, 3));
    const error = await refusal(server, REPRODUCE, { input: { modelVersion: 'some-fail/1', seeds: [1, 2] } });
    expect(error).toMatchObject({
      code: 'INVALID_HYPERPARAMETER',
      message: expect.stringMatching(
        /^the trial of seed 2 of some-fail\/1 left no weights to compare with \(.*diverged/,
      ),
    });
  });

  test.each<[string, number[], RegExp]>([
    ['no seeds', [], /number of seeds is 0/],
    ['a seed twice', [2, 2], /seed is listed twice/],
    ['unknown seeds', [2, 3, 4], /^schnet\/1 was not trained with seeds 3, 4; it was with seeds 5, 2, 7$/],
  ])('refuses %s', async (_, seeds, says) => {
    const error = await refusal(server, REPRODUCE, { input: { modelVersion: 'schnet/1', seeds } });
    expect(error.code).toBe('INVALID_HYPERPARAMETER');
    expect(error.message).toMatch(says);
  });

  test('refuses the seeds of a Lasso, which has one', async () => {
    expect(await errorOf(server, REPRODUCE, { input: { modelVersion: 'lasso/1', seeds: [1] } })).toMatchObject({
      message: 'lasso/1 was not trained with seed 1; it was with seed 0',
    });
  });

  test('takes an archived version, and answers the same key as before', async () => {
    await server.request(`mutation { archiveModelVersion(input: { modelVersion: "lasso/1", reason: "old" }) { id } }`);
    const input = { modelVersion: 'lasso/1', idempotencyKey: 'again' };
    const id = await reproduce(input);
    expect(await reproduce(input)).toBe(id);
    await runEnded(server, id);
    expect(await reproductionOf(id)).toMatchObject({ agrees: true });
    expect(await refusal(server, REPRODUCE, { input: { ...input, seeds: [0] } })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('can be cancelled and resumed as any run', async () => {
    const busy = await trainSchNet(server, { model: 'busy', datasetVersion, ...ENDLESS_SCHNET });
    await runUnderWay(server, busy);
    const id = await reproduce({ modelVersion: 'schnet/1', seeds: [5] });
    const on = (mutation: string, run: string) =>
      server.request(`mutation ($run: ID!) { ${mutation}(input: { trainingRun: $run }) { state } }`, { run });
    expect(await reproductionOf(id)).toMatchObject({ agrees: null, trials: [{ seed: 5, sha256: null, agrees: null }] });
    await on('cancelTrainingRun', id);
    await on('cancelTrainingRun', busy);
    expect(await reproductionOf(id)).toMatchObject({ agrees: null });
    await on('resumeTrainingRun', id);
    expect(await runEnded(server, id)).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await reproductionOf(id)).toMatchObject(agreeing('schnet/1', 5));
  });

  describe('says that bytes differ', () => {
    const swap = (table: string, from: string, to: string) =>
      server.sql(`UPDATE ${table} SET weights_sha256 = $2 WHERE weights_sha256 = $1`, [from, to]);

    test('of the one trial that is recorded with others', async () => {
      const { trainingRun } = await versionOf('committee/1');
      const [{ weightsSha256 }, { weightsSha256: other }] = trainingRun.trials;
      const id = await reproduce({ modelVersion: 'committee/1' });
      await runEnded(server, id);
      await server.sql(
        `UPDATE trials SET weights_sha256 = $1 WHERE weights_sha256 = $2 AND outcome IS NOT NULL
        AND training_run_id = (SELECT training_run_id FROM model_versions v JOIN models m ON m.id = v.model_id
                               WHERE m.name = 'committee')`,
        [other, weightsSha256],
      );
      expect(await reproductionOf(id)).toEqual({
        ...{ modelVersion: { reference: 'committee/1' }, agrees: false },
        trials: [
          { seed: 8, expectedSha256: other, sha256: weightsSha256, agrees: false },
          { seed: 9, expectedSha256: other, sha256: other, agrees: true },
        ],
      });
    });

    test('of a version that predicts with others', async () => {
      const { weightsSha256, trainingRun } = await versionOf('schnet/1');
      const other = trainingRun.trials.find((trial) => trial.weightsSha256 !== weightsSha256)!;
      const best = trainingRun.trials.find((trial) => trial.weightsSha256 === weightsSha256)!;
      await swap('model_versions', weightsSha256, other.weightsSha256);
      const reproduction = await reproduced({ modelVersion: 'schnet/1' });
      expect(reproduction.agrees).toBe(false);
      expect(reproduction.trials.filter(({ agrees }) => !agrees)).toEqual([
        { seed: best.seed, expectedSha256: other.weightsSha256, sha256: weightsSha256, agrees: false },
      ]);
    });
  });
});
