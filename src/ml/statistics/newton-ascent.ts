/** A function of two variables at a point, with its first and second derivatives there. */
export interface LocalModel {
  readonly value: number;
  readonly gradient: readonly [number, number];
  /** Second derivatives xx, xy and yy. */
  readonly curvature: readonly [number, number, number];
}

/** A gain that is expected to be smaller ends the ascent. */
const SMALLEST_GAIN = 1e-13;
const MOST_STEPS = 100;
const MOST_HALVINGS = 40;
const SMALLEST_CURVATURE = 1e-12;

/**
 * Climbs to a maximum of a smooth function of two variables by Newton's method. Where the function does not curve downwards the
 * step goes uphill by the curvature's size (saddle-free Newton: Dauphin et al., NeurIPS 27, 2933, 2014); steps are bounded, and
 * halved until they gain. Only exact operations, so that the bits are the same on every machine.
 *
 * @param longest of a step, in each variable
 * @param at moves from a point and says how the function is there; null where the search shall end
 */
export function ascend<P extends LocalModel>(
  start: P,
  longest: readonly [number, number],
  at: (from: P, step: readonly [number, number]) => P | null,
): P {
  let current = start;
  for (let count = 0; count < MOST_STEPS; count++) {
    const whole = bounded(newtonStep(current), longest);
    const [gx, gy] = current.gradient;
    if (!(gx * whole[0] + gy * whole[1] > SMALLEST_GAIN)) break;
    let next: P | null = null;
    for (let halvings = 0, part = 1; halvings < MOST_HALVINGS; halvings++, part /= 2) {
      next = at(current, [part * whole[0], part * whole[1]]);
      if (next === null || next.value > current.value) break;
    }
    if (next === null || !(next.value > current.value)) break;
    current = next;
  }
  return current;
}

/** Along each principal axis of the curvature, the slope divided by the curvature's size. */
function newtonStep({ gradient: [gx, gy], curvature: [xx, xy, yy] }: LocalModel): readonly [number, number] {
  const centre = (xx + yy) / 2;
  const difference = (xx - yy) / 2;
  const radius = Math.sqrt(difference * difference + xy * xy);
  if (radius === 0) {
    const size = Math.max(Math.abs(centre), SMALLEST_CURVATURE);
    return [gx / size, gy / size];
  }
  // the axis of the larger eigenvalue, from whichever form does not cancel
  const [ax, ay] = difference > 0 ? [difference + radius, xy] : [xy, radius - difference];
  const length = Math.sqrt(ax * ax + ay * ay);
  const [cos, sin] = [ax / length, ay / length];
  const along = (gx * cos + gy * sin) / Math.max(Math.abs(centre + radius), SMALLEST_CURVATURE);
  const across = (gy * cos - gx * sin) / Math.max(Math.abs(centre - radius), SMALLEST_CURVATURE);
  return [along * cos - across * sin, along * sin + across * cos];
}

function bounded([x, y]: readonly [number, number], [mostX, mostY]: readonly [number, number]) {
  const excess = Math.max(1, Math.abs(x) / mostX, Math.abs(y) / mostY);
  return [x / excess, y / excess] as const;
}
