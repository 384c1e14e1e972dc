import { NatriumError } from '../../errors.ts';

/** Histograms of several series on the same bins; bin k holds `edgesPpm[k] <= value < edgesPpm[k + 1]`. */
export interface CommonHistogram {
  /** One more than there are bins; empty if there are no values at all. */
  readonly edgesPpm: number[];
  readonly counts: { readonly name: string; readonly counts: number[] }[];
}

export const MOST_BINS = 10_000;

/**
 * Counts of several series in common bins, aligned so that 0 is an edge, from the bin of the smallest value of all series
 * to that of the largest.
 * @param binWidthPpm 10 ppm by default
 * Throws BAD_USER_INPUT for a width that is not a positive number or would need more than 10,000 bins, NON_FINITE_NUMBER
 * for NaN or infinite values.
 */
export function commonHistogram(
  series: readonly { readonly name: string; readonly values: ArrayLike<number> }[],
  binWidthPpm = 10,
): CommonHistogram {
  if (!(binWidthPpm > 0 && Number.isFinite(binWidthPpm))) {
    throw new NatriumError('BAD_USER_INPUT', `The bin width is ${binWidthPpm} ppm; give a number above 0.`);
  }
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { name, values } of series) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        throw new NatriumError('NON_FINITE_NUMBER', `Value ${i + 1} of the series ${name} is ${values[i]}.`);
      }
      const bin = binOf(values[i], binWidthPpm);
      first = Math.min(first, bin);
      last = Math.max(last, bin);
    }
  }
  if (first > last) {
    return { edgesPpm: [], counts: series.map(({ name }) => ({ name, counts: [] })) };
  }
  const bins = last - first + 1;
  if (bins > MOST_BINS) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Bins of ${binWidthPpm} ppm would be ${bins}, more than ${MOST_BINS}; give a larger width.`,
    );
  }
  if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last))) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `Bins of ${binWidthPpm} ppm are narrower than numbers of this size can tell apart; give a larger width.`,
    );
  }
  return {
    edgesPpm: Array.from({ length: bins + 1 }, (_, k) => (first + k) * binWidthPpm),
    counts: series.map(({ name, values }) => {
      const counts = new Array<number>(bins).fill(0);
      for (let i = 0; i < values.length; i++) {
        counts[binOf(values[i], binWidthPpm) - first]++;
      }
      return { name, counts };
    }),
  };
}

/** The bin whose edges, as they are reported, enclose the value: division alone may round over an edge. */
function binOf(value: number, width: number): number {
  const bin = Math.floor(value / width);
  if (value < bin * width) {
    return bin - 1;
  }
  return value >= (bin + 1) * width ? bin + 1 : bin;
}
