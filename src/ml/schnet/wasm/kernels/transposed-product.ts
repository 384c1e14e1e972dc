import { multiply, pack, transpose4 } from './matrix-product';
import { bytes } from './vector';

/** Rows that are transposed and packed at once. */
const BLOCK_ROWS: i32 = 96;
/** Behind each transposed row, so that rows do not fall on the same cache lines. */
const PAD: i32 = 4;

/**
 * C [k, n] = Aᵀ B with A [m, k] and B [m, n], added to C if `accumulate`. `scratch` has room for k (96 + 4) + 96 n numbers; up
 * to three rows behind A are read.
 */
export function multiplyTransposed(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  m: i32,
  k: i32,
  n: i32,
  accumulate: i32,
  scratch: usize,
): void {
  const stride = bytes(BLOCK_ROWS + PAD);
  const packed = scratch + <usize>k * stride;
  for (let block = 0; block < m; block += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, m - block);
    transpose(a + <usize>block * aStride, aStride, scratch, stride, rows, k);
    pack(b + <usize>block * bStride, bStride, packed, rows, n);
    multiply(scratch, stride, packed, c, cStride, k, rows, n, accumulate | i32(block > 0), 0);
  }
}

function transpose(a: usize, aStride: usize, to: usize, toStride: usize, rows: i32, k: i32): void {
  for (let row = 0; row < rows; row += 4) {
    let from = a + <usize>row * aStride;
    let column = to + bytes(row);
    for (let i = 0; i < k; i += 4) {
      transpose4(from, aStride, column, toStride);
      from += 16;
      column += 4 * toStride;
    }
  }
}
