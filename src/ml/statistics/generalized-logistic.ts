import { exponential, exponentialMinusOne } from '../../exact/exponential.ts';
import { logarithm, logarithmOfOnePlus } from '../../exact/logarithm.ts';
import { ascend, type LocalModel } from './newton-ascent.ts';
import { mean } from './statistics.ts';

/**
 * Generalised logistic distribution of type I (scipy's `genlogistic`): F(y) = (1 + exp(-u))^-c, u = (y - location) / scale.
 * A shape c below 1 is skewed to the left.
 */
export interface GeneralizedLogistic {
  /** c, above 0. */
  readonly shape: number;
  /** In the unit of y. */
  readonly location: number;
  /** In the unit of y, above 0. */
  readonly scale: number;
}

/** Below this, log(expm1(x)), log(-expm1(-x)) and log(x) are the same double when they are functions of log x. */
const NEGLIGIBLE_LOG = -37;

/** log(1 + exp(x)) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + logarithmOfOnePlus(exponential(-x)) : logarithmOfOnePlus(exponential(x));
}

/** log F(y): finite for every finite y. */
export function logCdf({ shape, location, scale }: GeneralizedLogistic, y: number): number {
  return -shape * softplus((location - y) / scale);
}

/** log(1 - F(y)): finite for every finite y. */
export function logSurvival(distribution: GeneralizedLogistic, y: number): number {
  const { shape, location, scale } = distribution;
  const u = (y - location) / scale;
  if (u > -NEGLIGIBLE_LOG) {
    const logMinusLogF = logarithm(shape) - u;
    return logMinusLogF < NEGLIGIBLE_LOG ? logMinusLogF : logarithm(-exponentialMinusOne(-exponential(logMinusLogF)));
  }
  return logarithm(-exponentialMinusOne(logCdf(distribution, y)));
}

/** F(y). */
export function cdf(distribution: GeneralizedLogistic, y: number): number {
  return exponential(logCdf(distribution, y));
}

/** Density c exp(-u) (1 + exp(-u))^(-c-1) / scale, per unit of y. */
export function density(distribution: GeneralizedLogistic, y: number): number {
  const { shape, location, scale } = distribution;
  return (shape / scale) * exponential(logOfUnscaledDensity(shape, (y - location) / scale));
}

/** log(exp(-u) (1 + exp(-u))^(-c-1)), without a difference of large numbers. */
function logOfUnscaledDensity(shape: number, u: number): number {
  return (u < 0 ? shape * u : -u) - (shape + 1) * logarithmOfOnePlus(exponential(-Math.abs(u)));
}

/** The y with log F(y) = logF. */
export function quantileOfLogCdf({ shape, location, scale }: GeneralizedLogistic, logF: number): number {
  const s = -logF / shape;
  // log(exp(s) - 1), the side chosen so that nothing overflows
  const minusU = s > 1 ? s + logarithmOfOnePlus(-exponential(-s)) : logarithm(exponentialMinusOne(s));
  return location - scale * minusU;
}

/** The y with log(1 - F(y)) = logS. */
export function quantileOfLogSurvival(distribution: GeneralizedLogistic, logS: number): number {
  const { shape, location, scale } = distribution;
  const logMinusLogF = logS < NEGLIGIBLE_LOG ? logS : logarithm(-logarithmOfOnePlus(-exponential(logS)));
  const logSoftplus = logMinusLogF - logarithm(shape);
  if (logSoftplus < NEGLIGIBLE_LOG) {
    return location - scale * logSoftplus;
  }
  return quantileOfLogCdf(distribution, -shape * exponential(logSoftplus));
}

/** Sum of log densities of the values. */
export function logLikelihood({ shape, location, scale }: GeneralizedLogistic, values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += logOfUnscaledDensity(shape, (values[i] - location) / scale);
  return total + values.length * logarithm(shape / scale);
}

/**
 * Values of which the likelihood is taken, in units of their mean distance from the largest, which is 0; several equal or
 * neighbouring ones may be counted as one.
 */
interface Sample {
  readonly x: Float64Array;
  readonly counts: Float64Array;
  readonly total: number;
}

/**
 * Mean log likelihood L at a location and a rate b = 1 / scale, with the shape of greatest likelihood for these: c = 1 / S where
 * S = mean softplus(v), v = b (location - x). Then L = log b - 1 - T - log S, T = mean softplus(-v).
 * Derivatives are those for moving v as a whole, and for stretching it about the mode location + log(c) / b: near the limits,
 * where location and scale run away together, these hardly depend on each other.
 */
interface Profile extends LocalModel {
  readonly location: number;
  readonly rate: number;
  /** S = 1 / c. */
  readonly inverseShape: number;
}

// Beyond these the likelihood hardly changes: the distribution has become a Gumbel or a one-sided exponential one. Plain formulae,
// with 1 + exp(-u) or c - 1, still work here.
const LARGEST_LOG_SHAPE = 20;
const LARGEST_RATE = 1e8;

const LONGEST_STEP = [4, 1] as const;

/** The search looks at groups of this many values at most; the farther from the ends of the sample, the larger a group. */
const GROUPS = 100;
/** Starts of the search: rates, and places in the sample as shares of its values. */
const START_RATES = [0.5, 1, 2, 4, 8, 16, 40, 150, 1000, 10_000];
const START_PLACES = [0.02, 0.15, 0.4, 0.7, 0.93];
/** Starts whose location lies this many scales below the median: shapes of e^2 and e^8, about. */
const START_DEPTHS = [2, 8];
/** Maxima of the grouped sample that are lower by more are no maxima of the sample. */
const NEARLY_HIGHEST = 0.1;
const SAME_MAXIMUM = 1e-6;

/**
 * Maximum-likelihood fit to at least two different finite values; its bits are the same on every machine.
 *
 * For a location and a scale the best shape is known in closed form, so the search is one in two variables (`ascend`). The
 * likelihood can have several maxima: the search begins at places all over a grouped sample, and the maxima that it finds are
 * climbed on the sample itself. Where it has none, because it grows as the shape goes to infinity (a Gumbel distribution) or as
 * shape and scale go to 0 (an exponential one that ends at the largest value), the fit stops within 1e-6 a value of the limit.
 * @param start another place to begin at
 */
export function fitGeneralizedLogistic(values: ArrayLike<number>, start?: GeneralizedLogistic): GeneralizedLogistic {
  const ascending = Float64Array.from(values).sort();
  const largest = ascending[ascending.length - 1];
  const distances = ascending.map((value) => largest - value);
  const unit = mean(distances);
  const sample: Sample = {
    x: distances.map((distance) => -distance / unit),
    counts: new Float64Array(ascending.length).fill(1),
    total: ascending.length,
  };
  const starts = startsOf(sample);
  if (start !== undefined) starts.push(climb(sample, (start.location - largest) / unit, unit / start.scale));
  const ends = starts.map(({ location, rate }) => climb(sample, location, rate));
  const fits = ends.map(({ location, rate, inverseShape }) => ({
    shape: 1 / inverseShape,
    location: largest + unit * location,
    scale: unit / rate,
  }));
  let best = exponentialLimit(sample, largest, unit);
  let highest = logLikelihood(best, ascending);
  for (const fit of fits) {
    const likelihood = logLikelihood(fit, ascending);
    // false for what is no number, since a start may be so far off that there is no way up from it
    if (likelihood > highest) [best, highest] = [fit, likelihood];
  }
  return best;
}

/** As good as exp((y - largest) / unit) / unit up to the largest value and nothing above. */
function exponentialLimit({ x, counts, total }: Sample, largest: number, unit: number): GeneralizedLogistic {
  const scale = unit / LARGEST_RATE;
  // so far above the largest value that its density has not begun to fall
  const above = largest + scale * Math.max(1, logarithm(LARGEST_RATE / total));
  const location = above > largest ? above : largest + 2 ** -52 * Math.abs(largest);
  const { inverseShape } = profile({ x, counts, total }, (location - largest) / unit, LARGEST_RATE);
  return { shape: 1 / inverseShape, location, scale };
}

/** Where the likelihood of the grouped sample has its highest maxima. */
function startsOf(sample: Sample): Profile[] {
  const groups = grouped(sample);
  const placeOf = (share: number) => sample.x[Math.floor(share * sample.total)];
  const ends: Profile[] = [];
  for (const rate of START_RATES) {
    const locations = [
      ...START_PLACES.map(placeOf),
      ...START_DEPTHS.map((depth) => placeOf(0.5) - depth / rate),
      1 / rate,
    ];
    for (const location of locations) ends.push(climb(groups, location, rate));
  }
  ends.sort((a, b) => b.value - a.value);
  return ends.filter(
    (end, i) => end.value > ends[0].value - NEARLY_HIGHEST && (i === 0 || ends[i - 1].value - end.value > SAME_MAXIMUM),
  );
}

/** Neighbours taken together at their mean: alone at the ends of the sample, where one value matters, more towards its middle. */
function grouped({ x, total }: Sample): Sample {
  const places: number[] = [];
  const counts: number[] = [];
  for (let from = 0; from < total; ) {
    const fromEnd = Math.min(from, total - 1 - from);
    const size = Math.max(1, Math.min(Math.floor((8 * fromEnd) / GROUPS), Math.ceil((2 * total) / GROUPS)));
    const members = x.subarray(from, from + size);
    places.push(mean(members));
    counts.push(members.length);
    from += size;
  }
  return { x: Float64Array.from(places), counts: Float64Array.from(counts), total };
}

function climb(sample: Sample, location: number, rate: number): Profile {
  return ascend(profile(sample, location, rate), LONGEST_STEP, (from, [shift, stretch]) => {
    const next = from.rate * exponential(stretch);
    if (!(next < LARGEST_RATE)) return null;
    // v = log S + shift at the mode, where v = log S was
    const logS = logarithm(from.inverseShape);
    const mode = from.location - logS / from.rate;
    const found = profile(sample, mode + Math.max(logS + shift, -LARGEST_LOG_SHAPE) / next, next);
    const isAtBound = logarithm(found.inverseShape) < 0.1 - LARGEST_LOG_SHAPE && found.gradient[0] < 0;
    return isAtBound ? { ...found, gradient: [0, found.gradient[1]] } : found;
  });
}

function profile({ x, counts, total }: Sample, location: number, rate: number): Profile {
  let [s, t] = [0, 0];
  // sums of the logistic function of v, of -v and of their product, with powers of v
  let [up, upV, down, downV, bend, bendV, bendVV] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const v = rate * (location - x[i]);
    const e = exponential(-Math.abs(v));
    const log = logarithmOfOnePlus(e);
    const larger = counts[i] / (1 + e);
    const smaller = e * larger;
    s += counts[i] * (v > 0 ? log + v : log);
    t += counts[i] * (v > 0 ? log : log - v);
    up += v > 0 ? larger : smaller;
    upV += (v > 0 ? larger : smaller) * v;
    down += v > 0 ? smaller : larger;
    downV += (v > 0 ? smaller : larger) * v;
    const product = smaller / (1 + e);
    bend += product;
    bendV += product * v;
    bendVV += product * v * v;
  }
  s /= total;
  const logS = logarithm(s);
  // the same with powers of w = log S - v, the distance from the mode
  const upW = logS * up - upV;
  const downW = logS * down - downV;
  const bendW = logS * bend - bendV;
  const bendWW = logS * logS * bend - 2 * logS * bendV + bendVV;
  const n = total;
  return {
    ...{ location, rate, inverseShape: s },
    value: logarithm(rate) - 1 - t / n - logS,
    gradient: [(down - up / s) / n, 1 + (upW / s - downW) / n],
    curvature: [
      (up / n / s) * (up / n / s) - (bend + bend / s) / n,
      (bendW + bendW / s) / n - (up / n / s) * (upW / n / s),
      (upW / n / s) * (upW / n / s) - (bendWW + downW + (bendWW - upW) / s) / n,
    ],
  };
}
