/**
 * The indices of values in ascending order, equal ones by index. Several times as fast for many values as sorting indices by a
 * comparison. The values must not be NaN.
 */
export function ascendingOrder(values: ArrayLike<number>): Uint32Array {
  const sorted = new Float64Array(values).sort();
  const order = new Uint32Array(sorted.length);
  const taken = new Uint32Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) {
    const first = placeOf(sorted, values[i]);
    order[first + taken[first]++] = i;
  }
  return order;
}

/** Ranks from 1; equal values share the mean of their ranks. The values must not be NaN. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const sorted = new Float64Array(values).sort();
  const shared = new Float64Array(sorted.length);
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    shared[from] = (from + 1 + to) / 2;
    from = to;
  }
  // a loop, since `from` takes several times as long
  const found = new Float64Array(sorted.length);
  for (let i = 0; i < found.length; i++) found[i] = shared[placeOf(sorted, values[i])];
  return found;
}

/** Where the first of the values stands that is not below this one. */
function placeOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
