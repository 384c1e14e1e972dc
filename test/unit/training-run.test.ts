import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { artifactKey, sha256Of } from '../../src/artifacts/artifact-store.ts';
import { NatriumError } from '../../src/errors.ts';
import type { SchNetSettings, TrialOutcome, TrialProgress } from '../../src/ml/model.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { TrainingRun, Trial } from '../../src/registry/records.ts';
import { Registry } from '../../src/registry/registry.ts';
import { compareTrials } from '../../src/registry/training/repeated-trials.ts';
import type { TrainingRunUpdate } from '../../src/registry/training/training-progress.ts';
import { computing, openTestRegistry, request, type TestRegistry } from '../support/registry.ts';
import { until } from '../support/server.ts';

// The registry on a real database with workers that the tests play: jobs are only noted, models are made up.

const SETTINGS: SchNetSettings = {
  kind: 'SCHNET',
  engine: 'WASM',
  committee: false,
  ...{ atomBasis: 8, filters: 8, gaussians: 8, interactions: 1, cutoffAngstrom: 6 },
  ...{ ...SCHNET_TRAINING_DEFAULTS, loss: 'MSE', distributionWeight: 3, batchSize: 10, epochs: 10, seeds: [1, 2] },
};
const PREDICTED_PPM = 600;
const compute = computing({
  predict: async (_, inputs) =>
    inputs.map(({ structure }) => new Float64Array(structure.atomicNumbers.length).fill(PREDICTED_PPM)),
});

let opened: TestRegistry;
let { registry, store, folder, dataSource, jobs } = {} as TestRegistry;

beforeAll(async () => {
  opened = await openTestRegistry(compute);
  ({ registry, store, folder, dataSource, jobs } = opened);
});
afterAll(() => opened?.dispose());

let runId: string;
let trialIds: string[];

beforeEach(() => train(SETTINGS));

async function train(settings: SchNetSettings): Promise<void> {
  jobs.length = 0;
  runId = await registry.training.trainSchNet(LOCAL_ADMIN, request('trainSchNet'), {
    ...{ model: 'synthetic', datasetVersion: 'synthetic/1', target: 'DIRECT', settings },
  });
  trialIds = jobs.splice(0).map((job) => (job.kind === 'trial' ? job.trialId : 'none'));
}

async function begin(trialId: string, worker = 'worker'): Promise<Trial> {
  return (await registry.trials.jobs.take(trialId, { worker, id: null }))!;
}

async function complete(trial: Trial, bytes: Uint8Array, what: TrialOutcome): Promise<boolean> {
  const result = await registry.trials.resultOf(trial, bytes, what);
  return registry.trials.jobs.finish(trial, { state: 'SUCCEEDED', failure: null }, result);
}

function fail(trial: Trial, failure: string): Promise<boolean> {
  return registry.trials.jobs.finish(trial, { state: 'FAILED', failure });
}

const late = { worker: 'late', id: null };

async function trialNow(id: string): Promise<Trial> {
  return (await store.trials.getMany([id]))[0]!;
}

async function runNow(): Promise<TrainingRun> {
  return (await store.trainingRuns.getMany([runId]))[0]!;
}

function outcome(selectionLoss: number): TrialOutcome {
  const numbers = { validationRmsePpm: 10, trainRmsePpm: 10, trainingMeanPpm: 590, seconds: 1 };
  return { selectionLoss, ...numbers, bestEpoch: 1, alpha: null, nonZero: null, engine: 'made up', curve: [] };
}

/** What is reported after an epoch. */
function made(step: number): TrialProgress {
  const losses = {
    trainLoss: 1 / step,
    validationLoss: 1 / step,
    trainRmsePpm: 100 / step,
    validationRmsePpm: 100 / step,
  };
  return { step, steps: 10, point: { x: step, ...losses, seconds: 0.5 }, seconds: step / 2 };
}

function epochs(from: number, to: number): TrialProgress[] {
  return Array.from({ length: to - from + 1 }, (_, i) => made(from + i));
}

async function curveOf(trial: Trial): Promise<number[]> {
  const found = await store.trialCurves.behind([{ trialId: trial.id, step: 0 }], 1000);
  expect(await store.trialCurves.count(trial.id)).toBe(found.length);
  expect(found.map(({ point }) => point)).toEqual(found.map(({ step }) => made(step).point));
  return found.map(({ step }) => step);
}

function weights(text: string): Uint8Array {
  return Buffer.from(`weights ${runId} ${text}`);
}

/** Has both trials succeed with these losses, and answers the completion that is queued then. */
async function succeed(losses: readonly [number, number]): Promise<void> {
  for (const [i, loss] of losses.entries()) {
    await complete(await begin(trialIds[i]), weights(String(loss)), outcome(loss));
  }
  expect(jobs.splice(0)).toEqual([{ kind: 'completion', trainingRunId: runId }]);
}

function damage(bytes: Uint8Array): void {
  writeFileSync(join(folder, artifactKey(sha256Of(bytes))), 'something else');
}

/** A store that first does something else whenever a training run is about to be updated. */
function before(inner: Store, somethingElse: () => Promise<void>): Store {
  const runs = Object.create(inner.trainingRuns) as Store['trainingRuns'];
  runs.update = async (id, changes) => {
    await somethingElse();
    await inner.trainingRuns.update(id, changes);
  };
  return Object.create(inner, {
    trainingRuns: { value: runs },
    transaction: {
      value: (work: (store: Store) => Promise<unknown>) => inner.transaction((own) => work(before(own, somethingElse))),
    },
  }) as Store;
}

async function someoneWaitsForALock(): Promise<boolean> {
  const [{ waiting }] = await dataSource.query(
    `SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return waiting > 0;
}

describe('the fence of a trial', () => {
  test('a worker whose trial was taken over can write nothing', async () => {
    const { trials } = registry;
    const first = await begin(trialIds[0], 'first');
    const second = await begin(trialIds[0], 'second');
    expect([first.attempt, second.attempt]).toEqual([1, 2]);

    const progress = { step: 5, steps: 10, point: null, seconds: 1 };
    expect(await store.jobs.updateHeld('TRIAL', first, { failure: 'too late' })).toBe(false);
    expect(await trials.report(first, [made(1)])).toBe(false);
    expect(await trials.keepCheckpoint(first, weights('checkpoint'), [made(1)])).toBe(false);
    expect(await curveOf(first)).toEqual([]);
    await complete(first, weights('first'), outcome(0));
    await fail(first, 'too late');
    await registry.trials.jobs.setBack(first, 'too late');
    await registry.trials.jobs.release(first);
    expect(await trialNow(first.id)).toMatchObject({
      ...{ state: 'RUNNING', attempt: 2, worker: 'second', progress: null },
      ...{ outcome: null, weightsSha256: null, failure: null, finishedAt: null },
    });
    expect(jobs).toEqual([]);

    expect(await trials.report(second, [progress])).toBe(true);
    await complete(second, weights('second'), outcome(1));
    expect(await trialNow(second.id)).toMatchObject({
      ...{ state: 'SUCCEEDED', attempt: 2, progress },
      ...{ outcome: outcome(1), weightsSha256: sha256Of(weights('second')) },
    });
  });

  test('what has ended is not taken again', async () => {
    await complete(await begin(trialIds[0]), weights('done'), outcome(1));
    await fail(await begin(trialIds[1]), 'diverged');
    for (const id of trialIds) expect(await registry.trials.jobs.take(id, late)).toBeNull();
    expect((await trialNow(trialIds[0])).attempt).toBe(1);
  });

  test('a cancelled run stays cancelled, whatever its worker does', async () => {
    const running = await begin(trialIds[0]);
    expect(await runNow()).toMatchObject({ state: 'RUNNING', startedAt: expect.any(Date) });
    await registry.training.cancel(LOCAL_ADMIN, request('cancelTrainingRun'), runId);
    expect(await registry.trials.report(running, [])).toBe(false);
    await complete(running, weights('unwanted'), outcome(0));
    expect(await registry.trials.jobs.take(trialIds[1], late)).toBeNull();
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'CANCELLED', failure: 'cancelled by local admin' });
    expect(await trialNow(running.id)).toMatchObject({ state: 'CANCELLED', outcome: null, weightsSha256: null });
    expect(jobs).toEqual([]);
  });

  test('a run that is cancelled while its first trial begins is cancelled', async () => {
    let cancelled: Promise<unknown> | undefined;
    const cancelMeanwhile = async () => {
      let done = false;
      cancelled = registry.training.cancel(LOCAL_ADMIN, request('cancelTrainingRun'), runId).then(() => {
        done = true;
      });
      await until(async () => done || (await someoneWaitsForALock()), 'the cancellation to be done or to wait');
    };
    const slow = new Registry({ ...opened.ports, store: before(store, cancelMeanwhile) });
    await slow.trials.jobs.take(trialIds[0], { worker: 'worker', id: null });
    await cancelled;
    expect(await runNow()).toMatchObject({ state: 'CANCELLED', failure: 'cancelled by local admin' });
  });

  test('a worker that stops gives its trial back, and the next one counts as another attempt', async () => {
    await registry.trials.jobs.release(await begin(trialIds[0], 'stopping'));
    expect(jobs).toEqual([{ kind: 'trial', trialId: trialIds[0] }]);
    expect(await trialNow(trialIds[0])).toMatchObject({ state: 'QUEUED', worker: null, failure: null });
    expect(await begin(trialIds[0], 'next')).toMatchObject({ attempt: 2, worker: 'next' });
  });

  test('the queue may give a trial up, and the record says why', async () => {
    await registry.trials.jobs.setBack(await begin(trialIds[0]), 'out of memory');
    await begin(trialIds[0]);
    await registry.trials.jobs.lose(trialIds[0]);
    expect(await trialNow(trialIds[0])).toMatchObject({
      state: 'FAILED',
      failure: 'given up after 2 attempts (last: out of memory); resumeTrainingRun lets it go on',
    });
  });
});

describe('the curve of a trial', () => {
  test('grows by what is reported, and is part of the outcome from then on', async () => {
    const { trials } = registry;
    const trial = await begin(trialIds[0]);
    for (const part of [epochs(1, 3), [], epochs(4, 4)]) expect(await trials.report(trial, part)).toBe(true);
    expect(await curveOf(trial)).toEqual([1, 2, 3, 4]);
    expect(await trialNow(trial.id)).toMatchObject({ progress: made(4) });

    const curve = epochs(1, 5).map(({ point }) => point!);
    await complete(trial, weights('x'), { ...outcome(1), curve });
    expect(await dataSource.query('SELECT * FROM trial_points WHERE trial_id = $1', [trial.id])).toEqual([]);
    expect(await curveOf(trial)).toEqual([1, 2, 3, 4, 5]);
  });

  test('has all epochs of a checkpoint, and loses what the next attempt trains again', async () => {
    const { trials } = registry;
    const first = await begin(trialIds[0]);
    await trials.report(first, epochs(1, 2));
    await trials.keepCheckpoint(first, weights('checkpoint'), epochs(3, 4));
    await trials.report(first, epochs(5, 8));
    const second = await begin(trialIds[0]);
    expect(await curveOf(second)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await trials.report(second, epochs(5, 6));
    expect(await curveOf(second)).toEqual([1, 2, 3, 4, 5, 6]);
    await fail(second, 'diverged');
    expect(await curveOf(second)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('of a Lasso runs from the largest alpha down, as it was fitted', async () => {
    const trial = await begin(trialIds[0]);
    const curve = epochs(1, 3).map(({ point }) => point!);
    await complete(trial, weights('x'), { ...outcome(1), alpha: 1, curve: curve.toReversed() });
    expect(await curveOf(trial)).toEqual([1, 2, 3]);
  });
});

describe('who watches a run', () => {
  afterEach(() => expect(opened.runChanges.size).toBe(0));

  /** Takes updates until one of them is enough, or to the end: the epochs of each trial in the order of their telling. */
  async function take(updates: AsyncIterator<TrainingRunUpdate>, enough = (_: TrainingRunUpdate) => false) {
    const steps: Record<string, number[]> = Object.fromEntries(trialIds.map((id) => [id, []]));
    const states: Record<string, string> = {};
    let last: TrainingRunUpdate | null = null;
    do {
      const { value, done } = await updates.next();
      if (done) break;
      last = value as TrainingRunUpdate;
      for (const { trial, points } of last.trials) {
        steps[trial.id].push(...points.map(({ x }) => x));
        states[trial.id] = trial.state;
      }
    } while (!enough(last));
    return { steps: trialIds.map((id) => steps[id]), states: trialIds.map((id) => states[id]), last: last! };
  }

  test('is told what there is, then each epoch once, up to the end of the run', async () => {
    const { trials, trainingProgress } = registry;
    const [one, two] = [await begin(trialIds[0]), await begin(trialIds[1])];
    await trials.report(one, epochs(1, 3));
    const updates = await trainingProgress.follow(runId);
    const first = (await updates.next()).value as TrainingRunUpdate;
    expect(first.run).toMatchObject({ id: runId, state: 'RUNNING' });
    expect(first.trials.map(({ trial, points }) => [trial.id, points.map(({ x }) => x)])).toEqual([
      [one.id, [1, 2, 3]],
      [two.id, []],
    ]);

    await trials.report(two, epochs(1, 1));
    expect((await updates.next()).value.trials).toMatchObject([{ trial: { id: two.id }, points: [made(1).point] }]);
    // not reported before the end: of these only the outcome knows
    const curve = epochs(1, 5).map(({ point }) => point!);
    for (const trial of [one, two]) await complete(trial, weights(trial.id), { ...outcome(1), curve });
    const rest = take(updates);
    await trials.completeRun(runId);
    const { steps, last } = await rest;
    expect(steps).toEqual([
      [4, 5],
      [2, 3, 4, 5],
    ]);
    expect(last.run).toMatchObject({ state: 'SUCCEEDED' });
    expect((await take(await trainingProgress.follow(runId))).steps).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
  });

  test('is told once of epochs that were trained twice', async () => {
    const { trials, trainingProgress, training } = registry;
    const updates = await trainingProgress.follow(runId);
    const first = await begin(trialIds[0]);
    await trials.report(first, epochs(1, 6));
    const before = await take(updates, ({ trials: [news] }) => news?.points.at(-1)?.x === 6);
    const second = await begin(trialIds[0]);
    const rest = take(updates);
    await trials.report(second, epochs(4, 5));
    await trials.report(second, epochs(6, 8));
    await training.cancel(LOCAL_ADMIN, request('cancelTrainingRun'), runId);
    const after = await rest;
    expect([before.steps[0], after.steps[0]]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8],
    ]);
    // perhaps in the update before the one that tells the run's end
    expect(after.states).toEqual(['CANCELLED', 'CANCELLED']);
    expect(after.last.run.state).toBe('CANCELLED');
  });

  test('and is far behind gets much at once, but never all of a very long curve', async () => {
    const trial = await begin(trialIds[0]);
    const updates = await registry.trainingProgress.follow(runId);
    await updates.next();
    for (const part of [epochs(1, 6000), epochs(6001, 12_000)]) await registry.trials.report(trial, part);
    const sizes: number[] = [];
    await take(updates, ({ trials }) => sizes.push(trials[0].points.length) === 3);
    expect(sizes).toEqual([5000, 5000, 2000]);
    await updates.return!();
  });

  test('and goes is forgotten at once, whatever it waits for', async () => {
    const updates = await registry.trainingProgress.follow(runId);
    await updates.next();
    const waiting = updates.next();
    expect(opened.runChanges.size).toBe(1);
    await updates.return!();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const unused = await registry.trainingProgress.follow(runId);
    await unused.return!();
  });

  test('misses nothing while the database is away', async () => {
    let failures = 3;
    const away = Object.create(store, {
      trialStates: {
        value: (id: string) =>
          failures-- > 0 ? Promise.reject(new NatriumError('UNAVAILABLE', 'away')) : store.trialStates(id),
      },
    }) as Store;
    const { trainingProgress } = new Registry({ ...opened.ports, store: away });
    const updates = await trainingProgress.follow(runId);
    const all = take(updates, ({ trials }) => trials.some(({ points }) => points.length > 0));
    const trial = await begin(trialIds[0]);
    await until(async () => {
      await registry.trials.report(trial, epochs(1, 4));
      return failures < 0;
    }, 'the database to be back');
    expect((await all).steps[0]).toEqual([1, 2, 3, 4]);
    await updates.return!();
  });

  test('that there is not is told so', async () => {
    await expect(registry.trainingProgress.follow('999999')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the completion of a run', () => {
  test('is queued once, though the last trials end together', async () => {
    const trials = [await begin(trialIds[0]), await begin(trialIds[1])];
    await Promise.all(trials.map((trial, i) => complete(trial, weights(`${i}`), outcome(i))));
    expect(jobs).toEqual([{ kind: 'completion', trainingRunId: runId }]);
  });

  test('waits for every trial', async () => {
    await complete(await begin(trialIds[0]), weights('one'), outcome(1));
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'RUNNING' });
    expect(await store.modelVersions.findOne({ trainingRunId: runId })).toBeNull();
  });

  test('makes one version of the best trial and its evaluations, however often it is done', async () => {
    await succeed([2, 1]);
    await Promise.all([registry.trials.completeRun(runId), registry.trials.completeRun(runId)]);
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'SUCCEEDED', failure: null, finishedAt: expect.any(Date) });
    const versions = await store.modelVersions.findAll({ trainingRunId: runId });
    expect(versions).toMatchObject([{ trialId: trialIds[1], weightsSha256: sha256Of(weights('1')) }]);
    const evaluations = await store.evaluations.findAll({ modelVersionId: versions[0].id });
    expect(evaluations.map(({ split }) => split)).toEqual(['validation', 'test']);
    await expect(registry.training.cancel(LOCAL_ADMIN, request('cancelTrainingRun'), runId)).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
  });

  test('passes over weights that were damaged since, and says so', async () => {
    await succeed([1, 2]);
    damage(weights('1'));
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'SUCCEEDED' });
    expect(await store.modelVersions.findAll({ trainingRunId: runId })).toMatchObject([{ trialId: trialIds[1] }]);
    expect(await trialNow(trialIds[0])).toMatchObject({
      ...{ state: 'FAILED', outcome: null, weightsSha256: null },
      failure: expect.stringMatching(/^Artifact [0-9a-f]{64} .* is damaged/),
    });
  });

  test('fails when all weights were damaged, and resuming trains them again', async () => {
    await succeed([1, 2]);
    damage(weights('1'));
    damage(weights('2'));
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({
      state: 'FAILED',
      failure: expect.stringMatching(/^trial 0: Artifact .* is damaged.*; trial 1: Artifact .* is damaged/),
    });
    expect(await store.modelVersions.findOne({ trainingRunId: runId })).toBeNull();

    await registry.training.resume(LOCAL_ADMIN, request('resumeTrainingRun'), runId);
    expect(jobs.splice(0)).toEqual(trialIds.map((trialId) => ({ kind: 'trial', trialId })));
    await succeed([1, 2]);
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await store.modelVersions.findAll({ trainingRunId: runId })).toMatchObject([{ trialId: trialIds[0] }]);
  });
});

describe('the completion of a committee', () => {
  beforeEach(() => train({ ...SETTINGS, committee: true }));

  test('reads the weights of every member back before it is visible', async () => {
    await succeed([1, 2]);
    await registry.trials.completeRun(runId);
    const [version] = await store.modelVersions.findAll({ trainingRunId: runId });
    expect(version).toMatchObject({
      ...{ trialId: trialIds[0], weightsSha256: sha256Of(weights('1')) },
      members: [1, 2].map((loss, i) => ({
        ...{ trialId: trialIds[i], seed: i + 1, epoch: 1, validationLoss: loss },
        weightsSha256: sha256Of(weights(String(loss))),
      })),
    });
    const evaluations = await store.evaluations.findAll({ modelVersionId: version.id });
    for (const { predictedPpm, standardDeviationsPpm } of evaluations) {
      expect(standardDeviationsPpm).toEqual(predictedPpm.map(() => 0));
    }
  });

  test('fails when fewer than two members are left, and says why', async () => {
    await succeed([1, 2]);
    damage(weights('2'));
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({
      state: 'FAILED',
      failure: expect.stringMatching(
        /^a committee needs 2 members, and only the trial of seed 1 succeeded; train again with other seeds, or without committee; trial 1: Artifact .* is damaged/,
      ),
    });
    expect(await store.modelVersions.findOne({ trainingRunId: runId })).toBeNull();
  });
});

describe('the completion of a reproduction', () => {
  test('says why it failed when a trial did, and goes on when it is resumed', async () => {
    await succeed([2, 1]);
    await registry.trials.completeRun(runId);
    const [version] = await store.modelVersions.findAll({ trainingRunId: runId });
    const original = runId;
    runId = await registry.reproductions.reproduce(LOCAL_ADMIN, request('reproduceModelVersion'), {
      ...{ modelVersion: `synthetic/${version.version}`, seeds: null },
    });
    const [first, second] = jobs.splice(0).map((job) => (job.kind === 'trial' ? job.trialId : 'none'));
    const repeat = async (id: string, text: string) => {
      const trial = await begin(id);
      // as the original, whose curve is of no epoch
      expect((await registry.trials.taskOf(trial)).settings).toMatchObject({ epochs: 0, maxMinutes: null });
      await complete(trial, Buffer.from(`weights ${original} ${text}`), outcome(0));
    };
    const comparison = async () =>
      compareTrials(
        version,
        await store.trials.findAll({ trainingRunId: original }),
        await store.trials.findAll({ trainingRunId: runId }),
      );
    await repeat(first, '2');
    expect(await comparison()).toMatchObject({ agrees: null, trials: [{ agrees: true }, { agrees: null }] });
    await fail(await begin(second), 'diverged');
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'FAILED', failure: 'trial 1: diverged' });
    expect(await comparison()).toMatchObject({
      agrees: null,
      trials: [{ agrees: true }, { sha256: null, agrees: null }],
    });

    await registry.training.resume(LOCAL_ADMIN, request('resumeTrainingRun'), runId);
    await repeat(second, 'others');
    await registry.trials.completeRun(runId);
    await registry.trials.completeRun(runId);
    expect(await runNow()).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await comparison()).toMatchObject({ agrees: false, trials: [{ agrees: true }, { agrees: false }] });
    expect(await store.modelVersions.findOne({ trainingRunId: runId })).toBeNull();
  });
});
