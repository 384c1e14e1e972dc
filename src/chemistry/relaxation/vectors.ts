/** Sum of products of two vectors of the same length. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** target + factor x vector, in place. */
export function add(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * vector[i];
}

/** The largest Euclidean norm of `groupSize` consecutive elements: with 3, the longest of the atoms' vectors. */
export function longestGroup(vector: Float64Array, groupSize: number): number {
  let largest = 0;
  for (let start = 0; start < vector.length; start += groupSize) {
    let square = 0;
    for (let i = start; i < start + groupSize; i++) square += vector[i] * vector[i];
    // written so that NaN is the largest of all
    if (!(square <= largest)) largest = square;
  }
  return Math.sqrt(largest);
}
