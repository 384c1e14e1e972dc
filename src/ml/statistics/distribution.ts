import { NatriumError } from '../../errors.ts';
import { mean, standardDeviation } from './statistics.ts';

/** Values in ascending order, as the functions of this module take them. */
export type Sorted = Float64Array & { readonly sorted: true };

/** What one sample looks like. What a constant sample leaves undefined is null. */
export interface DistributionSummary {
  readonly count: number;
  readonly mean: number;
  /** Of the population: divided by n. */
  readonly standardDeviation: number;
  /** g1 = m3 / m2^(3/2) of the central moments m_k = sum (x - mean)^k / n; below 0 for a tail to the left. */
  readonly skewness: number | null;
  /** Where the kernel density estimate is highest. */
  readonly mode: number | null;
}

/** Ascending copy. Throws BAD_USER_INPUT for no values, NON_FINITE_NUMBER for NaN or infinite ones. */
export function sorted(values: ArrayLike<number>): Sorted {
  const copy = Float64Array.from(values).sort();
  if (copy.length === 0) throw new NatriumError('BAD_USER_INPUT', 'A distribution needs at least one value.');
  // NaN sorts behind everything
  if (!Number.isFinite(copy[0]) || !Number.isFinite(copy[copy.length - 1])) {
    const bad = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
    throw new NatriumError('NON_FINITE_NUMBER', `Value ${bad + 1} of the distribution is ${values[bad]}.`);
  }
  return copy as Sorted;
}

export function summarize(values: Sorted): DistributionSummary {
  return {
    count: values.length,
    mean: mean(values),
    standardDeviation: standardDeviation(values),
    skewness: skewness(values),
    mode: densityMode(values),
  };
}

function skewness(values: Sorted): number | null {
  if (isConstant(values)) return null;
  const centre = mean(values);
  const deviation = standardDeviation(values);
  // a spread whose square is no double
  if (deviation === 0) return null;
  let cubes = 0;
  for (const value of values) {
    const z = (value - centre) / deviation;
    cubes += z * z * z;
  }
  return cubes / values.length;
}

function isConstant(values: Sorted): boolean {
  return values[0] === values[values.length - 1];
}

/**
 * Quantile by linear interpolation between order statistics at position p (n - 1), the default of numpy and R (type 7 of
 * Hyndman and Fan, Am. Stat. 50, 361 (1996)).
 * @param probability 0 to 1; throws BAD_USER_INPUT for anything else
 */
export function quantile(values: Sorted, probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new NatriumError('BAD_USER_INPUT', `The probability ${probability} is not from 0 to 1.`);
  }
  return orderStatistic(values, probability * (values.length - 1));
}

/**
 * Quantile by linear interpolation at position n p - 1/2 (Hazen; type 5): at the probabilities (k - 1/2) / n it is the
 * k-th value itself, so Q-Q points lie on the sample.
 */
export function plottingQuantile(values: Sorted, probability: number): number {
  return orderStatistic(values, Math.min(Math.max(probability * values.length - 0.5, 0), values.length - 1));
}

/** The probabilities (k - 1/2) / n, k = 1 ... n, at which Q-Q points stand. */
export function plottingProbabilities(count: number): number[] {
  return Array.from({ length: count }, (_, k) => (k + 0.5) / count);
}

function orderStatistic(values: Sorted, position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, values.length - 1);
  return values[below] + (position - below) * (values[above] - values[below]);
}

/** Share of the values that are below a limit. */
export function shareBelow(values: Sorted, limit: number): number {
  return countBelow(values, limit) / values.length;
}

function countBelow(values: Sorted, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two-sample Kolmogorov-Smirnov statistic, the largest distance between the two empirical distribution functions. */
export function kolmogorovSmirnov(a: Sorted, b: Sorted): number {
  let largest = 0;
  eachStep(a, b, (shareOfA, shareOfB) => {
    largest = Math.max(largest, Math.abs(shareOfA - shareOfB));
  });
  return largest;
}

/** One-sample Kolmogorov-Smirnov statistic, the largest distance of the empirical distribution function from another one. */
export function kolmogorovSmirnovFrom(values: Sorted, distributionFunction: (value: number) => number): number {
  let largest = 0;
  for (let from = 0; from < values.length; ) {
    let to = from + 1;
    while (to < values.length && values[to] === values[from]) to++;
    const expected = distributionFunction(values[from]);
    largest = Math.max(largest, expected - from / values.length, to / values.length - expected);
    from = to;
  }
  return largest;
}

/** Wasserstein-1 distance, the integral of |F_a(x) - F_b(x)| over x, in the unit of the values. */
export function wasserstein1(a: Sorted, b: Sorted): number {
  let total = 0;
  eachStep(a, b, (shareOfA, shareOfB, width) => {
    total += Math.abs(shareOfA - shareOfB) * width;
  });
  return total;
}

/** Walks both distribution functions: their values on each interval on which they are constant, and its width. */
function eachStep(a: Sorted, b: Sorted, visit: (shareOfA: number, shareOfB: number, width: number) => void): void {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const at = i === a.length ? b[j] : j === b.length ? a[i] : Math.min(a[i], b[j]);
    while (i < a.length && a[i] === at) i++;
    while (j < b.length && b[j] === at) j++;
    if (i === a.length && j === b.length) return;
    const next = i === a.length ? b[j] : j === b.length ? a[i] : Math.min(a[i], b[j]);
    visit(i / a.length, j / b.length, next - at);
  }
}

/** Grid points a bandwidth: near enough that no maximum of the density is missed. */
const POINTS_PER_BANDWIDTH = 8;
/** Kernels farther off than this many bandwidths add nothing to a double. */
const REACH = 8.6;
/** Peaks of the binned density as high as this share of the highest are looked at exactly; binning takes up to 0.3 % off. */
const NEARLY_HIGHEST = 0.99;

/**
 * The mode: where the Gaussian kernel density estimate with Scott's bandwidth s n^(-1/5) is highest (s the sample standard
 * deviation, divided by n - 1; Scott, Multivariate Density Estimation, 1992). Exact sum of kernels, started from a binned one.
 * Null for a constant sample; the lower of two equally high modes.
 */
export function densityMode(values: Sorted): number | null {
  const n = values.length;
  const bandwidth = standardDeviation(values) * Math.sqrt(n / (n - 1)) * n ** -0.2;
  if (isConstant(values) || bandwidth === 0) return null;
  let mode = Number.NaN;
  let highest = Number.NEGATIVE_INFINITY;
  for (const start of peaksOfBinnedDensity(values, bandwidth)) {
    const peak = climb(values, bandwidth, start);
    // a later peak must be higher by more than rounding
    if (peak.density > highest * (1 + 1e-12)) {
      mode = peak.x;
      highest = peak.density;
    }
  }
  return mode;
}

/** Local maxima of the density of values moved to the next grid points, as far as they may be the highest of all. */
function peaksOfBinnedDensity(values: Sorted, bandwidth: number): number[] {
  const spacing = bandwidth / POINTS_PER_BANDWIDTH;
  const reach = Math.ceil(REACH * POINTS_PER_BANDWIDTH);
  const points = Math.round((values[values.length - 1] - values[0]) / spacing) + 1;
  const shares = new Float64Array(points + 2 * reach);
  for (const value of values) {
    // between two points by nearness: an error of second order in the spacing
    const position = (value - values[0]) / spacing;
    const below = Math.min(Math.floor(position), points - 1);
    shares[reach + below] += 1 - (position - below);
    shares[reach + below + 1] += position - below;
  }
  const kernel = Float64Array.from({ length: reach + 1 }, (_, k) => Math.exp(-((k / POINTS_PER_BANDWIDTH) ** 2) / 2));
  const densities = Float64Array.from({ length: points }, (_, point) => {
    let density = shares[reach + point] * kernel[0];
    for (let k = 1; k <= reach; k++) {
      density += (shares[reach + point - k] + shares[reach + point + k]) * kernel[k];
    }
    return density;
  });
  const enough = NEARLY_HIGHEST * densities.reduce((most, each) => Math.max(most, each), 0);
  return Array.from(densities.keys())
    .filter((k) => densities[k] >= enough && !(densities[k - 1] > densities[k]) && !(densities[k + 1] > densities[k]))
    .map((k) => values[0] + k * spacing);
}

/** The maximum of the exact density near a point of the grid, by Newton's method on its derivative within a bracket. */
function climb(values: Sorted, bandwidth: number, start: number): { readonly x: number; readonly density: number } {
  const spacing = bandwidth / POINTS_PER_BANDWIDTH;
  let low = start - 2 * spacing;
  let high = start + 2 * spacing;
  let x = start;
  let density = 0;
  for (let step = 0; step < 60; step++) {
    const at = kernelSums(values, bandwidth, x);
    density = at.density;
    if (at.slope > 0) low = x;
    else high = x;
    const newton = x - (bandwidth * at.slope) / at.curvature;
    const next = at.curvature < 0 && newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-12 * bandwidth || at.slope === 0) break;
    x = next;
  }
  return { x, density };
}

/** Sums over the kernels of exp(-u^2/2) and of its first and second derivative by x / bandwidth, u = (x - value) / bandwidth. */
function kernelSums(values: Sorted, bandwidth: number, x: number) {
  let density = 0;
  let slope = 0;
  let curvature = 0;
  const end = countBelow(values, x + REACH * bandwidth);
  for (let i = countBelow(values, x - REACH * bandwidth); i < end; i++) {
    const u = (x - values[i]) / bandwidth;
    const kernel = Math.exp((-u * u) / 2);
    density += kernel;
    slope -= u * kernel;
    curvature += (u * u - 1) * kernel;
  }
  return { density, slope, curvature };
}
