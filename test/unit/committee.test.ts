import { describe, expect, test } from 'vitest';
import { CommitteePredictions } from '../../src/ml/committee.ts';

function committee(...members: readonly (readonly number[][])[]) {
  const predictions = new CommitteePredictions();
  for (const member of members) predictions.add(member.map((cluster) => Float64Array.from(cluster)));
  return predictions.result().map(({ shieldingsPpm, standardDeviationsPpm }) => ({
    shieldingsPpm: [...shieldingsPpm],
    standardDeviationsPpm: standardDeviationsPpm && [...standardDeviationsPpm],
  }));
}

describe('a committee', () => {
  test('gives the mean and the sample standard deviation of each atom, cluster by cluster', () => {
    // by hand: 2, 4, 9 have the mean 5 and the squares 9 + 1 + 16 = 26; 10, 10, 13 the mean 11 and 1 + 1 + 4 = 6
    expect(committee([[2], [10, 7]], [[4], [10, 7]], [[9], [13, 7]])).toEqual([
      { shieldingsPpm: [5], standardDeviationsPpm: [Math.sqrt(13)] },
      { shieldingsPpm: [11, 7], standardDeviationsPpm: [Math.sqrt(3), 0] },
    ]);
  });

  test('of two has the spread |a - b| / sqrt(2)', () => {
    const [{ shieldingsPpm, standardDeviationsPpm }] = committee([[600]], [[601]]);
    expect(shieldingsPpm).toEqual([600.5]);
    expect(standardDeviationsPpm![0]).toBeCloseTo(Math.SQRT1_2, 14);
  });

  test('loses no digits where members nearly agree', () => {
    const tiny = [0, 1, 2, 3].map((k) => [[600 + k * 2 ** -40]]);
    const [{ standardDeviationsPpm }] = committee(...tiny);
    expect(standardDeviationsPpm![0] / (Math.sqrt(5 / 3) * 2 ** -40)).toBeCloseTo(1, 6);
  });

  test('that agrees has no spread at all, however many members it has', () => {
    const member = [[612.3456789, -1e-7, 0.1]];
    const [{ shieldingsPpm, standardDeviationsPpm }] = committee(...Array(100).fill(member));
    expect(shieldingsPpm).toEqual(member[0]);
    expect(standardDeviationsPpm).toEqual([0, 0, 0]);
  });

  test('of one gives its predictions, bit for bit, and no standard deviation', () => {
    const member = [[612.3456789, 0.1 + 0.2], [-0.3]];
    expect(committee(member)).toEqual(member.map((shieldingsPpm) => ({ shieldingsPpm, standardDeviationsPpm: null })));
  });

  test('refuses members that predicted other atoms', () => {
    expect(() => committee([[1, 2]], [[1]])).toThrow('must predict the same atoms');
    expect(() => committee([[1], [2]], [[1]])).toThrow('must predict the same atoms');
  });
});
