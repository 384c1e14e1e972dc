import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateCluster } from '../../src/chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { sineOfQuarterTurns } from '../../src/exact/sine.ts';
import type { SchNetSettings, TrainingTask } from '../../src/ml/model.ts';
import { float32Tensor, type NamedTensors } from '../../src/ml/safetensors.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingCheckpoint } from '../../src/ml/schnet/checkpoint.ts';
import type { SchNetBatch } from '../../src/ml/schnet/engine.ts';
import { SCHNET_DEFAULTS, type SchNetHyperparameters } from '../../src/ml/schnet/hyperparameters.ts';
import { schNetModel } from '../../src/ml/schnet/model.ts';
import { SCHNET_TRAINING_DEFAULTS, type SchNetTrainingOptions, trainSchNet } from '../../src/ml/schnet/training.ts';
import { DistanceGrid, GRID_ERROR, writeInterpolationWeights } from '../../src/ml/schnet/wasm/distance-grid.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { initialWeights } from '../../src/ml/schnet/weights.ts';
import { standardDeviation } from '../../src/ml/statistics/statistics.ts';
import { Random } from '../../src/random.ts';
import { plainSchNet } from '../contract/plain-schnet.ts';
import { randomStructure, randomWeights } from '../contract/schnet-engine.ts';

const STEP = { learningRate: 0.01, largestGradientNorm: null };

function clusters(count: number, seed: number): Structure[] {
  const parameters = { element: 'Na', sizes: [7, 12], clustersPerSize: count, laws: PAPER_LAWS, seed };
  return Array.from({ length: 2 * count }, (_, index) => generateCluster(parameters, index).structure);
}

function batchOf(structures: readonly Structure[], seed: number): SchNetBatch {
  const random = new Random(seed);
  return {
    structures,
    targets: structures.map(({ atomicNumbers }) => Float64Array.from(atomicNumbers, () => random.normal())),
  };
}

function sha256(weights: NamedTensors): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of weights) hash.update(name).update(new Uint8Array(data.buffer));
  return hash.digest('hex');
}

describe('a training', () => {
  const train = batchOf(clusters(6, 1), 2);
  const validation = batchOf(clusters(2, 3), 4);
  const options: SchNetTrainingOptions = {
    hyperparameters: { ...SCHNET_DEFAULTS, atomBasis: 32, filters: 48 },
    loss: { kind: 'DISTRIBUTION', weight: 3 },
    ...{ ...SCHNET_TRAINING_DEFAULTS, batchSize: 5, epochs: 4, seed: 5 },
  };
  // of arithmetic 2 (engine.ts); a change of it needs a new number there
  const SHA256 = '210a7e2e6f196aff6c2021dee216fa8dc28980f3bc168d81e97950d9dd3bdf0c';

  test('gives the same bits on every machine', async () => {
    const { weights } = await trainSchNet(wasmEngine, train, validation, options);
    expect(sha256(weights)).toBe(SHA256);
  });

  // three steps an epoch
  test.each([[[1]], [[2, 3, 4]], [[1, 5, 9, 10, 11]], [[12]]])(
    'gives them when it is stopped after steps %j and resumed',
    async (stops) => {
      let resumeFrom: TrainingCheckpoint | undefined;
      let steps = 0;
      for (const stop of stops) {
        const stopped = new Error('stopped');
        const part = trainSchNet(wasmEngine, train, validation, options, {
          resumeFrom,
          onStep: async (checkpoint) => {
            if (++steps < stop) return;
            resumeFrom = decodeCheckpoint(encodeCheckpoint(await checkpoint()), 'the checkpoint');
            throw stopped;
          },
        });
        await expect(part).rejects.toBe(stopped);
      }
      const { weights } = await trainSchNet(wasmEngine, train, validation, options, { resumeFrom });
      expect(sha256(weights)).toBe(SHA256);
    },
  );
});

describe('what a session saw before', () => {
  test('changes no bit: other elements in another order, and shorter distances', async () => {
    const hyperparameters = { ...SCHNET_DEFAULTS, atomBasis: 32, filters: 16 };
    const weights = randomWeights(hyperparameters, 1);
    const random = new Random(2);
    const structures = [
      [11, 17, 11, 8],
      [8, 8, 11],
      [17, 11, 11, 11, 1],
    ].map((each) => randomStructure(random, each));
    const batch = batchOf(structures, 3);
    const fresh = wasmEngine.open(hyperparameters, weights);
    const experienced = wasmEngine.open(hyperparameters, weights);
    const near = {
      ...randomStructure(random, [99, 1, 17]),
      positionsAngstrom: Float64Array.of(0, 0, 0, 0.6, 0, 0, 0, 9, 0),
    };
    await experienced.predict([near, structures[2], structures[0]]);
    for (let step = 0; step < 3; step++) {
      expect(await experienced.step(batch, { kind: 'MSE' }, STEP)).toEqual(
        await fresh.step(batch, { kind: 'MSE' }, STEP),
      );
    }
    expect(sha256(await experienced.weights())).toBe(sha256(await fresh.weights()));
    expect(await experienced.predict(structures)).toEqual(await fresh.predict(structures));
  });
});

describe('networks of other sizes', () => {
  test.each<Partial<SchNetHyperparameters>>([
    { atomBasis: 16, filters: 16, interactions: 1 },
    { atomBasis: 64, filters: 32, interactions: 6 },
    { atomBasis: 16, filters: 512, gaussians: 50 },
    { atomBasis: 512, filters: 16, cutoffAngstrom: 4 },
    { atomBasis: 48, filters: 80, gaussians: 2, cutoffAngstrom: 12 },
    { atomBasis: 30, filters: 7, gaussians: 100, cutoffAngstrom: 9 },
  ])('predict what the equations say: %j', async (changed) => {
    const hyperparameters = { ...SCHNET_DEFAULTS, ...changed };
    const weights = randomWeights(hyperparameters, 4);
    const structures = [...clusters(1, 5), randomStructure(new Random(6), [11, 17, 1, 11, 8, 8])];
    const predictions = await wasmEngine.open(hyperparameters, weights).predict(structures);
    structures.forEach((structure, index) => {
      plainSchNet(hyperparameters, weights, structure).forEach((expected, atom) => {
        expect(Math.abs(predictions[index][atom] - expected)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected)));
      });
    });
  });
});

describe('the distance grid', () => {
  test('becomes finer with the Gaussians, and the engine says so', () => {
    const of = (gaussians: number) => wasmEngine.describeFilters({ ...SCHNET_DEFAULTS, gaussians });
    expect([of(50), of(100)]).toEqual([
      'filters at up to 452 distances 0.0134 Å apart, Gaussians between them within 0.00001',
      'filters at up to 910 distances 0.0066 Å apart, Gaussians between them within 0.00001',
    ]);
  });

  test.each<Partial<SchNetHyperparameters>>([
    {},
    { gaussians: 100 },
    { gaussians: 2 },
    { cutoffAngstrom: 12, gaussians: 31 },
  ])('gives Gaussians and cutoff to the error that it promises: %j', (changed) => {
    const hyperparameters = { ...SCHNET_DEFAULTS, ...changed };
    const { cutoffAngstrom, gaussians } = hyperparameters;
    const grid = new DistanceGrid(hyperparameters);
    const nodes = Array.from({ length: grid.mostNodes }, (_, node) => {
      const values = new Float32Array(gaussians);
      return { cutoff: grid.describe(node, values, 0), values };
    });
    const width = cutoffAngstrom / (gaussians - 1);
    let largest = 0;
    for (let r = 0.5; r < cutoffAngstrom; r += 0.00137) {
      const node = Math.floor(grid.placeOf(r));
      const weights = new Float64Array(4);
      writeInterpolationWeights(grid.placeOf(r) - node, weights, 0);
      const at = (of: (each: (typeof nodes)[number]) => number) =>
        weights.reduce((sum, weight, k) => sum + weight * of(nodes[node + k]), 0);
      const cutoff = (1 + Math.cos((Math.PI * r) / cutoffAngstrom)) / 2;
      largest = Math.max(largest, Math.abs(at((each) => each.cutoff) - cutoff));
      for (let k = 0; k < gaussians; k++) {
        const exact = Math.exp(-(((r - k * width) / width) ** 2) / 2);
        largest = Math.max(largest, Math.abs(at(({ values }) => values[k]) - exact));
      }
    }
    // the Gaussians at the nodes are single precision
    expect(largest).toBeLessThan(GRID_ERROR + 2e-7);
    expect(largest).toBeGreaterThan(GRID_ERROR / 4);
  });
});

test('a network that has run wild makes no numbers that are hardly above zero, which would slow it down', async () => {
  const batch = batchOf(clusters(8, 5), 6);
  // all units are far down the tail of the softplus
  const weights = new Map(
    [...initialWeights(SCHNET_DEFAULTS, new Random(1))].map(([name, { shape, data }]) => {
      const isBias = name.endsWith('f2out.bias') || name === 'output.out_net.0.bias';
      return [
        name,
        float32Tensor(
          shape,
          Float32Array.from(data, (value) => (isBias ? -50 : value)),
        ),
      ];
    }),
  );
  const session = wasmEngine.open(SCHNET_DEFAULTS, weights);
  const subnormal = (tensors: NamedTensors) =>
    [...tensors].flatMap(([name, { data }]) =>
      data.some((value) => value !== 0 && Math.abs(value) < 2 ** -126) ? [name] : [],
    );
  for (let step = 0; step < 5; step++) {
    const { gradients } = await session.gradients(batch, { kind: 'MSE' });
    expect(subnormal(gradients)).toEqual([]);
    await session.step(batch, { kind: 'MSE' }, STEP);
  }
  // what is left of gradients that are gone for good
  const { firstMoments, secondMoments } = await session.optimizerState();
  const shrunk = (tensors: NamedTensors, factor: number): NamedTensors =>
    new Map(
      [...tensors].map(([name, { shape, data }]) => [
        name,
        float32Tensor(
          shape,
          Float32Array.from(data, (x) => factor * x),
        ),
      ]),
    );
  session.restoreOptimizer({
    ...{ steps: 1000, firstMoments: shrunk(firstMoments, 1e-30), secondMoments: shrunk(secondMoments, 1e-36) },
  });
  await session.step(batch, { kind: 'MSE' }, STEP);
  const left = await session.optimizerState();
  expect([...subnormal(left.firstMoments), ...subnormal(left.secondMoments)]).toEqual([]);
  session.dispose();
});

test('the sine is that of the host, to the last digits', () => {
  for (let u = -1.5; u <= 1.5; u += 0.001) {
    expect(Math.abs(sineOfQuarterTurns(u) - Math.sin((Math.PI / 2) * u))).toBeLessThan(5e-16);
  }
});

test.each([1, 2])('a checkpoint of layout %i is still gone on from', async (layout) => {
  // made after three of six steps of the training below, with the encodeCheckpoint of its time
  const bytes = readFileSync(new URL(`../fixtures/schnet-checkpoint-${layout}.safetensors`, import.meta.url));
  const options: SchNetTrainingOptions = {
    hyperparameters: { atomBasis: 4, filters: 3, gaussians: 4, cutoffAngstrom: 5, interactions: 2 },
    loss: { kind: 'MSE' },
    ...{ ...SCHNET_TRAINING_DEFAULTS, batchSize: 2, epochs: 3, seed: 8 },
  };
  const train = batchOf(clusters(2, 6), 7);
  const resumeFrom = decodeCheckpoint(bytes, 'the checkpoint');
  const [resumed, whole] = [
    await trainSchNet(wasmEngine, train, train, options, { resumeFrom }),
    await trainSchNet(wasmEngine, train, train, options),
  ];
  expect(resumed.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  // an engine of later days may round differently
  expect(resumed.epochs[2].trainLoss).toBeCloseTo(whole.epochs[2].trainLoss, 4);
  expect(resumed.epochs[0]).toMatchObject({ seconds: 0.5 });
});

test.each(['DIRECT', 'TRANSFORMED'] as const)(
  'its errors are told in ppm as far as they are known: %s',
  async (target) => {
    const bytes = readFileSync(new URL('../fixtures/schnet-checkpoint-1.safetensors', import.meta.url));
    const inputs = clusters(2, 6).map((structure, k) => ({
      ...{ name: `${k}`, structure, populationLabels: null, grossOrbitalPopulations: null },
      shieldingsPpm: Float64Array.from(structure.atomicNumbers, (_, atom) => 560 + 20 * (k % 2) + 7 * atom),
    }));
    const model = schNetModel({ WASM: async () => wasmEngine, TENSORFLOW: async () => wasmEngine });
    const settings: SchNetSettings = {
      ...{ kind: 'SCHNET', engine: 'WASM', committee: false, loss: 'MSE', distributionWeight: 3, seeds: [8] },
      ...{ atomBasis: 4, filters: 3, gaussians: 4, cutoffAngstrom: 5, interactions: 2 },
      ...{ ...SCHNET_TRAINING_DEFAULTS, batchSize: 2, epochs: 3 },
    };
    const task: TrainingTask = {
      ...{ settings, seed: 8, target, features: null, train: inputs, validation: inputs, resumeFrom: bytes },
    };
    const { outcome } = await model.train(task, { onProgress: () => {}, onCheckpoint: () => {} });
    const { history } = decodeCheckpoint(bytes, 'the checkpoint');
    expect(history).toHaveLength(1);
    const deviation = standardDeviation(inputs.flatMap(({ shieldingsPpm }) => [...shieldingsPpm]));
    const told = (rmse: number | null) => (target === 'DIRECT' ? rmse! * deviation : null);
    expect(outcome.curve[0]).toMatchObject({
      trainRmsePpm: told(history[0].trainRmse),
      validationRmsePpm: told(history[0].validationRmse),
    });
    // the second epoch was under way
    expect(outcome.curve[1].trainRmsePpm === null).toBe(target === 'TRANSFORMED');
    expect(outcome.curve[2].trainRmsePpm).toBeGreaterThan(0);
    expect(outcome.curve.slice(1).every(({ validationRmsePpm }) => validationRmsePpm! > 0)).toBe(true);
  },
);
