/** Deviates beyond this many standard deviations do not come. */
const CUT = 3.5;
const STEPS_PER_UNIT = 256;

/**
 * Standard normal distribution function at -CUT, ..., CUT in equal steps, from its power series: only + - x and /, so that
 * every machine gets the same digits, as `Math.exp` does not promise.
 */
const DISTRIBUTION: readonly number[] = Array.from({ length: 2 * CUT * STEPS_PER_UNIT + 1 }, (_, k) =>
  distribution(k / STEPS_PER_UNIT - CUT),
);

/** Φ(z) = 1/2 + (2π)^(-1/2) Σ (-1)^k z^(2k+1) / (2^k k! (2k+1)), to 1e-13 within the cut. */
function distribution(z: number): number {
  let power = z;
  let sum = z;
  for (let k = 1; k < 60; k++) {
    power *= (-z * z) / (2 * k);
    sum += power / (2 * k + 1);
  }
  return 0.5 + sum / 2.5066282746310002;
}

/**
 * The standard normal deviate below which a share `p` (0 to 1) of all deviates within ±3.5 lies, by linear interpolation of
 * the distribution function (to 1e-5). The same on every machine.
 */
export function normalQuantile(p: number): number {
  const last = DISTRIBUTION.length - 1;
  const wanted = DISTRIBUTION[0] + p * (DISTRIBUTION[last] - DISTRIBUTION[0]);
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (DISTRIBUTION[middle] <= wanted) low = middle;
    else high = middle;
  }
  const share = (wanted - DISTRIBUTION[low]) / (DISTRIBUTION[high] - DISTRIBUTION[low]);
  return (low + share) / STEPS_PER_UNIT - CUT;
}
