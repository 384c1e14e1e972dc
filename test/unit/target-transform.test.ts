import { describe, expect, it } from 'vitest';
import {
  cdf,
  density,
  fitGeneralizedLogistic,
  type GeneralizedLogistic,
  logLikelihood,
  quantileOfLogCdf,
} from '../../src/ml/statistics/generalized-logistic.ts';
import { normalCdf } from '../../src/ml/statistics/statistics.ts';
import { tabulatedBackward } from '../../src/ml/tabulated-transform.ts';
import { backward, fitTargetTransform, forward, type TargetTransform } from '../../src/ml/target-transform.ts';
import { Random } from '../../src/random.ts';

const skewed: GeneralizedLogistic = { shape: 0.04, location: 612, scale: 1.3 };
const distributions: GeneralizedLogistic[] = [
  skewed,
  { shape: 1, location: 0, scale: 1 },
  { shape: 0.3, location: 600, scale: 20 },
  { shape: 12, location: -40, scale: 5 },
  { shape: 1e-6, location: 600, scale: 1e-5 },
  { shape: 1e9, location: -500, scale: 30 },
];

function transformOf(distribution: GeneralizedLogistic): TargetTransform {
  return { kind: 'GENERALIZED_LOGISTIC', ...distribution };
}

function anyDistribution(random: Random): GeneralizedLogistic {
  return {
    shape: 10 ** (18 * random.uniform() - 9),
    location: 2000 * random.uniform() - 1000,
    scale: 10 ** (6 * random.uniform() - 4),
  };
}

/** Values at evenly spaced probabilities: a sample of the distribution without chance. */
function evenSample(distribution: GeneralizedLogistic, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => quantileOfLogCdf(distribution, Math.log((k + 0.5) / count)));
}

describe('generalised logistic distribution', () => {
  it('has the distribution function and density of the formula', () => {
    for (const y of [560, 600, 612, 620]) {
      const e = Math.exp(-(y - 612) / 1.3);
      expect(cdf(skewed, y)).toBeCloseTo((1 + e) ** -0.04, 14);
      expect(density(skewed, y)).toBeCloseTo(((0.04 / 1.3) * e) / (1 + e) ** 1.04, 14);
    }
  });

  it('has a log-likelihood that is the sum of log densities', () => {
    const values = [540, 590, 611, 613.5];
    const sum = values.reduce((total, value) => total + Math.log(density(skewed, value)), 0);
    expect(logLikelihood(skewed, values)).toBeCloseTo(sum, 10);
  });

  it.each([
    { shape: 0.05, location: 612, scale: 1.3 },
    { shape: 0.5, location: 600, scale: 20 },
    { shape: 1, location: 0, scale: 1 },
    { shape: 6, location: 480, scale: 25 },
  ])('is recovered from its own values ($shape)', (truth) => {
    const values = evenSample(truth, 4000);
    const fit = fitGeneralizedLogistic(values);
    expect(Math.abs(Math.log(fit.shape / truth.shape))).toBeLessThan(0.02);
    expect(Math.abs(fit.location - truth.location)).toBeLessThan(0.03 * truth.scale);
    expect(Math.abs(Math.log(fit.scale / truth.scale))).toBeLessThan(0.01);
    expect(logLikelihood(fit, values)).toBeGreaterThanOrEqual(logLikelihood(truth, values));
  });

  it('is fitted at a maximum: every small change of a parameter lowers the likelihood', () => {
    const values = Array.from({ length: 500 }, (_, k) => 600 + 40 * Math.sin(k * k) - 30 * Math.cos(3 * k) ** 4);
    const fit = fitGeneralizedLogistic(values);
    const best = logLikelihood(fit, values);
    for (const factor of [0.99, 1.01]) {
      expect(logLikelihood({ ...fit, shape: fit.shape * factor }, values)).toBeLessThan(best);
      expect(logLikelihood({ ...fit, scale: fit.scale * factor }, values)).toBeLessThan(best);
      expect(logLikelihood({ ...fit, location: fit.location + (factor - 1) * fit.scale }, values)).toBeLessThan(best);
    }
  });

  it('moves and stretches with the values', () => {
    const values = evenSample({ shape: 0.4, location: 0, scale: 1 }, 300);
    const fit = fitGeneralizedLogistic(values);
    const moved = fitGeneralizedLogistic(values.map((value) => 1e-3 * value + 50));
    expect(moved.shape).toBeCloseTo(fit.shape, 4);
    expect((moved.location - 50) * 1e3).toBeCloseTo(fit.location, 3);
    expect(moved.scale * 1e3).toBeCloseTo(fit.scale, 4);
  });
});

describe('forward and backward', () => {
  it.each(distributions)('undo each other within 1e-9 ppm, far into both tails ($shape)', (distribution) => {
    const transform = transformOf(distribution);
    const { location, scale } = distribution;
    const values = Array.from({ length: 2001 }, (_, k) => location + scale * (k - 1000));
    const targets = forward(transform, values);
    const back = backward(transform, targets);
    expect(targets.every(Number.isFinite)).toBe(true);
    values.forEach((value, k) => {
      expect(Math.abs(back[k] - value)).toBeLessThan(1e-9);
    });
  });

  it.each(distributions)('increase strictly ($shape)', (distribution) => {
    const { location, scale } = distribution;
    const targets = forward(
      transformOf(distribution),
      Array.from({ length: 401 }, (_, k) => location + (scale * (k - 200)) / 3),
    );
    for (let k = 1; k < targets.length; k++) {
      expect(targets[k]).toBeGreaterThan(targets[k - 1]);
    }
  });

  it('undo each other within 1e-9 ppm, or the last bits of the shielding, wherever F is neither 0 nor 1', () => {
    const random = new Random(1);
    for (let set = 0; set < 300; set++) {
      const distribution = anyDistribution(random);
      const { shape, location, scale } = distribution;
      const transform = transformOf(distribution);
      // log F = -745 is the smallest double; 1 - F = 1e-16 the last that 1 shows
      const lowest = quantileOfLogCdf(distribution, -745);
      const highest = location + scale * (37 + Math.log(Math.max(shape, 1)));
      const values = Array.from({ length: 101 }, (_, k) => lowest + (highest - lowest) * (k / 100) ** 0.2).concat(
        Array.from({ length: 101 }, (_, k) => location + scale * (k - 60)),
      );
      const back = backward(transform, forward(transform, values));
      values.forEach((value, k) => {
        expect(Math.abs(back[k] - value), `${JSON.stringify(distribution)} at ${value}`).toBeLessThan(
          Math.max(1e-9, 1e-15 * Math.abs(value)),
        );
      });
    }
  });

  it('go on beyond, never falling and never infinite, for all doubles there are', () => {
    const random = new Random(2);
    const magnitudes = Array.from({ length: 400 }, () => 10 ** (640 * random.uniform() - 330)).filter(Number.isFinite);
    for (let set = 0; set < 60; set++) {
      const distribution = anyDistribution(random);
      const { shape, location, scale } = distribution;
      const around = [1e-3, 1, 50, 1e3, 1e6, 1e12].flatMap((far) => [
        ...[location - far * scale, location + far * scale, location - (far * scale) / shape],
      ]);
      const doubles = [...magnitudes, ...magnitudes.map((x) => -x), ...around, 0, Number.MAX_VALUE, -Number.MAX_VALUE];
      const ascending = Float64Array.from(doubles.filter(Number.isFinite)).sort();
      for (const convert of [forward, backward]) {
        const converted = convert(transformOf(distribution), ascending);
        expect(converted.every(Number.isFinite)).toBe(true);
        for (let k = 1; k < converted.length; k++) {
          expect(converted[k], `${convert.name} at ${ascending[k]}`).toBeGreaterThanOrEqual(converted[k - 1]);
        }
      }
    }
  });

  it('take infinity as the largest there is, and what is no number as none', () => {
    for (const convert of [forward, backward]) {
      const ends = convert(transformOf(skewed), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      expect([...ends]).toEqual([...convert(transformOf(skewed), [-Number.MAX_VALUE, Number.MAX_VALUE])]);
      expect(convert(transformOf(skewed), [Number.NaN])[0]).toBeNaN();
    }
  });

  it('map the distribution function to the normal one', () => {
    for (const distribution of distributions.slice(0, 4)) {
      const sample = evenSample(distribution, 99);
      forward(transformOf(distribution), sample).forEach((z, k) => {
        expect(normalCdf(z)).toBeCloseTo((k + 0.5) / 99, 12);
      });
    }
  });

  it('go on without overflow where F rounds to 0 or 1', () => {
    const transform = transformOf(skewed);
    const targets = Float64Array.of(-1e300, -1e6, -1e3, -40, 0, 40, 1e3, 1e6, 1e300);
    const shieldings = backward(transform, targets);
    expect(shieldings.every(Number.isFinite)).toBe(true);
    for (let k = 1; k < shieldings.length; k++) {
      expect(shieldings[k]).toBeGreaterThan(shieldings[k - 1]);
    }
    const [below, above] = backward(transform, [-1e6, 1e6]);
    expect(below / (-1.3 * (1e12 / 2 / 0.04))).toBeCloseTo(1, 6);
    expect(above / (1.3 * (1e12 / 2))).toBeCloseTo(1, 6);
    expect([...forward(transform, [-1e6, 1e6])].every(Number.isFinite)).toBe(true);
  });

  it('pass values through for NONE, and copy them', () => {
    const values = Float64Array.of(1, 2);
    for (const convert of [forward, backward]) {
      const result = convert({ kind: 'NONE' }, values);
      expect(result).toEqual(values);
      expect(result).not.toBe(values);
    }
  });
});

describe('fitTargetTransform', () => {
  it('standardises by mean and population standard deviation', () => {
    const transform = fitTargetTransform('STANDARDIZE', [500, 600, 700, 600]);
    expect(transform).toEqual({ kind: 'STANDARDIZE', mean: 600, standardDeviation: Math.sqrt(5000) });
    expect([...forward(transform, [600, 700])]).toEqual([0, 100 / Math.sqrt(5000)]);
    const [near, far] = backward(transform, forward(transform, [500, 123]));
    expect(near).toBeCloseTo(500, 10);
    expect(far).toBeCloseTo(123, 10);
  });

  it('makes skewed shieldings nearly normal', () => {
    const sample = evenSample(skewed, 500);
    const targets = forward(fitTargetTransform('GENERALIZED_LOGISTIC', sample), sample);
    const moment = (power: number) => targets.reduce((sum, z) => sum + z ** power, 0) / targets.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(3)).toBeCloseTo(0, 0);
  });

  it.each<['STANDARDIZE' | 'GENERALIZED_LOGISTIC', number[], string]>([
    ['STANDARDIZE', [], 'BAD_USER_INPUT'],
    ['STANDARDIZE', [600], 'BAD_USER_INPUT'],
    ['STANDARDIZE', [600.1, 600.1, 600.1], 'BAD_USER_INPUT'],
    ['STANDARDIZE', [600, Number.NaN], 'NON_FINITE_NUMBER'],
    ['STANDARDIZE', [1e-120, 2e-120, 3e-120], 'BAD_USER_INPUT'],
    ['STANDARDIZE', [-1e200, 1e200, 0], 'BAD_USER_INPUT'],
    ['GENERALIZED_LOGISTIC', [600, 601, 602, 603], 'BAD_USER_INPUT'],
    ['GENERALIZED_LOGISTIC', [600, 600, 600, 600, 600, 600], 'BAD_USER_INPUT'],
    ['GENERALIZED_LOGISTIC', [600, 601, 602, 603, Number.POSITIVE_INFINITY], 'NON_FINITE_NUMBER'],
  ])('refuses %s of %j', (kind, values, code) => {
    expect(() => fitTargetTransform(kind, values)).toThrow(expect.objectContaining({ code }));
  });

  it('needs no values for NONE', () => {
    expect(fitTargetTransform('NONE', [])).toEqual({ kind: 'NONE' });
  });
});

describe('the tabulated way back', () => {
  it('is the way back, to a thousandth of a ppm, and beyond the table too', () => {
    const shieldings = Float64Array.from({ length: 400 }, (_, i) => 620 - 0.002 * (i % 97) ** 2 - (i % 13));
    const transform = fitTargetTransform('GENERALIZED_LOGISTIC', shieldings);
    const targets = [-1e200, -30, -8.0001, -8, -7.999, -3.21, 0, 0.001, 2.5, 7.999, 8, 8.0001, 30];
    const [quick, exact] = [tabulatedBackward(transform)(targets), backward(transform, targets)];
    targets.forEach((target, i) => {
      expect(Math.abs(quick[i] - exact[i]), `${target}`).toBeLessThanOrEqual(1e-3);
    });
    expect(tabulatedBackward(transform)([Number.NaN])[0]).toBeNaN();
  });

  it.each(['NONE', 'STANDARDIZE'] as const)('of %s is exact', (kind) => {
    const transform = fitTargetTransform(kind, [500, 600, 700, 600]);
    const targets = [-3, 0.1, 7];
    expect(tabulatedBackward(transform)(targets)).toEqual(backward(transform, targets));
  });
});
