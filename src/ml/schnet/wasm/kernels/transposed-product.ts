import { ACCUMULATE, multiply, pack } from './matrix-product';
import { bytes } from './vector';

/** Rows of A and B that are multiplied at once. */
const BLOCK_ROWS: i32 = 192;

/** Adds Aᵀ B to C [k, n], with A [m, k] and B [m, n]. `scratch` has room for 192 n numbers. */
export function addTransposedProduct(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  m: i32,
  k: i32,
  n: i32,
  scratch: usize,
): void {
  for (let block = 0; block < m; block += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, m - block);
    pack(b + <usize>block * bStride, bStride, scratch, rows, n);
    multiply(a + <usize>block * aStride, bytes(1), aStride, scratch, c, cStride, k, rows, n, ACCUMULATE, 0);
  }
}
