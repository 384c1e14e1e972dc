import { beforeAll, describe, expect, test } from 'vitest';
import type { Structure } from '../../src/chemistry/structure.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/ml/schnet/checkpoint.ts';
import type { SchNetBatch, SchNetEngine, SchNetSession, StepSize } from '../../src/ml/schnet/engine.ts';
import { evaluateLoss } from '../../src/ml/schnet/loss.ts';
import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import {
  type EpochProgress,
  SCHNET_TRAINING_DEFAULTS,
  type SchNetTrainingOptions,
  trainSchNet,
} from '../../src/ml/schnet/training.ts';
import { Random } from '../../src/random.ts';
import { randomStructure, SMALL } from '../contract/schnet-engine.ts';

const OPTIONS: SchNetTrainingOptions = {
  hyperparameters: SMALL,
  loss: { kind: 'MSE' },
  ...SCHNET_TRAINING_DEFAULTS,
  batchSize: 4,
  epochs: 6,
  seed: 1,
};

/** Clusters whose targets follow from the structure: the number of neighbours within 3.5 Å, centred. */
function split(seed: number, clusters: number): SchNetBatch {
  const random = new Random(seed);
  const structures = Array.from({ length: clusters }, (_, k) => randomStructure(random, Array(3 + (k % 4)).fill(11)));
  return { structures, targets: structures.map(neighbourCounts) };
}

function neighbourCounts({ atomicNumbers, positionsAngstrom: p }: Structure): Float64Array {
  const distance = (i: number, j: number) => Math.hypot(...[0, 1, 2].map((k) => p[3 * i + k] - p[3 * j + k]));
  return Float64Array.from(
    atomicNumbers,
    (_, i) => atomicNumbers.filter((_other, j) => j !== i && distance(i, j) < 3.5).length - 2,
  );
}

const TRAIN = split(1, 10);
const VALIDATION = split(2, 5);

/** An engine whose sessions are watched or changed. */
function altered(engine: SchNetEngine, alter: (session: SchNetSession) => Partial<SchNetSession>): SchNetEngine {
  return {
    ...engine,
    open: (...args) => {
      const session = engine.open(...args);
      const bound: SchNetSession = {
        predict: session.predict.bind(session),
        gradients: session.gradients.bind(session),
        step: session.step.bind(session),
        weights: session.weights.bind(session),
        optimizerState: session.optimizerState.bind(session),
        restoreOptimizer: session.restoreOptimizer.bind(session),
        dispose: session.dispose.bind(session),
      };
      return { ...bound, ...alter(bound) };
    },
  };
}

describe('trainSchNet', () => {
  let engine: SchNetEngine;
  beforeAll(async () => {
    engine = await openTensorflow('wasm');
  });

  test('learns, and answers the weights of the epoch with the least validation loss as trained', async () => {
    const options: SchNetTrainingOptions = { ...OPTIONS, loss: { kind: 'DISTRIBUTION', weight: 3 }, epochs: 60 };
    const heard: EpochProgress[] = [];
    const result = await trainSchNet(engine, TRAIN, VALIDATION, options, {
      onEpoch: (progress) => void heard.push(progress),
    });
    const losses = result.epochs.map(({ validationLoss }) => validationLoss);
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 60 }, (_, k) => k + 1));
    expect(result.epochs.at(-1)!.trainLoss).toBeLessThan(result.epochs[0].trainLoss / 2);
    expect(result.validationLoss).toBe(Math.min(...losses));
    expect(result.bestEpoch).toBe(losses.indexOf(result.validationLoss) + 1);
    expect(heard.map(({ validationLoss }) => validationLoss)).toEqual(losses);
    expect(heard.at(-1)!.bestEpoch).toBe(result.bestEpoch);

    const predictions = await engine.open(SMALL, result.weights).predict(VALIDATION.structures);
    const flat = (arrays: readonly Float64Array[]) => arrays.flatMap((each) => [...each]);
    const best = evaluateLoss(flat(predictions), flat(VALIDATION.targets), options.loss);
    expect(best.loss).toBe(result.validationLoss);
    expect(Math.sqrt(best.meanSquaredError)).toBe(result.epochs[result.bestEpoch - 1].validationRmse);
  });

  test('tells errors in the units that are asked for, and trains as before', async () => {
    const inPpm = (outputs: ArrayLike<number>) => Float64Array.from(outputs, (output) => 600 + 30 * output);
    const plain = await trainSchNet(engine, TRAIN, VALIDATION, OPTIONS);
    const told = await trainSchNet(engine, TRAIN, VALIDATION, OPTIONS, { told: { quickly: inPpm, exactly: inPpm } });
    expect(told.weights).toEqual(plain.weights);
    for (const [epoch, { trainRmse, validationRmse, trainLoss, validationLoss }] of told.epochs.entries()) {
      expect(trainRmse! / plain.epochs[epoch].trainRmse!).toBeCloseTo(30, 8);
      expect(validationRmse! / plain.epochs[epoch].validationRmse!).toBeCloseTo(30, 8);
      expect([trainLoss, validationLoss]).toEqual([plain.epochs[epoch].trainLoss, plain.epochs[epoch].validationLoss]);
    }
  });

  test('the best epoch is not the last one when the validation loss rises again', async () => {
    // validation targets of the opposite sign: the better the training, the worse
    const opposite = { ...TRAIN, targets: TRAIN.targets.map((cluster) => cluster.map((y) => -5 * y)) };
    const result = await trainSchNet(engine, TRAIN, opposite, { ...OPTIONS, epochs: 40 });
    expect(result.bestEpoch).toBeLessThan(40);
    expect(result.validationLoss).toBeLessThan(result.epochs.at(-1)!.validationLoss);
  });

  test('ends when the validation loss has found no new minimum for as long as was asked', async () => {
    const opposite = { ...TRAIN, targets: TRAIN.targets.map((cluster) => cluster.map((y) => -5 * y)) };
    const options = { ...OPTIONS, epochs: 40, patienceEpochs: 3 };
    const { bestEpoch, epochs } = await trainSchNet(engine, TRAIN, opposite, options);
    expect(epochs.length).toBe(bestEpoch + 3);
    expect(epochs.length).toBeLessThan(40);
  });

  test('ends after the epoch in which the time is over', async () => {
    const long = { ...OPTIONS, epochs: 40, maxMinutes: 0.001 };
    const slow = altered(engine, (session) => ({
      step: (...args) => {
        const end = performance.now() + 20;
        while (performance.now() < end);
        return session.step(...args);
      },
    }));
    // three steps of 20 ms an epoch: the minute's thousandth is over in the first one
    expect((await trainSchNet(slow, TRAIN, VALIDATION, long)).epochs).toHaveLength(1);
  });

  test('hands each step the learning rate of its epoch, and the largest gradient', async () => {
    const sizes: StepSize[] = [];
    const watched = altered(engine, (session) => ({
      step: (batch, loss, size) => {
        sizes.push(size);
        return session.step(batch, loss, size);
      },
    }));
    const options = { ...OPTIONS, epochs: 3, batchSize: 10, learningRateDecay: 0.5, largestGradientNorm: 2 };
    await trainSchNet(watched, TRAIN, VALIDATION, options);
    expect(sizes).toEqual([0.01, 0.005, 0.0025].map((learningRate) => ({ learningRate, largestGradientNorm: 2 })));
  });

  test('a seed repeats bit for bit, another seed does not', async () => {
    const train = (seed: number) => trainSchNet(engine, TRAIN, VALIDATION, { ...OPTIONS, seed });
    const [first, again, other] = [await train(1), await train(1), await train(2)];
    expect(again.weights).toEqual(first.weights);
    expect(again.validationLoss).toBe(first.validationLoss);
    expect(other.validationLoss).not.toBe(first.validationLoss);
  });

  test('goes on from a stored checkpoint bit for bit', async () => {
    const whole = await trainSchNet(engine, TRAIN, VALIDATION, OPTIONS);
    let stored = new Uint8Array();
    let steps = 0;
    await trainSchNet(
      engine,
      TRAIN,
      VALIDATION,
      { ...OPTIONS, epochs: 3 },
      {
        onStep: async (checkpoint) => {
          // three steps an epoch: in the middle of the third one
          if (++steps === 7) stored = Uint8Array.from(encodeCheckpoint(await checkpoint()));
        },
      },
    );
    const epochs: number[] = [];
    const resumed = await trainSchNet(engine, TRAIN, VALIDATION, OPTIONS, {
      onEpoch: ({ epoch }) => void epochs.push(epoch),
      resumeFrom: decodeCheckpoint(stored, 'the checkpoint'),
    });
    expect(epochs).toEqual([3, 4, 5, 6]);
    const withoutTime = ({ seconds: _, ...rest }: { seconds: number }) => rest;
    expect(resumed.epochs.map(withoutTime)).toEqual(whole.epochs.map(withoutTime));
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.bestEpoch).toBe(whole.bestEpoch);
  });

  test('visits every cluster once an epoch, in an order of its own', async () => {
    const orders: number[][] = [];
    const watched = altered(engine, (session) => ({
      step: (batch, ...rest) => {
        orders.push(batch.structures.map((structure) => TRAIN.structures.indexOf(structure)));
        for (const [k, structure] of batch.structures.entries()) {
          expect(batch.targets[k]).toBe(TRAIN.targets[TRAIN.structures.indexOf(structure)]);
        }
        return session.step(batch, ...rest);
      },
    }));
    await trainSchNet(watched, TRAIN, VALIDATION, { ...OPTIONS, epochs: 2 });
    expect(orders.map(({ length }) => length)).toEqual([4, 4, 2, 4, 4, 2]);
    const [first, second] = [orders.slice(0, 3).flat(), orders.slice(3).flat()];
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...second].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(second).not.toEqual(first);
  });

  test('stops between steps when it is aborted, with the reason given, and lets its session go', async () => {
    const controller = new AbortController();
    let [steps, disposed] = [0, 0];
    const watched = altered(engine, (session) => ({
      step: (...args) => {
        if (++steps === 5) controller.abort(new Error('enough'));
        return session.step(...args);
      },
      dispose: () => {
        disposed++;
        session.dispose();
      },
    }));
    const training = trainSchNet(watched, TRAIN, VALIDATION, OPTIONS, { signal: controller.signal });
    await expect(training).rejects.toThrow('enough');
    expect(steps).toBe(5);
    expect(disposed).toBe(1);
  });

  test('lets other work run between steps', async () => {
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    const slow = altered(engine, () => ({
      // longer than the interval, without giving up control
      step: async () => {
        const end = performance.now() + 3;
        while (performance.now() < end);
        return { loss: 1, meanSquaredError: 1, outputs: [] };
      },
    }));
    await trainSchNet(slow, TRAIN, VALIDATION, OPTIONS);
    clearInterval(turn);
    expect(turns).toBeGreaterThan(5);
  });

  test('ends with a reason when the loss is no longer finite', async () => {
    let steps = 0;
    const diverging = altered(engine, (session) => ({
      step: async (...args) => {
        const outcome = await session.step(...args);
        return ++steps === 5 ? { ...outcome, loss: Number.NaN, meanSquaredError: Number.NaN } : outcome;
      },
    }));
    await expect(trainSchNet(diverging, TRAIN, VALIDATION, OPTIONS)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringMatching(/seed 1 diverged in epoch 2: the loss of batch 2 is NaN.*than 0\.01/),
      details: { reason: 'DIVERGED', epoch: 2 },
    });
    const overflowing = altered(engine, () => ({
      predict: async (structures) =>
        structures.map(({ atomicNumbers }) => new Float64Array(atomicNumbers.length).fill(1e200)),
    }));
    await expect(trainSchNet(overflowing, TRAIN, VALIDATION, OPTIONS)).rejects.toMatchObject({
      message: expect.stringMatching(/epoch 1: the validation loss is Infinity/),
    });
  });

  test.each<[string, Partial<SchNetTrainingOptions>, string]>([
    ['learningRate', { learningRate: 0 }, 'learningRate'],
    ['batchSize', { batchSize: 2.5 }, 'batchSize'],
    ['learningRateDecay', { learningRateDecay: 1.1 }, 'learningRateDecay'],
    ['patienceEpochs', { patienceEpochs: 0 }, 'patienceEpochs'],
    ['largestGradientNorm', { largestGradientNorm: 0 }, 'largestGradientNorm'],
    ['maxMinutes', { maxMinutes: -1 }, 'maxMinutes'],
    ['epochs', { epochs: 0 }, 'epochs'],
    ['seed', { seed: -1 }, 'seed'],
    ['loss weight', { loss: { kind: 'DISTRIBUTION', weight: -3 } }, 'weight'],
    ['hyperparameters', { hyperparameters: { ...SMALL, interactions: 0 } }, 'interactions'],
  ])('refuses an impossible %s', async (_what, changed, field) => {
    await expect(trainSchNet(engine, TRAIN, VALIDATION, { ...OPTIONS, ...changed })).rejects.toMatchObject({
      code: 'INVALID_HYPERPARAMETER',
      details: { field },
    });
  });

  test('refuses empty splits, targets that are not finite, and missing ones', async () => {
    const none = { structures: [], targets: [] };
    await expect(trainSchNet(engine, none, VALIDATION, OPTIONS)).rejects.toMatchObject({
      code: 'EMPTY_SPLIT',
    });
    await expect(trainSchNet(engine, TRAIN, none, OPTIONS)).rejects.toMatchObject({ code: 'EMPTY_SPLIT' });
    const infinite = { ...TRAIN, targets: TRAIN.targets.with(3, TRAIN.targets[3].with(0, Number.POSITIVE_INFINITY)) };
    await expect(trainSchNet(engine, infinite, VALIDATION, OPTIONS)).rejects.toMatchObject({
      code: 'NON_FINITE_NUMBER',
    });
    const short = { ...TRAIN, targets: TRAIN.targets.slice(1) };
    await expect(trainSchNet(engine, short, VALIDATION, OPTIONS)).rejects.toThrow(RangeError);
  });
});

test('decodeCheckpoint refuses weights that are no checkpoint', () => {
  const bytes = new TextEncoder().encode('\x02\0\0\0\0\0\0\0{}');
  expect(() => decodeCheckpoint(bytes, 'the checkpoint of run 7')).toThrowError(
    expect.objectContaining({ code: 'CORRUPT_ARTIFACT', message: expect.stringMatching(/^the checkpoint of run 7/) }),
  );
});
