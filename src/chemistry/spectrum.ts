import { NatriumError } from '../errors.ts';
import { sumOfLines } from './spectrum/line-sum.ts';
import { gaussian, type Lineshape, lorentzian } from './spectrum/lineshapes.ts';

export const FEWEST_POINTS = 2;
export const MOST_POINTS = 65_536;
export const DEFAULT_POINTS = 2048;

/** How far beyond its outermost lines a spectrum reaches unless told. */
const MARGIN_WIDTHS = 5;
const FARTHEST_PPM = 1e7;
/** Finer than any line, yet so coarse that positions in decimals stay short. */
const LEAST_STEP_PPM = 1e-10;
/** Of the larger end: positions of neighbouring points must differ in a double with room to spare. */
const LEAST_RELATIVE_STEP = 1e-12;

export interface AxisInput {
  readonly fromPpm: number | null;
  readonly toPpm: number | null;
  readonly points: number;
}

/**
 * Both ends of an axis in ppm, ascending: five widths below the lowest line and five above the highest unless told. Throws
 * BAD_USER_INPUT for a range or a number of points that cannot be.
 *
 * @param linesPpm at least one
 */
export function axisEnds(
  { fromPpm, toPpm, points }: AxisInput,
  linesPpm: Float64Array,
  widthPpm: number,
): readonly [number, number] {
  if (points < FEWEST_POINTS || points > MOST_POINTS) {
    throw new NatriumError('BAD_USER_INPUT', `points is ${points}; give ${FEWEST_POINTS} to ${MOST_POINTS}`);
  }
  if ((fromPpm === null) !== (toPpm === null)) {
    throw new NatriumError('BAD_USER_INPUT', 'give both fromPpm and toPpm, or neither');
  }
  const [low, high] =
    fromPpm !== null && toPpm !== null ? [fromPpm, toPpm] : withMargin(linesPpm, MARGIN_WIDTHS * widthPpm);
  if (!(low < high) || Math.max(-low, high) > FARTHEST_PPM) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `fromPpm is ${low} and toPpm ${high}; give a range that ascends within ±${FARTHEST_PPM} ppm`,
    );
  }
  const leastStep = Math.max(LEAST_STEP_PPM, LEAST_RELATIVE_STEP * Math.max(Math.abs(low), Math.abs(high)));
  if ((high - low) / (points - 1) < leastStep) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${low} to ${high} ppm is too narrow for ${points} points, whose step must be at least ${leastStep} ppm; ` +
        'take fewer or a wider range',
    );
  }
  return [low, high];
}

/** Positions of the points, ascending and equally spaced from one of the `axisEnds` to the other, [points], in ppm. */
export function spectrumAxis(input: AxisInput, linesPpm: Float64Array, widthPpm: number): Float64Array {
  const [low, high] = axisEnds(input, linesPpm, widthPpm);
  const positions = new Float64Array(input.points);
  for (let k = 0; k < positions.length; k++) positions[k] = low + (high - low) * (k / (positions.length - 1));
  positions[positions.length - 1] = high;
  return positions;
}

function withMargin(linesPpm: Float64Array, marginPpm: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const line of linesPpm) {
    if (line < low) low = line;
    if (line > high) high = line;
  }
  return [low - marginPpm, high + marginPpm];
}

/**
 * Intensities of lines of area 1 at the positions of an axis, in 1/ppm: the integral from -∞ to ∞ is the number of lines. A
 * pseudo-Voigt is the weighted sum of a Lorentzian and a Gaussian of the same full width at half maximum. Accurate as `sumOfLines`
 * says, exact to rounding for up to 512 lines. A long sum lets other work of the process run in between.
 *
 * @param linesPpm positions of the lines, any order
 */
export async function spectrumIntensities(
  linesPpm: ArrayLike<number>,
  { fullWidthAtHalfMaximumPpm: width, lorentzianFraction: fraction }: Lineshape,
  positionsPpm: ArrayLike<number>,
): Promise<Float64Array> {
  const intensities = new Float64Array(positionsPpm.length);
  for (const [kernel, share] of [[lorentzian(width), fraction] as const, [gaussian(width), 1 - fraction] as const]) {
    if (share === 0) continue;
    const sums = await sumOfLines(kernel, linesPpm, positionsPpm);
    sums.forEach((value, k) => {
      intensities[k] += share * value;
    });
  }
  return intensities;
}
