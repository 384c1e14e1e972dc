import { describe, expect, test } from 'vitest';
import { float32Tensor, type NamedTensors, type Tensor } from '../../src/ml/safetensors.ts';
import {
  checkSchNetHyperparameters,
  SCHNET_DEFAULTS,
  SCHNET_RANGES,
  type SchNetHyperparameters,
} from '../../src/ml/schnet/hyperparameters.ts';
import { checkWeights, initialWeights, weightShapes } from '../../src/ml/schnet/weights.ts';
import { Random } from '../../src/random.ts';
import { SMALL } from '../contract/schnet-engine.ts';
import golden from '../golden/schnetpack-v1.0.0.json' with { type: 'json' };

describe('weights', () => {
  test('have the names, shapes and order of SchNetPack 1.0.0', () => {
    const expected = Object.entries(golden.weights).map(([name, { shape }]) => [name, shape]);
    expect([...weightShapes(SCHNET_DEFAULTS)]).toEqual(expected);
  });

  test('start as SchNetPack draws them: Xavier-uniform, zero biases, a normal embedding with a zero row', () => {
    const weights = initialWeights(SCHNET_DEFAULTS, new Random(1));
    for (const [name, { shape, data }] of weights) {
      const values = Array.from(data);
      const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
      if (name.includes('embedding')) {
        expect(values.slice(0, 128).every((x) => x === 0)).toBe(true);
        expect(variance).toBeGreaterThan(0.95);
        expect(variance).toBeLessThan(1.03);
        expect(Math.max(...values)).toBeGreaterThan(3);
      } else if (shape.length === 1) {
        expect(values.every((x) => x === 0)).toBe(true);
      } else {
        const bound = Math.sqrt(6 / (shape[0] + shape[1]));
        expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(bound);
        expect(Math.max(...values.map(Math.abs)), name).toBeGreaterThan(0.9 * bound);
        expect(variance / (bound ** 2 / 3), name).toBeGreaterThan(0.7);
        expect(variance / (bound ** 2 / 3), name).toBeLessThan(1.3);
      }
    }
  });

  test('are put in order by checkWeights, whatever order they come in', () => {
    const weights = initialWeights(SMALL, new Random(2));
    const checked = checkWeights(SMALL, new Map([...weights].reverse()), 'The weights');
    expect([...checked]).toEqual([...weights]);
  });

  const bias = 'output.out_net.0.bias';
  test.each<[string, (weights: Map<string, Tensor>) => unknown, RegExp]>([
    ['a missing tensor', (w) => w.delete(bias), /output\.out_net\.0\.bias is missing/],
    ['no tensor at all', (w) => w.clear(), /embedding.* and 20 more are missing/],
    ['a tensor too many', (w) => w.set('x', w.get(bias)!), /x is not part of it/],
    [
      'another shape',
      (w) => w.set(bias, float32Tensor([1, 3], new Float32Array(3))),
      /has the shape \[1,3\], \[3\] is needed/,
    ],
    [
      'fewer numbers than the shape says',
      (w) => w.set(bias, float32Tensor([3], new Float32Array(2))),
      /holds 2 numbers/,
    ],
    ['float64', (w) => w.set(bias, { dtype: 'F64', shape: [3], data: new Float64Array(3) }), /F64; convert it to F32/],
    ['NaN', (w) => w.set(bias, float32Tensor([3], Float32Array.of(0, Number.NaN, 0))), /holds NaN at index 1/],
  ])('refuses %s', (_what, change, reason) => {
    const weights = new Map(initialWeights(SMALL, new Random(2)) as NamedTensors);
    change(weights);
    expect(() => checkWeights(SMALL, weights, 'The weights of na/3')).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT', message: expect.stringMatching(reason) }),
    );
    expect(() => checkWeights(SMALL, weights, 'The weights of na/3')).toThrow(/^The weights of na\/3 /);
  });
});

describe('checkSchNetHyperparameters', () => {
  test('accepts the defaults and both ends of every range', () => {
    checkSchNetHyperparameters(SCHNET_DEFAULTS);
    for (const [field, ends] of Object.entries(SCHNET_RANGES)) {
      for (const end of ends) checkSchNetHyperparameters({ ...SCHNET_DEFAULTS, [field]: end });
    }
  });

  test.each(
    (Object.keys(SCHNET_RANGES) as (keyof SchNetHyperparameters)[]).flatMap((field) =>
      [SCHNET_RANGES[field][0] - 0.5, SCHNET_RANGES[field][1] + 1, Number.NaN, Number.POSITIVE_INFINITY].map(
        (value) => [field, value] as const,
      ),
    ),
  )('refuses %s = %s', (field, value) => {
    expect(() => checkSchNetHyperparameters({ ...SCHNET_DEFAULTS, [field]: value })).toThrowError(
      expect.objectContaining({
        code: 'INVALID_HYPERPARAMETER',
        message: expect.stringMatching(new RegExp(`^${field} is ${value};`)),
        details: expect.objectContaining({ field, value }),
      }),
    );
  });

  test('refuses half a layer', () => {
    expect(() => checkSchNetHyperparameters({ ...SCHNET_DEFAULTS, filters: 12.5 })).toThrow(/an integer from 1/);
  });
});
