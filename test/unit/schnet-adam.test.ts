import { describe, expect, test } from 'vitest';
import { float32Tensor, type NamedTensors } from '../../src/ml/safetensors.ts';
import { Adam } from '../../src/ml/schnet/adam.ts';

const parameters = (...values: number[]) =>
  new Map([['w', { shape: [values.length], data: Float32Array.from(values) }]]);
const gradient = (...values: number[]) => new Map([['w', values]]);

describe('Adam', () => {
  test('moves by the learning rate against the sign at the first step, whatever the size of the gradient', () => {
    const weights = parameters(0, 0, 0, 0);
    new Adam(weights).step(gradient(5, -1e-4, 0, 1e-8), 0.01);
    const [large, small, none, tiny] = weights.get('w')!.data;
    expect(large).toBeCloseTo(-0.01, 8);
    expect(small).toBeCloseTo(0.01, 5);
    expect(none).toBe(0);
    // epsilon stands outside the corrected root: g / (g + 1e-8)
    expect(tiny).toBeCloseTo(-0.005, 6);
  });

  test('follows the formula over several steps', () => {
    const weights = parameters(1);
    const adam = new Adam(weights);
    let [w, m, v] = [1, 0, 0];
    [0.5, -2, 0.1, 3].forEach((g, index) => {
      adam.step(gradient(g), 0.1);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.1 * (m / (1 - 0.9 ** (index + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (index + 1))) + 1e-8);
      expect(weights.get('w')!.data[0]).toBeCloseTo(w, 6);
    });
  });

  test('goes on from a stored state bit for bit, and the state is a copy', () => {
    const weights = parameters(1, 2);
    const adam = new Adam(weights);
    for (let k = 0; k < 7; k++) adam.step(gradient(Math.sin(k), 0.3), 0.01);
    const state = adam.state();
    const copy = parameters(...weights.get('w')!.data);
    const other = new Adam(copy);
    for (let k = 7; k < 20; k++) adam.step(gradient(Math.sin(k), 0.3), 0.01);
    other.restore(state);
    for (let k = 7; k < 20; k++) other.step(gradient(Math.sin(k), 0.3), 0.01);
    expect(copy).toEqual(weights);
    expect(other.state()).toEqual(adam.state());
  });

  test.each<[string, number, NamedTensors]>([
    ['another size', 1, new Map([['w', float32Tensor([1], new Float32Array(1))]])],
    ['another name', 1, new Map([['v', float32Tensor([2], new Float32Array(2))]])],
    [
      'one more tensor',
      1,
      new Map([
        ['w', float32Tensor([2], new Float32Array(2))],
        ['v', float32Tensor([2], new Float32Array(2))],
      ]),
    ],
    ['float64', 1, new Map([['w', { dtype: 'F64', shape: [2], data: new Float64Array(2) }]])],
    ['negative steps', -1, new Map([['w', float32Tensor([2], new Float32Array(2))]])],
  ])('refuses a state with %s', (_what, steps, moments) => {
    const adam = new Adam(parameters(1, 2));
    expect(() => adam.restore({ steps, firstMoments: moments, secondMoments: moments })).toThrowError(
      expect.objectContaining({ code: 'CORRUPT_ARTIFACT' }),
    );
  });
});
