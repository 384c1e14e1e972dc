import { backward, type TargetTransform } from './target-transform.ts';

/** Targets beyond are rare enough to be transformed one by one. */
const REACH = 8;
/** Between two places the shielding bends by less than 0.0001 ppm where the distribution is some 50 ppm wide. */
const PLACES_PER_UNIT = 256;

/**
 * `backward` for whoever needs very many: of a generalised logistic from a table, linear between its places; other transforms are
 * exact.
 */
export function tabulatedBackward(transform: TargetTransform): (targets: ArrayLike<number>) => Float64Array {
  const one = transform.kind === 'GENERALIZED_LOGISTIC' ? fromTable(transform) : exact(transform);
  return (targets) => {
    // a loop, since `from` takes several times as long
    const shieldings = new Float64Array(targets.length);
    for (let i = 0; i < shieldings.length; i++) shieldings[i] = one(targets[i]);
    return shieldings;
  };
}

function exact(transform: Exclude<TargetTransform, { kind: 'GENERALIZED_LOGISTIC' }>): (target: number) => number {
  if (transform.kind === 'NONE') return (target) => target;
  const { mean, standardDeviation } = transform;
  return (target) => mean + standardDeviation * target;
}

function fromTable(transform: TargetTransform): (target: number) => number {
  const last = 2 * REACH * PLACES_PER_UNIT;
  const table = backward(
    transform,
    Float64Array.from({ length: last + 1 }, (_, k) => k / PLACES_PER_UNIT - REACH),
  );
  return (target) => {
    const place = (target + REACH) * PLACES_PER_UNIT;
    const below = Math.floor(place);
    // asked this way, what is no number is transformed to none
    if (!(below >= 0 && below < last)) return backward(transform, [target])[0];
    return table[below] + (place - below) * (table[below + 1] - table[below]);
  };
}
