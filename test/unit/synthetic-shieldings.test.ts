import { describe, expect, test } from 'vitest';
import type { Structure } from '../../src/chemistry/structure.ts';
import { syntheticLevelOfTheory, syntheticShieldings, withNoise } from '../../src/chemistry/synthetic-shieldings.ts';
import { mean, standardDeviation } from '../../src/ml/statistics/statistics.ts';

function sodium(...positions: readonly (readonly number[])[]): Structure {
  return {
    atomicNumbers: positions.map(() => 11),
    positionsAngstrom: Float64Array.from(positions.flat()),
    charge: 0,
    multiplicity: 1,
  };
}

describe('synthetic shieldings', () => {
  test('are those of the formula', () => {
    const at = [
      [0, 0, 0],
      [3.5, 0, 0],
      [0, 3.9, 0.2],
      [-3.6, 0.5, 1.1],
      [0.3, 0.1, -4.1],
      [2, 2.5, 3.3],
    ];
    // written down in Python with math.erfc and math.exp
    const expected = [
      615.0777555480543, 613.3202481048244, 614.2764937062758, 614.1757104069964, 616.5630471340409, 615.5228199372168,
    ];
    for (const [i, shielding] of syntheticShieldings(sodium(...at)).entries()) {
      expect(shielding).toBeCloseTo(expected[i], 10);
    }
  });

  test('are finite for atoms without neighbours', () => {
    const alone = 620 - 90 * Math.exp(-(3.25 ** 2));
    expect(syntheticShieldings(sodium([1, 2, 3]))[0]).toBeCloseTo(alone, 10);
    for (const shielding of syntheticShieldings(sodium([0, 0, 0], [500, 0, 0]))) {
      expect(shielding).toBeCloseTo(alone, 10);
    }
  });

  test('have noise of the deviation asked for, by seed and name', () => {
    const flat = new Float64Array(4000).fill(600);
    const noisy = withNoise(flat, 2, 1, 'a');
    expect(Math.abs(mean(noisy) - 600)).toBeLessThan(0.15);
    expect(Math.abs(standardDeviation(noisy) - 2)).toBeLessThan(0.1);
    expect(withNoise(flat, 2, 1, 'a')).toEqual(noisy);
    expect(withNoise(flat, 2, 2, 'a')).not.toEqual(noisy);
    expect(withNoise(flat, 2, 1, 'b')).not.toEqual(noisy);
  });

  test('say at every level of theory that they are synthetic', () => {
    expect(syntheticLevelOfTheory(0)).toMatchObject({ program: 'synthetic', method: 'formula' });
    expect(syntheticLevelOfTheory(2)).toMatchObject({ program: 'synthetic', method: 'formula with 2 ppm noise' });
  });
});
