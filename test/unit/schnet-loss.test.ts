import { describe, expect, test } from 'vitest';
import { checkLoss, evaluateLoss, type SchNetLoss } from '../../src/ml/schnet/loss.ts';
import { Random } from '../../src/random.ts';

describe('evaluateLoss', () => {
  test('is the mean of the squares', () => {
    const value = evaluateLoss([1, 2], [0, 4], { kind: 'MSE' });
    expect(value).toEqual({ loss: 2.5, meanSquaredError: 2.5, derivative: Float64Array.of(1, -2) });
  });

  test('adds the squares of the sorted differences, each drawn by the target of its rank', () => {
    // sorted targets 0, 4 against sorted predictions 1, 2; atom by atom 2 - 0 and 1 - 4
    const value = evaluateLoss([2, 1], [0, 4], { kind: 'DISTRIBUTION', weight: 3 });
    expect(value.meanSquaredError).toBe((4 + 9) / 2);
    expect(value.loss).toBe((4 + 9) / 2 + (3 / 2) * (1 + 4));
    expect([...value.derivative]).toEqual([2 + 3 * (2 - 4), -3 + 3 * (1 - 0)]);
  });

  test('has no sort term for a permutation of the targets, however wrong atom by atom', () => {
    const value = evaluateLoss([3, 1, 2], [1, 2, 3], { kind: 'DISTRIBUTION', weight: 3 });
    expect(value.loss).toBe(value.meanSquaredError);
  });

  test.each<SchNetLoss>([{ kind: 'MSE' }, { kind: 'DISTRIBUTION', weight: 0.7 }])(
    '%j: the derivative is that of finite differences',
    (loss) => {
      const random = new Random(11);
      const predictions = Array.from({ length: 30 }, () => random.normal());
      const targets = Array.from({ length: 30 }, () => random.normal());
      const { derivative } = evaluateLoss(predictions, targets, loss);
      const step = 1e-6;
      predictions.forEach((value, atom) => {
        const at = (x: number) => evaluateLoss(predictions.with(atom, x), targets, loss).loss;
        expect(derivative[atom]).toBeCloseTo((at(value + step) - at(value - step)) / (2 * step), 7);
      });
    },
  );

  test('gives a loss that is not finite for a prediction that is not', () => {
    for (const kind of ['MSE', 'DISTRIBUTION'] as const) {
      expect(evaluateLoss([1, Number.NaN], [1, 2], { kind, weight: 3 }).loss).toBeNaN();
    }
  });

  test('refuses nothing, and unequal numbers', () => {
    expect(() => evaluateLoss([], [], { kind: 'MSE' })).toThrow(RangeError);
    expect(() => evaluateLoss([1], [1, 2], { kind: 'MSE' })).toThrow(RangeError);
  });
});

test.each([-1, Number.NaN, 1001])('checkLoss refuses the weight %s', (weight) => {
  expect(() => checkLoss({ kind: 'DISTRIBUTION', weight })).toThrowError(
    expect.objectContaining({ code: 'INVALID_HYPERPARAMETER' }),
  );
});
