import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';
import { decodeSafetensors } from '../../src/ml/safetensors.ts';
import { weightShapes } from '../../src/ml/schnet/weights.ts';
import { computeProcessesOf, workersOf } from '../support/processes.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { createSyntheticFeatureSets } from '../support/synthetic-models.ts';
import {
  ENDLESS_SCHNET,
  readRun,
  runEnded,
  runUnderWay,
  runWhen,
  SMALL_SCHNET,
  type TrainingRun,
  trainLasso,
  trainSchNet,
} from '../support/training.ts';

let server: TestServer;
let datasetVersion: string;

beforeAll(async () => {
  server = await startTestServer();
  datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  await createSyntheticFeatureSets(server);
});
afterAll(() => server.dispose());

function weightsOf(sha256: string): ReturnType<typeof decodeSafetensors> {
  const bytes = readFileSync(join(server.dataFolder, 'artifacts', artifactKey(sha256)));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  return decodeSafetensors(bytes, 'the weights');
}

function cancel(id: string) {
  return server.request(
    `mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { state failure finishedAt } }`,
    { id },
  );
}

function resume(id: string) {
  return server.request(`mutation ($id: ID!) { resumeTrainingRun(input: { trainingRun: $id }) { state failure } }`, {
    id,
  });
}

async function versionsOf(model: string): Promise<number> {
  const answer = await server.request<{ model: { versions: object[] } }>(
    `query ($model: String!) { model(name: $model) { versions { id } } }`,
    { model },
  );
  return answer.model.versions.length;
}

const isOpen = ({ state }: { state: string }) => state === 'QUEUED' || state === 'RUNNING';

describe('trainSchNet', () => {
  const seeds = [3, 1, 4];
  let run: TrainingRun;
  const seen: TrainingRun[] = [];

  beforeAll(async () => {
    const id = await trainSchNet(server, { model: 'schnet', datasetVersion, ...SMALL_SCHNET, seeds });
    run = await runWhen(server, id, 'at its end', (now) => {
      seen.push(now);
      return !isOpen(now);
    });
  });

  test('tries every seed once, and tells of each what it found', () => {
    expect(run).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(Date.parse(run.finishedAt!)).toBeGreaterThan(Date.parse(run.startedAt!));
    expect(run.trials.map(({ ordinal, seed, state, attempt }) => ({ ordinal, seed, state, attempt }))).toEqual(
      seeds.map((seed, ordinal) => ({ ordinal, seed, state: 'SUCCEEDED', attempt: 1 })),
    );
    for (const { outcome, progress } of run.trials) {
      const { curve, selectionLoss, bestEpoch, engine } = outcome!;
      expect(engine).toMatch(
        /^wasm \(.*; filters at up to \d+ distances 0\.\d{4} Å apart, Gaussians between them within 0\.00001\)$/,
      );
      expect(curve.map(({ x }) => x)).toEqual(Array.from({ length: SMALL_SCHNET.epochs }, (_, i) => i + 1));
      const losses = curve.map(({ validationLoss }) => validationLoss);
      expect(selectionLoss).toBe(Math.min(...losses));
      expect(bestEpoch).toBe(losses.indexOf(selectionLoss) + 1);
      expect(curve[bestEpoch! - 1].validationRmsePpm).toBeCloseTo(outcome!.validationRmsePpm, 2);
      expect(progress).toMatchObject({
        ...{ step: SMALL_SCHNET.epochs, steps: SMALL_SCHNET.epochs, secondsLeft: 0, point: curve.at(-1) },
      });
    }
    expect(new Set(run.trials.map(({ outcome }) => outcome!.selectionLoss)).size).toBe(seeds.length);
  });

  test('makes a version of the best seed by the loss as trained, and none before all seeds have ended', () => {
    const best = run.trials.reduce((a, b) => (b.outcome!.selectionLoss < a.outcome!.selectionLoss ? b : a));
    expect(run.modelVersion).toEqual({
      reference: 'schnet/1',
      weightsSha256: best.weightsSha256,
      trial: { id: best.id },
    });
    const early = seen.filter(({ trials }) => trials.some(isOpen));
    expect(early.length).toBeGreaterThan(0);
    expect(early.filter(({ modelVersion }) => modelVersion !== null)).toEqual([]);
  });

  test('keeps the weights of every seed as safetensors with the names of SchNetPack', () => {
    const names = [...weightShapes({ ...SMALL_SCHNET, cutoffAngstrom: 6 }).keys()];
    expect(names).toContain('representation.interactions.0.cfconv.in2f.weight');
    for (const { weightsSha256 } of run.trials) {
      const { tensors, metadata } = weightsOf(weightsSha256!);
      expect([...tensors.keys()].sort()).toEqual(names.sort());
      expect(JSON.parse(metadata.parameters)).toMatchObject({ elements: [11], hyperparameters: { cutoffAngstrom: 6 } });
    }
  });

  test('evaluates the version on validation and test', async () => {
    const { modelVersion } = await server.request<{ modelVersion: object }>(`{
      modelVersion(modelVersion: "schnet/1") { kind target createdBy evaluations { split createdBy metrics { count } }
        hyperparameters { ... on SchNetSettings { atomBasis epochs seeds loss } } }
    }`);
    expect(modelVersion).toEqual({
      kind: 'SCHNET',
      target: 'DIRECT',
      createdBy: 'local admin',
      evaluations: [
        { split: 'VALIDATION', createdBy: expect.any(String), metrics: { count: 23 } },
        { split: 'TEST', createdBy: expect.any(String), metrics: { count: 17 } },
      ],
      hyperparameters: { atomBasis: 8, epochs: 20, seeds, loss: 'MSE' },
    });
  });

  test('trains on a transformed target by the distribution loss', async () => {
    const id = await trainSchNet(server, {
      ...{ model: 'distribution', datasetVersion, ...SMALL_SCHNET },
      ...{ target: 'TRANSFORMED', loss: 'DISTRIBUTION', distributionWeight: 2 },
    });
    const { state, failure, trials } = await runEnded(server, id);
    expect({ state, failure }).toEqual({ state: 'SUCCEEDED', failure: null });
    const { validationRmsePpm, trainRmsePpm, bestEpoch, curve } = trials[0].outcome!;
    expect(curve[bestEpoch! - 1].validationRmsePpm).toBeCloseTo(validationRmsePpm, 8);
    // before the steps of that epoch the errors were others, but of the same size
    expect(curve[bestEpoch! - 1].trainRmsePpm! / trainRmsePpm).toBeCloseTo(1, 0);
  });
});

describe('trainLasso', () => {
  test('fits every alpha, and keeps the one with the lowest RMSE on validation', async () => {
    const alphas = [0.001, 0.1, 10];
    const id = await trainLasso(server, { model: 'lasso', datasetVersion, featureSet: 'cn', alphas });
    const run = await runEnded(server, id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', trials: [{ seed: 0, progress: { step: 3, steps: 3 } }] });
    const { curve, alpha, nonZero, selectionLoss, validationRmsePpm, bestEpoch } = run.trials[0].outcome!;
    expect(curve.map(({ x }) => x).sort()).toEqual(alphas);
    const best = curve.reduce((a, b) => (b.validationRmsePpm! < a.validationRmsePpm! ? b : a));
    expect({ alpha, selectionLoss, validationRmsePpm, bestEpoch }).toEqual({
      alpha: best.x,
      selectionLoss: best.validationRmsePpm,
      validationRmsePpm: best.validationRmsePpm,
      bestEpoch: null,
    });
    const { tensors } = weightsOf(run.modelVersion!.weightsSha256);
    expect([...tensors.keys()].sort()).toEqual(['coefficients', 'feature_mean', 'feature_scale', 'intercept']);
    expect([...tensors.get('coefficients')!.data].filter((value) => value !== 0)).toHaveLength(nonZero!);
  });

  test('is refused, and says why, on data without the populations that the features need', async () => {
    const { errors } = await server.ask('mutation ($input: TrainLassoInput!) { trainLasso(input: $input) { id } }', {
      input: { model: 'no-populations', datasetVersion, featureSet: 'gop/1' },
    });
    expect(errors?.[0].extensions.code).toBe('FEATURES_UNAVAILABLE');
    expect(errors?.[0].message).toMatch(/^the feature set gop\/1 needs .* which calculation synthetic-1-0 of .* lacks/);
    const { models } = await server.request<{ models: object }>(
      `{ models(first: 1, filter: { name: { equals: "no-populations" } }) { totalCount } }`,
    );
    expect(models).toEqual({ totalCount: 0 });
  });

  test('refuses alphas and references that are none, and leaves nothing behind', async () => {
    const train = (input: object) =>
      server.ask('mutation ($input: TrainLassoInput!) { trainLasso(input: $input) { id } }', {
        input: { model: 'refused', datasetVersion, featureSet: 'cn', ...input },
      });
    const codes = await Promise.all(
      [{ alphas: [0] }, { alphas: [] }, { featureSet: 'cn/2' }, { datasetVersion: 'synthetic/2' }].map(train),
    );
    expect(codes.map(({ errors }) => errors?.[0].extensions.code)).toEqual([
      ...['INVALID_HYPERPARAMETER', 'INVALID_HYPERPARAMETER', 'NOT_FOUND', 'NOT_FOUND'],
    ]);
    const { models } = await server.request<{ models: object }>(
      `{ models(first: 1, filter: { name: { equals: "refused" } }) { totalCount } }`,
    );
    expect(models).toEqual({ totalCount: 0 });
  });
});

describe('cancelTrainingRun and resumeTrainingRun', () => {
  test('end a running training and a waiting one, and take both up again', async () => {
    // one for evaluations stays for a while
    const others = computeProcessesOf(server.dataFolder).map(({ pid }) => pid);
    const computing = () => computeProcessesOf(server.dataFolder).filter(({ pid }) => !others.includes(pid));
    const running = await trainSchNet(server, { model: 'running', datasetVersion, ...ENDLESS_SCHNET, seeds: [1, 2] });
    const waiting = await trainSchNet(server, { model: 'waiting', datasetVersion, ...SMALL_SCHNET });
    const first = (await runUnderWay(server, running)).trials[0].progress!;
    await runWhen(server, running, 'further on', ({ trials }) => trials[0].progress!.step > first.step);
    expect(await readRun(server, waiting)).toMatchObject({ state: 'QUEUED', startedAt: null });

    const [compute] = computing();
    const [worker] = workersOf(server.dataFolder);
    expect(getPriority(compute.pid)).toBeGreaterThan(getPriority(server.process.pid));
    expect(getPriority(worker.pid)).toBeGreaterThan(getPriority(server.process.pid));

    const cancelled = { state: 'CANCELLED', failure: 'cancelled by local admin', finishedAt: expect.any(String) };
    expect(await cancel(waiting)).toEqual({ cancelTrainingRun: cancelled });
    expect(await cancel(running)).toEqual({ cancelTrainingRun: cancelled });
    expect(await cancel(running), 'twice').toEqual({ cancelTrainingRun: cancelled });
    await until(async () => computing().length === 0, 'the end of the computation');
    expect(await readRun(server, running)).toMatchObject({
      state: 'CANCELLED',
      modelVersion: null,
      trials: [1, 2].map((seed) => ({ seed, state: 'CANCELLED', outcome: null, weightsSha256: null })),
    });
    expect(await versionsOf('running')).toBe(0);

    expect(await resume(waiting)).toEqual({ resumeTrainingRun: { state: 'QUEUED', failure: null } });
    expect(await runEnded(server, waiting)).toMatchObject({
      state: 'SUCCEEDED',
      failure: null,
      modelVersion: { reference: 'waiting/1' },
      trials: [{ state: 'SUCCEEDED', attempt: 1, failure: null }],
    });

    await resume(running);
    expect(await runUnderWay(server, running)).toMatchObject({ trials: [{ attempt: 2 }, { state: 'QUEUED' }] });
    await cancel(running);
  });

  test('refuse a run that has succeeded, and a run that runs', async () => {
    const { trainingRuns } = await server.request<{ trainingRuns: { nodes: { id: string }[] } }>(
      `{ trainingRuns(first: 1, filter: { state: { equals: SUCCEEDED } }) { nodes { id } } }`,
    );
    const [{ id }] = trainingRuns.nodes;
    for (const mutation of ['cancelTrainingRun', 'resumeTrainingRun']) {
      const { errors } = await server.ask(
        `mutation ($id: ID!) { ${mutation}(input: { trainingRun: $id }) { state } }`,
        { id },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_STATE' } }]);
    }
  });
});

describe('trials that fail', () => {
  // steps so large that float32 overflows within an epoch, for some seeds or, in a wide network, for all
  const DIVERGING = { ...SMALL_SCHNET, interactions: 12, learningRate: 1 };

  test('do not spoil those of other seeds', async () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const input = { ...DIVERGING, atomBasis: 4, filters: 4, epochs: 3, seeds };
    const run = await runEnded(server, await trainSchNet(server, { model: 'some-fail', datasetVersion, ...input }));
    const [failed, succeeded] = ['FAILED', 'SUCCEEDED'].map((state) => run.trials.filter((t) => t.state === state));
    expect([failed.length > 0, succeeded.length > 0, failed.length + succeeded.length]).toEqual([true, true, 8]);
    for (const { failure, seed, attempt } of failed) {
      expect(failure).toMatch(new RegExp(`^Training with seed ${seed} diverged in epoch \\d.*smaller learning rate`));
      expect(attempt).toBe(1);
    }
    expect(run).toMatchObject({ state: 'SUCCEEDED', failure: null, modelVersion: { reference: 'some-fail/1' } });
  });

  test('fail the run with all their reasons when there is no other', async () => {
    const input = { ...DIVERGING, atomBasis: 32, filters: 32, epochs: 3, seeds: [1, 2] };
    const run = await runEnded(server, await trainSchNet(server, { model: 'all-fail', datasetVersion, ...input }));
    expect(run).toMatchObject({ state: 'FAILED', modelVersion: null });
    expect(run.failure).toMatch(/^trial 0: Training with seed 1 diverged.*; trial 1: Training with seed 2 diverged/);
    expect(await versionsOf('all-fail')).toBe(0);
  });
});
