/**
 * sin(π u / 2) for |u| <= 1.5, by operations that are exact everywhere, so that it has the same bits on every machine: the power
 * series, whose rest is below 1e-17 there.
 */
export function sineOfQuarterTurns(u: number): number {
  const x = (Math.PI / 2) * u;
  const square = x * x;
  let term = x;
  let sum = x;
  for (let k = 2; k <= 26; k += 2) {
    term *= -square / (k * (k + 1));
    sum += term;
  }
  return sum;
}
