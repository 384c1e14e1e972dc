import { describe, expect, it } from 'vitest';
import { calibrationOf } from '../../src/ml/statistics/calibration.ts';
import { ascendingOrder, ranks } from '../../src/ml/statistics/ranks.ts';
import { Random } from '../../src/random.ts';

/** Predictions whose errors are as large as they say, or `factor` times as large. */
function committee(count: number, factor = 1) {
  const random = new Random(count);
  const calculated = Float64Array.from({ length: count }, () => 600 - 40 * random.uniform());
  const deviations = Float64Array.from({ length: count }, () => 1 + 20 * random.uniform());
  const predicted = calculated.map((value, i) => value + factor * deviations[i] * random.normal());
  return { calculated, predicted, deviations };
}

describe('calibrationOf', () => {
  it('has the values that a pocket calculator gives', () => {
    const calibration = calibrationOf([600, 600, 600, 600], [602, 598, 604, 600], [1, 2, 4, 0]);
    expect(calibration).toMatchObject({ count: 3, withoutSpread: 1 });
    expect(calibration.meanZ).toBeCloseTo(2 / 3, 14);
    expect(calibration.standardDeviationZ).toBeCloseTo(Math.sqrt((4 + 1 + 1) / 3 - 4 / 9), 12);
    expect(calibration.coverage).toEqual([
      { level: 0.5, coverage: 0 },
      { level: 0.6827, coverage: 2 / 3 },
      { level: 0.9, coverage: 2 / 3 },
      { level: 0.95, coverage: 2 / 3 },
    ]);
    expect(calibration.sharpnessPpm).toBeCloseTo(Math.sqrt(7), 12);
    const likelihood = (Math.log(2 * Math.PI) * 3) / 2 + Math.log(8) + (4 + 1 + 1) / 2;
    expect(calibration.negativeLogLikelihood).toBeCloseTo(likelihood / 3, 12);
    expect(calibration.spearman).toBeCloseTo(Math.sqrt(3) / 2, 12);
    expect(calibration.reliability).toEqual([
      { count: 1, fromPpm: 1, toPpm: 1, rootMeanVariancePpm: 1, rmsePpm: 2 },
      { count: 1, fromPpm: 2, toPpm: 2, rootMeanVariancePpm: 2, rmsePpm: 2 },
      { count: 1, fromPpm: 4, toPpm: 4, rootMeanVariancePpm: 4, rmsePpm: 4 },
    ]);
    expect(calibration.expectedNormalizedCalibrationError).toBeCloseTo(1 / 3, 12);
  });

  it('finds honest standard deviations calibrated', () => {
    const { calculated, predicted, deviations } = committee(20_000);
    const calibration = calibrationOf(calculated, predicted, deviations);
    expect(calibration.meanZ).toBeCloseTo(0, 1);
    expect(calibration.standardDeviationZ).toBeCloseTo(1, 1);
    for (const { level, coverage } of calibration.coverage) expect(Math.abs(coverage - level)).toBeLessThan(0.015);
    expect(calibration.expectedCalibrationError).toBeLessThan(0.01);
    expect(calibration.expectedNormalizedCalibrationError).toBeLessThan(0.03);
    expect(calibration.spearman).toBeGreaterThan(0.4);
    expect(calibration.reliability.map(({ count }) => count)).toEqual(Array(10).fill(2000));
    for (const { rootMeanVariancePpm, rmsePpm, fromPpm, toPpm } of calibration.reliability) {
      expect(rmsePpm / rootMeanVariancePpm).toBeCloseTo(1, 1);
      expect(rootMeanVariancePpm).toBeGreaterThanOrEqual(fromPpm);
      expect(rootMeanVariancePpm).toBeLessThanOrEqual(toPpm);
    }
  });

  it('tells by how much others are too small', () => {
    const { calculated, predicted, deviations } = committee(5000, 3);
    const calibration = calibrationOf(calculated, predicted, deviations);
    expect(calibration.standardDeviationZ).toBeCloseTo(3, 0);
    expect(calibration.coverage[1].coverage).toBeLessThan(0.3);
    expect(calibration.expectedNormalizedCalibrationError).toBeGreaterThan(1.5);
  });

  it('has bins of equal count within one', () => {
    const { calculated, predicted, deviations } = committee(37);
    const { reliability } = calibrationOf(calculated, predicted, deviations);
    expect(reliability.map(({ count }) => count)).toEqual([3, 4, 4, 3, 4, 4, 3, 4, 4, 4]);
  });

  it('does not depend on the order of the atoms', () => {
    const { calculated, predicted, deviations } = committee(200);
    const backwards = [calculated, predicted, deviations].map((column) => column.toReversed());
    const { reliability, ...rest } = calibrationOf(calculated, predicted, deviations);
    const { reliability: turned, ...turnedRest } = calibrationOf(backwards[0], backwards[1], backwards[2]);
    expect(turned.map(({ toPpm }) => toPpm)).toEqual(reliability.map(({ toPpm }) => toPpm));
    expect(turnedRest.expectedCalibrationError).toBe(rest.expectedCalibrationError);
    expect(turnedRest.negativeLogLikelihood).toBeCloseTo(rest.negativeLogLikelihood!, 12);
  });

  it('says nothing of atoms on which all members agree', () => {
    expect(calibrationOf([600, 610], [601, 612], [0, 0])).toEqual({
      ...{ count: 0, withoutSpread: 2, meanZ: null, standardDeviationZ: null, coverage: [] },
      ...{ expectedCalibrationError: null, negativeLogLikelihood: null, spearman: null, sharpnessPpm: null },
      ...{ reliability: [], expectedNormalizedCalibrationError: null },
    });
  });

  it.each<[number[], number[], number[], string]>([
    [[1, 2], [1], [1, 1], 'BAD_USER_INPUT'],
    [[1, 2], [1, 2], [1], 'BAD_USER_INPUT'],
    [[1], [1], [-1], 'BAD_USER_INPUT'],
    [[1], [Number.NaN], [1], 'NON_FINITE_NUMBER'],
    [[1], [1], [Number.POSITIVE_INFINITY], 'NON_FINITE_NUMBER'],
  ])('refuses %j, %j with %j', (calculated, predicted, deviations, code) => {
    expect(() => calibrationOf(calculated, predicted, deviations)).toThrow(expect.objectContaining({ code }));
  });
});

describe('ranks', () => {
  it('are shared by equal values', () => {
    expect([...ranks([30, 10, 20, 10, 30, 30])]).toEqual([5, 1.5, 3, 1.5, 5, 5]);
    expect([...ranks([0, -0, 1])]).toEqual([1.5, 1.5, 3]);
    expect([...ranks([])]).toEqual([]);
  });

  it('go with an order in which equal values stay as they are', () => {
    const random = new Random(1);
    const values = Array.from({ length: 500 }, () => random.integer(40) - 20);
    const expected = values.map((_, i) => i).sort((i, j) => values[i] - values[j] || i - j);
    expect([...ascendingOrder(values)]).toEqual(expected);
  });
});
