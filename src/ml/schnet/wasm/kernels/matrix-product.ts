import { bytes, madd } from './vector';

/** Columns that are computed at once: four vectors. */
const PANEL: i32 = 16;
const PANEL_BYTES: usize = 64;

/** What a product starts from: nothing, what is there, or a row that is the same for all. */
const OVERWRITE: i32 = 0;
export const ACCUMULATE: i32 = 1;
const FROM_ROW: i32 = 2;

/** Rows of A that stay in the first cache while a panel of B runs over them. */
const BLOCK_ROWS: i32 = 60;

/** B [k, n] as panels of 16 columns, one behind the other. */
export function pack(b: usize, bStride: usize, packed: usize, k: i32, n: i32): void {
  for (let panel = 0; panel < n; panel += PANEL) {
    let row = b + bytes(panel);
    for (let i = 0; i < k; i++) {
      v128.store(packed, v128.load(row));
      v128.store(packed, v128.load(row, 16), 16);
      v128.store(packed, v128.load(row, 32), 32);
      v128.store(packed, v128.load(row, 48), 48);
      packed += PANEL_BYTES;
      row += bStride;
    }
  }
}

/** The transpose of B [n, k] as panels of 16 columns; n and k are multiples of 4. */
export function packTransposed(b: usize, bStride: usize, packed: usize, k: i32, n: i32): void {
  for (let column = 0; column < n; column += 4) {
    const panel = column / PANEL;
    let to = packed + <usize>panel * <usize>k * PANEL_BYTES + bytes(column % PANEL);
    const row = b + <usize>column * bStride;
    for (let i: usize = 0; i < bytes(k); i += 16) {
      transpose4(row + i, bStride, to, PANEL_BYTES);
      to += 4 * PANEL_BYTES;
    }
  }
}

/** Four rows of four numbers become four columns. */
function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + fromStride);
  const r2 = v128.load(from + 2 * fromStride);
  const r3 = v128.load(from + 3 * fromStride);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/**
 * C [m, n] = A [m, k] B [k, n] (mode 0), added to C (1), or to a row (2); B is packed. The rows of A are `aStride` apart and its
 * columns `aStep`, so that Aᵀ needs no copy.
 */
export function multiply(
  a: usize,
  aStride: usize,
  aStep: usize,
  packed: usize,
  c: usize,
  cStride: usize,
  m: i32,
  k: i32,
  n: i32,
  mode: i32,
  row: usize,
): void {
  const panelBytes = <usize>k * PANEL_BYTES;
  for (let block = 0; block < m; block += BLOCK_ROWS) {
    const end = min(block + BLOCK_ROWS, m);
    let b = packed;
    for (let column: usize = 0; column < bytes(n); column += PANEL_BYTES) {
      let from = a + <usize>block * aStride;
      let to = c + <usize>block * cStride + column;
      let i = block;
      for (; i + 1 < end; i += 2) {
        twoRows(from, aStride, aStep, b, to, cStride, k, mode, row + column);
        from += 2 * aStride;
        to += 2 * cStride;
      }
      if (i < end) oneRow(from, aStep, b, to, k, mode, row + column);
      b += panelBytes;
    }
  }
}

/** Two rows of A times one panel of B: eight sums in registers. */
function twoRows(
  a: usize,
  aStride: usize,
  aStep: usize,
  b: usize,
  c: usize,
  cStride: usize,
  k: i32,
  mode: i32,
  row: usize,
): void {
  const c1 = c + cStride;
  let s00: v128, s01: v128, s02: v128, s03: v128;
  let s10: v128, s11: v128, s12: v128, s13: v128;
  if (mode === ACCUMULATE) {
    s00 = v128.load(c);
    s01 = v128.load(c, 16);
    s02 = v128.load(c, 32);
    s03 = v128.load(c, 48);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s12 = v128.load(c1, 32);
    s13 = v128.load(c1, 48);
  } else if (mode === FROM_ROW) {
    s00 = v128.load(row);
    s01 = v128.load(row, 16);
    s02 = v128.load(row, 32);
    s03 = v128.load(row, 48);
    s10 = s00;
    s11 = s01;
    s12 = s02;
    s13 = s03;
  } else {
    s00 = f32x4.splat(0);
    s01 = s00;
    s02 = s00;
    s03 = s00;
    s10 = s00;
    s11 = s00;
    s12 = s00;
    s13 = s00;
  }
  // not unrolled: V8 would run out of registers
  const end = a + <usize>k * aStep;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a);
    s00 = madd(x0, b0, s00);
    s01 = madd(x0, b1, s01);
    s02 = madd(x0, b2, s02);
    s03 = madd(x0, b3, s03);
    const x1 = v128.load32_splat(a + aStride);
    s10 = madd(x1, b0, s10);
    s11 = madd(x1, b1, s11);
    s12 = madd(x1, b2, s12);
    s13 = madd(x1, b3, s13);
    b += PANEL_BYTES;
    a += aStep;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c, s02, 32);
  v128.store(c, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
}

function oneRow(a: usize, aStep: usize, b: usize, c: usize, k: i32, mode: i32, row: usize): void {
  let s0: v128, s1: v128, s2: v128, s3: v128;
  if (mode === OVERWRITE) {
    s0 = f32x4.splat(0);
    s1 = s0;
    s2 = s0;
    s3 = s0;
  } else {
    const from = mode === FROM_ROW ? row : c;
    s0 = v128.load(from);
    s1 = v128.load(from, 16);
    s2 = v128.load(from, 32);
    s3 = v128.load(from, 48);
  }
  const end = a + <usize>k * aStep;
  while (a < end) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(b), s0);
    s1 = madd(x, v128.load(b, 16), s1);
    s2 = madd(x, v128.load(b, 32), s2);
    s3 = madd(x, v128.load(b, 48), s3);
    b += PANEL_BYTES;
    a += aStep;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}
