import { afterEach, expect, test, vi } from 'vitest';
import type { SchNetBatch, SchNetEngine } from '../../src/ml/schnet/engine.ts';
import { measureTraining } from '../../src/ml/schnet/measurement.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** An engine whose steps and predictions take as long as the test says, by a clock that nothing else moves. */
function clockwork(stepSeconds: (step: number) => number, predictionSeconds: (prediction: number) => number) {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const steps: SchNetBatch[] = [];
  let predictions = 0;
  let disposed = 0;
  const engine = {
    name: 'wasm',
    backend: 'clockwork',
    open: () => ({
      async step(batch: SchNetBatch) {
        now += 1000 * stepSeconds(steps.length);
        steps.push(batch);
      },
      async predict() {
        now += 1000 * predictionSeconds(predictions++);
      },
      dispose: () => {
        disposed += 1;
      },
    }),
  } as unknown as SchNetEngine;
  const measured = (clusters: number, batchSize: number) =>
    measureTraining(engine, batchOf(clusters), batchOf(2), {
      ...SCHNET_TRAINING_DEFAULTS,
      ...{ loss: { kind: 'MSE' }, batchSize, seed: 1 },
      hyperparameters: { atomBasis: 4, filters: 4, gaussians: 4, interactions: 1, cutoffAngstrom: 5 },
    });
  return { measured, steps, disposed: () => disposed };
}

function batchOf(clusters: number): SchNetBatch {
  const structure = { atomicNumbers: [11], positionsAngstrom: new Float64Array(3), charge: 0, multiplicity: 2 };
  return {
    structures: Array.from({ length: clusters }, () => ({ ...structure })),
    targets: Array.from({ length: clusters }, () => new Float64Array(1)),
  };
}

test('counts no step on a mini-batch that is seen for the first time', async () => {
  const { measured, steps, disposed } = clockwork(
    (step) => (step < 3 ? 0.25 : 0.125),
    () => 0.5,
  );
  expect(await measured(11, 3)).toEqual({
    ...{ engine: 'wasm (clockwork)', secondsPerStep: 0.125, secondsPerValidation: 0.5 },
  });
  // three whole mini-batches of the 11 clusters, then round and round for two seconds
  expect(steps).toHaveLength(3 + 16);
  expect(new Set(steps.map(({ structures }) => structures[0])).size).toBe(3);
  expect(steps.every(({ structures, targets }) => structures.length === 3 && targets.length === 3)).toBe(true);
  expect(steps[3]).toBe(steps[0]);
  expect(disposed()).toBe(1);
});

test('warms up for a second and no longer', async () => {
  const { measured, steps } = clockwork(
    () => 0.5,
    () => 0.5,
  );
  expect(await measured(100, 1)).toMatchObject({ secondsPerStep: 0.5 });
  expect(steps).toHaveLength(2 + 4);
  expect(steps.slice(2).every((batch, k) => batch === steps[k % 2])).toBe(true);
});

test('takes all clusters where there are fewer than a mini-batch has', async () => {
  const { measured, steps } = clockwork(
    () => 1 / 64,
    () => 0.5,
  );
  await measured(5, 100);
  expect(steps.every(({ structures }) => structures.length === 5)).toBe(true);
});

test('counts slow steps and validations from the first one on', async () => {
  const { measured, steps } = clockwork(
    (step) => 4 + step,
    (prediction) => 3 + prediction,
  );
  expect(await measured(8, 4)).toMatchObject({ secondsPerStep: 4, secondsPerValidation: 3 });
  expect(steps).toHaveLength(1);
});

test('counts the second validation where the first is fast', async () => {
  const { measured } = clockwork(
    () => 1,
    (prediction) => 0.5 / (prediction + 1),
  );
  expect(await measured(4, 2)).toMatchObject({ secondsPerValidation: 0.25 });
});
