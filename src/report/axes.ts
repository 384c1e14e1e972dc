/** What an axis shows, from one tick to another. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/**
 * The shortest axis over all these values whose ticks are round numbers, with at most `mostIntervals` between them, none smaller
 * than `leastInterval`: what is counted has no ticks at halves.
 */
export function axisOver(values: Iterable<number>, mostIntervals = 5, leastInterval = 0): Axis {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  if (!(lowest <= highest)) return { min: 0, max: 1, interval: 1 };
  // one value still needs a span
  const span = highest > lowest ? highest - lowest : Math.max(1, Math.abs(highest));
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(span / mostIntervals, leastInterval)));
  for (const step of [...STEPS, 20, 50]) {
    const interval = step * magnitude;
    if (interval < leastInterval) continue;
    const min = Math.floor(lowest / interval + 1e-9);
    const max = Math.max(Math.ceil(highest / interval - 1e-9), min + 1);
    if (max - min <= mostIntervals) return { min: tidy(min * interval), max: tidy(max * interval), interval };
  }
  return { min: lowest, max: lowest + span, interval: span };
}

/** Without the last digits that multiplication leaves. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
