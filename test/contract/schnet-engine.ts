import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Structure } from '../../src/chemistry/structure.ts';
import type { NamedTensors } from '../../src/ml/safetensors.ts';
import { Adam } from '../../src/ml/schnet/adam.ts';
import type { SchNetBatch, SchNetEngine, SchNetSession, StepSize } from '../../src/ml/schnet/engine.ts';
import { compareWithGolden } from '../../src/ml/schnet/golden.ts';
import type { SchNetHyperparameters } from '../../src/ml/schnet/hyperparameters.ts';
import { evaluateLoss, type SchNetLoss } from '../../src/ml/schnet/loss.ts';
import { initialWeights, weightShapes } from '../../src/ml/schnet/weights.ts';
import { Random } from '../../src/random.ts';
import { plainSchNet } from './plain-schnet.ts';

/** Small, and no two sizes alike, so that a mixed-up one shows. */
export const SMALL: SchNetHyperparameters = {
  atomBasis: 6,
  filters: 5,
  gaussians: 7,
  cutoffAngstrom: 4.5,
  interactions: 2,
};

const STEP: StepSize = { learningRate: 0.01, largestGradientNorm: null };

const LOSSES: SchNetLoss[] = [{ kind: 'MSE' }, { kind: 'DISTRIBUTION', weight: 3 }];

/** Atoms at random in a box whose volume grows with their number, so that every atom has a few neighbours. */
export function randomStructure(random: Random, elements: readonly number[], angstromPerAtom = 3): Structure {
  const side = angstromPerAtom * Math.cbrt(elements.length);
  return {
    atomicNumbers: elements,
    positionsAngstrom: Float64Array.from({ length: 3 * elements.length }, () => side * random.uniform()),
    charge: 0,
    multiplicity: 1,
  };
}

/** Random weights of every kind, biases too, which start at zero in training. */
export function randomWeights(hyperparameters: SchNetHyperparameters, seed: number): NamedTensors {
  const random = new Random(seed);
  const weights = initialWeights(hyperparameters, random);
  for (const [name, { data }] of weights) {
    if (name.endsWith('.bias')) data.set(Float32Array.from(data, () => 0.3 * random.normal()));
  }
  return weights;
}

function randomTargets(random: Random, structures: readonly Structure[]): Float64Array[] {
  return structures.map(({ atomicNumbers }) => Float64Array.from(atomicNumbers, () => random.normal()));
}

/** Two elements and more, clusters of 1 to 9 atoms, one atom out of everybody's reach. */
function mixedBatch(): SchNetBatch {
  const random = new Random(21);
  const structures = [
    randomStructure(random, [11, 11, 17, 11]),
    randomStructure(random, [1]),
    randomStructure(random, [11, 11, 11, 8, 1, 1, 99, 11, 17]),
    randomStructure(random, [17, 11]),
    { ...randomStructure(random, [11, 17, 11]), positionsAngstrom: Float64Array.of(0, 0, 0, 50, 0, 0, 2, 2, 0) },
  ];
  return { structures, targets: randomTargets(random, structures) };
}

function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(actual, (value, index) => Math.abs(value - expected[index])));
}

/** What every SchNet engine must do, whatever it computes on. */
export function describeSchNetEngine(name: string, open: () => Promise<SchNetEngine>): void {
  describe(`SchNet engine ${name}`, () => {
    let engine: SchNetEngine;
    const sessions: SchNetSession[] = [];
    const openSession = (hyperparameters: SchNetHyperparameters, weights: NamedTensors) => {
      const session = engine.open(hyperparameters, weights);
      sessions.push(session);
      return session;
    };
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => {
      for (const session of sessions) session.dispose();
    });

    test('agrees with SchNetPack 1.0.0 on outputs, gradients of both losses and steps of Adam', async () => {
      const file = JSON.parse(readFileSync(new URL('../golden/schnetpack-v1.0.0.json', import.meta.url), 'utf8'));
      const comparisons = await compareWithGolden(engine, file);
      expect(comparisons.length).toBe(11);
      expect(comparisons.filter(({ withinTolerance }) => !withinTolerance)).toEqual([]);
    });

    test.each<Partial<SchNetHyperparameters>>([
      {},
      { interactions: 1 },
      { interactions: 3, cutoffAngstrom: 8 },
      { atomBasis: 2, filters: 1, gaussians: 2 },
      { atomBasis: 33, filters: 17, gaussians: 31, cutoffAngstrom: 3 },
    ])('predicts what the equations say: %j', async (changed) => {
      const hyperparameters = { ...SMALL, ...changed };
      const weights = randomWeights(hyperparameters, 1);
      const { structures } = mixedBatch();
      const predictions = await openSession(hyperparameters, weights).predict(structures);
      structures.forEach((structure, index) => {
        expect(deviation(predictions[index], plainSchNet(hyperparameters, weights, structure))).toBeLessThan(2e-5);
      });
    });

    test.each(LOSSES)('$kind: the gradient of every weight is that of finite differences', async (loss) => {
      const hyperparameters = { ...SMALL, atomBasis: 4, filters: 3, gaussians: 4 };
      const weights = randomWeights(hyperparameters, 2);
      const batch = mixedBatch();
      const exact: NamedTensors = new Map(
        [...weights].map(([key, { shape, data }]) => [key, { dtype: 'F64', shape, data: Float64Array.from(data) }]),
      );
      const targets = batch.targets.flatMap((cluster) => [...cluster]);
      const lossNow = () =>
        evaluateLoss(
          batch.structures.flatMap((each) => plainSchNet(hyperparameters, exact, each)),
          targets,
          loss,
        ).loss;

      const outcome = await openSession(hyperparameters, weights).gradients(batch, loss);
      expect(outcome.loss).toBeCloseTo(lossNow(), 4);
      expect([...outcome.gradients.keys()]).toEqual([...weightShapes(hyperparameters).keys()]);
      const step = 1e-4;
      for (const [key, { shape, data }] of exact) {
        const gradient = outcome.gradients.get(key)!;
        expect(gradient.shape).toEqual(shape);
        const present = new Set(batch.structures.flatMap(({ atomicNumbers }) => atomicNumbers));
        for (let index = 0; index < data.length; index++) {
          if (key.includes('embedding') && !present.has(Math.floor(index / shape[1]))) {
            expect(gradient.data[index]).toBe(0);
            continue;
          }
          const value = data[index];
          data[index] = value + step;
          const above = lossNow();
          data[index] = value - step;
          const below = lossNow();
          data[index] = value;
          expect(Math.abs(gradient.data[index] - (above - below) / (2 * step)), `${key}[${index}]`).toBeLessThan(3e-4);
        }
      }
    });

    test('predicts isolated atoms by their element alone, with no pair in the whole batch', async () => {
      const weights = randomWeights(SMALL, 3);
      const session = openSession(SMALL, weights);
      const single = randomStructure(new Random(1), [11]);
      const apart: Structure = {
        ...randomStructure(new Random(1), [17, 11]),
        positionsAngstrom: Float64Array.of(0, 0, 0, SMALL.cutoffAngstrom, 0, 0),
      };
      const [[alone], [, sodium]] = await session.predict([single, apart]);
      expect(sodium).toBeCloseTo(alone, 5);
      expect(deviation([alone], plainSchNet(SMALL, weights, single))).toBeLessThan(2e-5);
      const { loss, gradients } = await session.gradients(
        { structures: [single], targets: [Float64Array.of(alone + 1)] },
        { kind: 'MSE' },
      );
      expect(loss).toBeCloseTo(1, 6);
      expect(gradients.get('output.out_net.1.bias')!.data[0]).toBeCloseTo(-2, 5);
      const filter = gradients.get('representation.interactions.0.filter_network.1.weight')!.data;
      expect(filter.every((slope) => slope === 0)).toBe(true);
    });

    test('predicts a cluster as well alone as among others, and nothing for nothing', async () => {
      const session = openSession(SMALL, randomWeights(SMALL, 4));
      const { structures } = mixedBatch();
      const together = await session.predict(structures);
      for (const [index, structure] of structures.entries()) {
        const [alone] = await session.predict([structure]);
        expect(deviation(alone, together[index])).toBeLessThan(1e-5);
      }
      expect(await session.predict([])).toEqual([]);
    });

    test('follows its atoms when they are reordered, and ignores rotation, reflection and translation', async () => {
      const session = openSession(SMALL, randomWeights(SMALL, 5));
      const structure = randomStructure(new Random(8), [11, 17, 11, 11, 1, 11]);
      const order = [3, 0, 5, 1, 4, 2];
      const at = (atom: number) => Array.from(structure.positionsAngstrom.subarray(3 * atom, 3 * atom + 3));
      const reordered: Structure = {
        ...structure,
        atomicNumbers: order.map((atom) => structure.atomicNumbers[atom]),
        positionsAngstrom: Float64Array.from(order.flatMap(at)),
      };
      const moved: Structure = {
        ...structure,
        positionsAngstrom: Float64Array.from(
          structure.atomicNumbers.flatMap((_, atom) => {
            const [x, y, z] = at(atom);
            return [0.6 * x - 0.8 * y + 7, 0.8 * x + 0.6 * y - 3, 1 - z];
          }),
        ),
      };
      const [original, permuted, same] = await session.predict([structure, reordered, moved]);
      expect(
        deviation(
          permuted,
          order.map((atom) => original[atom]),
        ),
      ).toBeLessThan(1e-5);
      expect(deviation(same, original)).toBeLessThan(1e-5);
    });

    test.each(LOSSES)('$kind: computes a batch of many thousands of pairs as the sum of its clusters', async (loss) => {
      const hyperparameters = { ...SMALL, atomBasis: 4, filters: 3, cutoffAngstrom: 10 };
      const random = new Random(9);
      const session = openSession(hyperparameters, randomWeights(hyperparameters, 6));
      const structures = [500, 3, 500, 1, 400].map((n) => randomStructure(random, Array(n).fill(11), 3.3));
      const predictions = await session.predict(structures);
      const targets = randomTargets(random, structures);
      const { loss: value, gradients } = await session.gradients({ structures, targets }, loss);
      const all = (arrays: readonly Float64Array[]) => arrays.flatMap((each) => [...each]);
      const expected = evaluateLoss(all(predictions), all(targets), loss);
      expect(value / expected.loss).toBeCloseTo(1, 5);
      // for MSE with targets p - d/2 the derivative by p is d / n: this makes each cluster's share of the gradient apart
      const atoms = expected.derivative.length;
      const sums = new Map([...gradients].map(([key, { data }]) => [key, new Float64Array(data.length)]));
      let atom = 0;
      for (const [index, structure] of structures.entries()) {
        const own = predictions[index].length;
        const target = predictions[index].map((p, k) => p - (expected.derivative[atom + k] * atoms) / 2);
        const part = await session.gradients({ structures: [structure], targets: [target] }, { kind: 'MSE' });
        for (const [key, { data }] of part.gradients) {
          const sum = sums.get(key)!;
          data.forEach((slope, k) => {
            sum[k] += (slope * own) / atoms;
          });
        }
        atom += own;
      }
      for (const [key, { data }] of gradients) {
        const norm = Math.hypot(...sums.get(key)!);
        expect(deviation(data, sums.get(key)!), key).toBeLessThanOrEqual(1e-3 * norm);
      }
    });

    test('steps as Adam does with its gradients, and answers the loss before the step', async () => {
      const weights = randomWeights(SMALL, 7);
      const session = openSession(SMALL, weights);
      const batch = mixedBatch();
      const predictions = await session.predict(batch.structures);
      const { loss, meanSquaredError, gradients } = await session.gradients(batch, LOSSES[1]);
      const { outputs, ...outcome } = await session.step(batch, LOSSES[1], STEP);
      expect(outcome).toEqual({ loss, meanSquaredError });
      const told = Float64Array.from(outputs);
      expect(deviation(told, Float64Array.from(predictions.flatMap((each) => [...each])))).toBeLessThan(1e-6);
      const expected = new Map(
        [...weights].map(([key, { shape, data }]) => [key, { shape, data: Float32Array.from(data) }]),
      );
      new Adam(expected).step(new Map([...gradients].map(([key, { data }]) => [key, data])), STEP.learningRate);
      for (const [key, { data }] of await session.weights()) {
        expect(deviation(data, expected.get(key)!.data), key).toBeLessThan(1e-6);
      }
    });

    test('shortens a gradient that is too long, and leaves a shorter one alone', async () => {
      const weights = randomWeights(SMALL, 14);
      const batch = mixedBatch();
      const { gradients } = await openSession(SMALL, weights).gradients(batch, LOSSES[0]);
      const norm = Math.hypot(...[...gradients.values()].map(({ data }) => Math.hypot(...Array.from(data, Number))));
      const momentsAfter = async (largestGradientNorm: number | null) => {
        const session = openSession(SMALL, weights);
        await session.step(batch, LOSSES[0], { learningRate: 0.01, largestGradientNorm });
        return (await session.optimizerState()).firstMoments;
      };
      const [free, long, halved] = [
        await momentsAfter(null),
        await momentsAfter(1.01 * norm),
        await momentsAfter(norm / 2),
      ];
      expect(long).toEqual(free);
      for (const [key, { data }] of halved) {
        const expected = Array.from(free.get(key)!.data, (each) => Number(each) / 2);
        expect(deviation(Array.from(data, Number), expected), key).toBeLessThan(1e-6 * norm);
      }
    });

    test('learns: the loss of one small batch falls to a hundredth', async () => {
      const session = openSession(SMALL, randomWeights(SMALL, 8));
      const random = new Random(4);
      const structures = [randomStructure(random, [11, 11, 11]), randomStructure(random, [11, 17])];
      const batch = { structures, targets: randomTargets(random, structures) };
      const { loss: first } = await session.step(batch, { kind: 'MSE' }, STEP);
      for (let k = 0; k < 300; k++) await session.step(batch, { kind: 'MSE' }, STEP);
      const { loss: last } = await session.step(batch, { kind: 'MSE' }, STEP);
      expect(last).toBeLessThan(first / 100);
    });

    test('goes on bit for bit from stored weights and optimiser', async () => {
      const batch = mixedBatch();
      const session = openSession(SMALL, randomWeights(SMALL, 9));
      for (let k = 0; k < 3; k++) await session.step(batch, LOSSES[1], STEP);
      const other = openSession(SMALL, await session.weights());
      other.restoreOptimizer(await session.optimizerState());
      for (let k = 0; k < 3; k++) {
        expect(await other.step(batch, LOSSES[1], STEP)).toEqual(await session.step(batch, LOSSES[1], STEP));
      }
      expect(await other.weights()).toEqual(await session.weights());
      expect(await other.optimizerState()).toEqual(await session.optimizerState());
    });

    test('copies the weights it is given and the weights it gives', async () => {
      const weights = randomWeights(SMALL, 10);
      const session = openSession(SMALL, weights);
      const { structures } = mixedBatch();
      const before = await session.predict(structures);
      for (const { data } of [...weights.values(), ...(await session.weights()).values()]) data.fill(0);
      expect(await session.predict(structures)).toEqual(before);
    });

    test('leaves the weights as they were when the loss is not finite', async () => {
      const session = openSession(SMALL, randomWeights(SMALL, 11));
      const { structures, targets } = mixedBatch();
      const before = await session.weights();
      const broken = { structures, targets: targets.with(0, Float64Array.of(1, Number.NaN, 1, 1)) };
      const outcome = await session.step(broken, LOSSES[0], STEP);
      expect(outcome.loss).toBeNaN();
      expect(await session.weights()).toEqual(before);
      expect((await session.optimizerState()).steps).toBe(0);
    });

    test('refuses a batch in which an atom has no target', async () => {
      const session = openSession(SMALL, randomWeights(SMALL, 13));
      const { structures, targets } = mixedBatch();
      const batches: SchNetBatch[] = [
        { structures: [], targets: [] },
        { structures, targets: targets.slice(1) },
        // as many targets as atoms, but of other clusters
        { structures, targets: [...targets].reverse() },
      ];
      for (const batch of batches) {
        for (const loss of LOSSES) {
          await expect(session.step(batch, loss, STEP)).rejects.toThrow(RangeError);
          await expect(session.gradients(batch, loss)).rejects.toThrow(RangeError);
        }
      }
      expect((await session.optimizerState()).steps).toBe(0);
    });

    test('refuses weights of another network, impossible sizes and elements without an embedding', async () => {
      const weights = randomWeights(SMALL, 12);
      expect(() => engine.open({ ...SMALL, filters: 4 }, weights)).toThrowError(
        expect.objectContaining({ code: 'CORRUPT_ARTIFACT' }),
      );
      expect(() => engine.open({ ...SMALL, gaussians: 1 }, weights)).toThrowError(
        expect.objectContaining({ code: 'INVALID_HYPERPARAMETER' }),
      );
      const session = openSession(SMALL, weights);
      for (const element of [0, 100]) {
        await expect(session.predict([randomStructure(new Random(1), [element])])).rejects.toMatchObject({
          code: 'INVALID_STRUCTURE',
        });
      }
    });
  });
}
