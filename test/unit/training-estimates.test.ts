import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NatriumError } from '../../src/errors.ts';
import type { MeasurementTask, SchNetSettings } from '../../src/ml/model.ts';
import type { SchNetMeasurement } from '../../src/ml/schnet/measurement.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import { computing, openTestRegistry, request, type TestRegistry } from '../support/registry.ts';

// Eight clusters to train on and three for validation, on a computer whose speed the tests choose.

const SETTINGS: SchNetSettings = {
  ...{ kind: 'SCHNET', engine: 'WASM', committee: false },
  ...{ atomBasis: 8, filters: 8, gaussians: 8, interactions: 1, cutoffAngstrom: 6 },
  ...{ ...SCHNET_TRAINING_DEFAULTS, loss: 'MSE', distributionWeight: 3, batchSize: 3, epochs: 10, seeds: [1, 2, 3] },
};
const MEASURED: SchNetMeasurement = { engine: 'invented', secondsPerStep: 3, secondsPerValidation: 2 };

let opened: TestRegistry;
let asked: MeasurementTask[];
let measure: (task: MeasurementTask, signal: AbortSignal) => Promise<SchNetMeasurement>;

beforeAll(async () => {
  opened = await openTestRegistry(computing({ measure: (task, signal) => measure(task, signal) }));
});
afterAll(() => opened?.dispose());
beforeEach(() => {
  asked = [];
  measure = async (task) => {
    asked.push(task);
    return MEASURED;
  };
});

function estimate(settings: Partial<SchNetSettings> = {}) {
  return opened.registry.trainingEstimates.estimate(LOCAL_ADMIN, {
    ...{ model: 'm', datasetVersion: 'synthetic/1', target: 'DIRECT', settings: { ...SETTINGS, ...settings } },
  });
}

/** Workers of these names live while `work` lasts. */
async function withWorkers<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  const { workers } = opened.store;
  for (const [i, name] of names.entries()) await workers.enter({ name, host: 'host', pid: i + 1, version: '1.0.0' });
  try {
    return await work();
  } finally {
    for (const name of names) await workers.leave(name);
  }
}

describe('an estimate', () => {
  test('makes epochs, trials and runs out of a step and a validation', async () => {
    const made = await withWorkers(['a:1', 'a:2', 'drained:3', 'silent:4'], async () => {
      await opened.store.workers.drain('drained:3', 'admin');
      await opened.dataSource.query(
        `UPDATE workers SET heartbeat_at = now() - interval '16 seconds' WHERE name = 'silent:4'`,
      );
      return estimate();
    });
    // 8 clusters are 2 2/3 mini-batches of 3
    expect(made).toEqual({
      ...{ engine: 'invented', secondsPerStep: 3, stepsPerEpoch: 3, secondsPerEpoch: 10, secondsPerTrial: 100 },
      ...{ trials: 3, workers: 2, trialsAhead: 0, seconds: 200, reason: null },
    });
  });

  test('of mini-batches larger than the split is one of one step an epoch', async () => {
    expect(await estimate({ batchSize: 100 })).toMatchObject({ stepsPerEpoch: 1, secondsPerEpoch: 5 });
  });

  test('ends with the epoch in which the minutes are over, and never with more epochs than asked', async () => {
    expect(await estimate({ maxMinutes: 0.4 })).toMatchObject({ secondsPerEpoch: 10, secondsPerTrial: 30 });
    expect(await estimate({ maxMinutes: 1000 })).toMatchObject({ secondsPerTrial: 100 });
  });

  test('without workers gives no seconds and says why; it counts the trials that come first', async () => {
    await opened.registry.training.trainSchNet(LOCAL_ADMIN, request('trainSchNet'), {
      ...{ model: 'other', datasetVersion: 'synthetic/1', target: 'DIRECT', settings: SETTINGS },
    });
    expect(await estimate()).toMatchObject({
      ...{ secondsPerTrial: 100, workers: 0, trialsAhead: 3, seconds: null },
      reason: expect.stringMatching(/^no worker takes jobs; trials wait until one does/),
    });
  });

  test('is measured on clusters of the splits with their shieldings', async () => {
    await estimate({ engine: 'TENSORFLOW' });
    const [{ settings, target, train, validation }] = asked;
    expect([settings.engine, target]).toEqual(['TENSORFLOW', 'DIRECT']);
    expect([train.length, validation.length]).toEqual([8, 3]);
    expect(train.map(({ structure }) => structure.atomicNumbers.length).sort()).toEqual([5, 5, 5, 6, 6, 6, 7, 7]);
    for (const { structure, shieldingsPpm } of train) {
      expect(shieldingsPpm).toHaveLength(structure.atomicNumbers.length);
    }
  });

  test('refuses what a training would, and measures nothing', async () => {
    await expect(estimate({ epochs: 0 })).rejects.toMatchObject({ code: 'INVALID_HYPERPARAMETER' });
    await expect(estimate({ seeds: [1], committee: true })).rejects.toMatchObject({ code: 'INVALID_HYPERPARAMETER' });
    const reader = { ...LOCAL_ADMIN, role: 'READER' as const };
    const input = { model: 'm', datasetVersion: 'synthetic/1', target: 'DIRECT' as const, settings: SETTINGS };
    const { trainingEstimates } = opened.registry;
    await expect(trainingEstimates.estimate(reader, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(trainingEstimates.estimate(LOCAL_ADMIN, { ...input, model: 'A' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(asked).toEqual([]);
  });

  test('passes on why nothing could be measured, and the next one is measured', async () => {
    const works = measure;
    measure = () => Promise.reject(new Error('out of memory'));
    await expect(estimate()).rejects.toThrow('out of memory');
    measure = works;
    expect(await estimate()).toMatchObject({ secondsPerEpoch: 10 });
  });
});

describe('measurements', () => {
  test('come one after the other; a few wait, others are refused', async () => {
    let atWork = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    measure = async () => {
      most = Math.max(most, ++atWork);
      await new Promise<void>((resolve) => ends.push(resolve));
      atWork -= 1;
      return MEASURED;
    };
    const refused: NatriumError[] = [];
    const all = Promise.all(
      Array.from({ length: 6 }, () => estimate().catch((reason: NatriumError) => void refused.push(reason))),
    );
    let ended = false;
    void all.then(() => {
      ended = true;
    });
    while (!ended) {
      // not before all are there, or those that come late would find room
      if (refused.length === 2) ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused.map(({ code, message }) => [code, message])).toEqual(
      Array(2).fill(['UNAVAILABLE', '4 estimates are being measured already; try again in a minute']),
    );
    expect(most).toBe(1);
  });

  test('end after 10 s with a way out', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      measure = (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          vi.advanceTimersByTime(10_000);
        });
      await expect(estimate({ batchSize: 8 })).rejects.toMatchObject({
        code: 'TOO_LARGE',
        message: expect.stringMatching(
          /^a step on 8 clusters and a validation could not be measured within 10 s.*; make/,
        ),
      });
    } finally {
      vi.useRealTimers();
    }
  });
});
