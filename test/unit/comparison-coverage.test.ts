import { describe, expect, test } from 'vitest';
import { compareVersions, type MetricComparison } from '../../src/ml/comparison/comparison.ts';
import type { ComparedMetric } from '../../src/ml/comparison/metrics.ts';
import { Random } from '../../src/random.ts';

const [CLUSTERS, SIZE, SAMPLES, CONFIDENCE] = [60, 8, 200, 0.9];
/** Standard deviations (ppm) of errors between clusters and within them: those of one cluster are nearly alike. */
const [BETWEEN, WITHIN] = [5, 2];
/** Normal quantile of (1 + confidence) / 2. */
const Z = 1.6449;
const WHOLE = Uint32Array.from({ length: CLUSTERS + 1 }, (_, c) => c * SIZE);
const SINGLE_ATOMS = Uint32Array.from({ length: CLUSTERS * SIZE + 1 }, (_, i) => i);

interface Coverage {
  readonly share: number;
  /** Mean half width of the intervals. */
  readonly halfWidth: number;
}

/** How often intervals of simulated data hold the truth, and how wide they are. */
function coverage(metric: ComparedMetric, truth: number, clusterStarts: Uint32Array): Coverage {
  let [hits, width] = [0, 0];
  for (let seed = 0; seed < SAMPLES; seed++) {
    const random = new Random(seed);
    const calculatedPpm = Float64Array.from({ length: CLUSTERS * SIZE }, () => 600 + 30 * random.normal());
    const shared = Array.from({ length: CLUSTERS }, () => BETWEEN * random.normal());
    const predicted = calculatedPpm.map((y, i) => y + shared[Math.floor(i / SIZE)] + WITHIN * random.normal());
    const columns = { calculatedPpm, predictedPpm: [predicted], clusterStarts };
    const found = compareVersions({ columns, baseline: 0, resamples: 200, confidence: CONFIDENCE, seed });
    const { low, high } = found.find((each) => each.metric === metric)!.versions[0];
    if (low! <= truth && truth <= high!) hits++;
    width += (high! - low!) / 2 / SAMPLES;
  }
  return { share: hits / SAMPLES, halfWidth: width };
}

describe('intervals over correlated errors', () => {
  // standard error of a mean of cluster means
  const standardError = Math.sqrt(BETWEEN ** 2 / CLUSTERS + WITHIN ** 2 / (CLUSTERS * SIZE));

  test('of the bias hold the truth as often as they say, and are as wide as the standard error asks for', () => {
    const { share, halfWidth } = coverage('BIAS', 0, WHOLE);
    // binomial standard deviation 0.02
    expect(share).toBeGreaterThan(CONFIDENCE - 0.07);
    expect(share).toBeLessThan(CONFIDENCE + 0.06);
    expect(halfWidth / (Z * standardError)).toBeGreaterThan(0.95);
    expect(halfWidth / (Z * standardError)).toBeLessThan(1.05);
  });

  test('of the RMSE hold the truth nearly as often', () => {
    const { share } = coverage('RMSE', Math.hypot(BETWEEN, WITHIN), WHOLE);
    expect(share).toBeGreaterThan(CONFIDENCE - 0.1);
    expect(share).toBeLessThan(CONFIDENCE + 0.06);
  });

  test('are far too narrow if atoms are drawn instead of clusters', () => {
    const { share, halfWidth } = coverage('BIAS', 0, SINGLE_ATOMS);
    expect(share).toBeLessThan(0.65);
    expect(halfWidth / (Z * standardError)).toBeLessThan(0.5);
  });
});

describe('paired differences', () => {
  const random = new Random(11);
  const calculatedPpm = Float64Array.from({ length: CLUSTERS * SIZE }, () => 600 + 30 * random.normal());
  const shared = Array.from({ length: CLUSTERS }, () => BETWEEN * random.normal());
  const errors = calculatedPpm.map((_, i) => shared[Math.floor(i / SIZE)] + WITHIN * random.normal());
  const plus = (factor: number) => calculatedPpm.map((y, i) => y + factor * errors[i] + 0.3 * random.normal());
  const columns = { calculatedPpm, predictedPpm: [plus(1), plus(1.1)], clusterStarts: WHOLE };
  const found = compareVersions({ columns, baseline: 0, resamples: 500, confidence: 0.95, seed: 0 });

  test.each(['RMSE', 'MAE', 'R2'] as const)('of the %s see what intervals side by side hide', (metric) => {
    const { versions } = found.find((each): each is MetricComparison => each.metric === metric)!;
    const width = ({ low, high }: { low: number | null; high: number | null }) => high! - low!;
    const { differenceToBaseline } = versions[1];
    expect(width(differenceToBaseline)).toBeLessThan(0.3 * Math.hypot(width(versions[0]), width(versions[1])));
    expect(differenceToBaseline.moreThanNoise).toBe(true);
    // side by side they overlap
    expect(Math.max(versions[0].low!, versions[1].low!)).toBeLessThan(Math.min(versions[0].high!, versions[1].high!));
  });
});
