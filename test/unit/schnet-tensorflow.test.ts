import * as tf from '@tensorflow/tfjs';
import { describe, expect, test, vi } from 'vitest';
import { loadNative, openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import { Random } from '../../src/random.ts';
import { randomStructure, randomWeights, SMALL } from '../contract/schnet-engine.ts';
import { worksNatively } from '../support/native-tensorflow.ts';

const structures = [randomStructure(new Random(1), [11, 11, 17]), randomStructure(new Random(2), [11, 11, 11, 11, 11])];
const batch = { structures, targets: [Float64Array.of(1, 2, 3), Float64Array.of(1, 2, 3, 4, 5)] };

describe('openTensorflow', () => {
  test('opens the same backend at once for everybody who asks at once, without a word on the console', async () => {
    const spies = (['log', 'warn', 'info', 'error'] as const).map((method) => vi.spyOn(console, method));
    const engines = await Promise.all([openTensorflow('wasm'), openTensorflow('wasm'), openTensorflow('cpu')]);
    expect(engines.map(({ backend }) => backend)).toEqual(['wasm', 'wasm', 'cpu']);
    await engines[2].open(SMALL, randomWeights(SMALL, 1)).predict(structures);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  test('takes a backend that works when none is asked for, and says which', async () => {
    const engine = await openTensorflow();
    expect(engine.name).toBe('tensorflow');
    expect(['native', 'wasm']).toContain(engine.backend);
  });

  test('sessions on two backends compute in turn, each on its own', async () => {
    const weights = randomWeights(SMALL, 2);
    const [wasm, cpu] = await Promise.all(
      (['wasm', 'cpu'] as const).map(async (name) => (await openTensorflow(name)).open(SMALL, weights)),
    );
    for (let k = 0; k < 2; k++) {
      await wasm.predict(structures);
      expect(tf.getBackend()).toBe('wasm');
      await cpu.predict(structures);
      expect(tf.getBackend()).toBe('cpu');
    }
  });
});

describe('loadNative', () => {
  /** Loads the packages that are installed; `asked` lists the names in the order they were tried. */
  const loader = (...installed: string[]) => {
    const asked: string[] = [];
    const load = async (name: string) => {
      asked.push(name);
      if (!installed.includes(name)) throw new Error(`Cannot find package ${name}`);
    };
    return { asked, load };
  };

  test('prefers tfjs-node-gpu, and then loads no second libtensorflow', async () => {
    const { asked, load } = loader('@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu');
    expect(await loadNative(load)).toBe('native, tfjs-node-gpu');
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu']);
  });

  test('takes tfjs-node without it', async () => {
    const { asked, load } = loader('@tensorflow/tfjs-node');
    expect(await loadNative(load)).toBe('native');
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']);
  });

  test('fails as tfjs-node does where neither loads', async () => {
    await expect(loadNative(loader().load)).rejects.toThrow('Cannot find package @tensorflow/tfjs-node');
  });
});

const backends = [...(['wasm', 'cpu'] as const), ...((await worksNatively()) ? (['native'] as const) : [])];

test.each(backends)('a session on %s leaves no tensor behind, failed calls included', async (backend) => {
  const session = (await openTensorflow(backend)).open(SMALL, randomWeights(SMALL, 3));
  await session.step(batch, { kind: 'MSE' }, { learningRate: 0.01, largestGradientNorm: null });
  const { numTensors, numDataBuffers } = tf.memory();
  for (let k = 0; k < 3; k++) {
    await session.predict(structures);
    await session.gradients(batch, { kind: 'DISTRIBUTION', weight: 3 });
    await session.step(batch, { kind: 'MSE' }, { learningRate: 0.01, largestGradientNorm: null });
    await expect(session.gradients({ ...batch, targets: [Float64Array.of(1)] }, { kind: 'MSE' })).rejects.toThrow();
  }
  session.dispose();
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
});
