import { bytes, madd } from './vector';

/** y = a + b. */
export function add(a: usize, b: usize, y: usize, count: i32): void {
  for (let at: usize = 0; at < bytes(count); at += 16) {
    v128.store(y + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}

/** y [m, n] = each row of x times a number of its own. */
export function scaleRows(x: usize, factors: usize, y: usize, m: i32, n: i32): void {
  const stride = bytes(n);
  for (let row = 0; row < m; row++) {
    const factor = v128.load32_splat(factors + bytes(row));
    for (let at: usize = 0; at < stride; at += 16) v128.store(y + at, f32x4.mul(factor, v128.load(x + at)));
    x += stride;
    y += stride;
  }
}

/** y [m, n] = each column of x times a number of its own. */
export function scaleColumns(x: usize, factors: usize, y: usize, m: i32, n: i32): void {
  const stride = bytes(n);
  for (let row = 0; row < m; row++) {
    for (let at: usize = 0; at < stride; at += 16) {
      v128.store(y + at, f32x4.mul(v128.load(factors + at), v128.load(x + at)));
    }
    x += stride;
    y += stride;
  }
}

/** d [m, n] times g, number by number; the sum of the rows is added to `sums`. */
export function multiplyAndSumRows(
  d: usize,
  dStride: usize,
  g: usize,
  gStride: usize,
  sums: usize,
  m: i32,
  n: i32,
): void {
  for (let column: usize = 0; column < bytes(n); column += 64) {
    let s0 = v128.load(sums + column);
    let s1 = v128.load(sums + column, 16);
    let s2 = v128.load(sums + column, 32);
    let s3 = v128.load(sums + column, 48);
    let to = d + column;
    let from = g + column;
    for (let row = 0; row < m; row++) {
      const x0 = f32x4.mul(v128.load(to), v128.load(from));
      const x1 = f32x4.mul(v128.load(to, 16), v128.load(from, 16));
      const x2 = f32x4.mul(v128.load(to, 32), v128.load(from, 32));
      const x3 = f32x4.mul(v128.load(to, 48), v128.load(from, 48));
      v128.store(to, x0);
      v128.store(to, x1, 16);
      v128.store(to, x2, 32);
      v128.store(to, x3, 48);
      s0 = f32x4.add(s0, x0);
      s1 = f32x4.add(s1, x1);
      s2 = f32x4.add(s2, x2);
      s3 = f32x4.add(s3, x3);
      to += dStride;
      from += gStride;
    }
    v128.store(sums + column, s0);
    v128.store(sums + column, s1, 16);
    v128.store(sums + column, s2, 32);
    v128.store(sums + column, s3, 48);
  }
}

/** Adds the sum of the rows of d [m, n] to `sums`. */
export function sumRows(d: usize, dStride: usize, sums: usize, m: i32, n: i32): void {
  for (let column: usize = 0; column < bytes(n); column += 64) {
    let s0 = v128.load(sums + column);
    let s1 = v128.load(sums + column, 16);
    let s2 = v128.load(sums + column, 32);
    let s3 = v128.load(sums + column, 48);
    let from = d + column;
    for (let row = 0; row < m; row++) {
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
      from += dStride;
    }
    v128.store(sums + column, s0);
    v128.store(sums + column, s1, 16);
    v128.store(sums + column, s2, 32);
    v128.store(sums + column, s3, 48);
  }
}

/** Copies row `indices[i]` of a table to row i of y [m, n]. */
export function gatherRows(table: usize, indices: usize, y: usize, yStride: usize, m: i32, n: i32): void {
  for (let row = 0; row < m; row++) {
    memory.copy(y, table + <usize>load<u32>(indices + bytes(row)) * yStride, bytes(n));
    y += yStride;
  }
}

/** Adds row i of d [m, n] to row `indices[i]` of sums. */
export function scatterAddRows(d: usize, indices: usize, sums: usize, stride: usize, m: i32, n: i32): void {
  for (let row = 0; row < m; row++) {
    const to = sums + <usize>load<u32>(indices + bytes(row)) * stride;
    for (let at: usize = 0; at < bytes(n); at += 16) {
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(d + at)));
    }
    d += stride;
  }
}

/** y [n] += x [k] B [k, n]. */
export function addVectorTimesMatrix(x: usize, b: usize, bStride: usize, y: usize, k: i32, n: i32): void {
  for (let i = 0; i < k; i++) {
    const factor = v128.load32_splat(x + bytes(i));
    for (let at: usize = 0; at < bytes(n); at += 16) {
      v128.store(y + at, madd(factor, v128.load(b + at), v128.load(y + at)));
    }
    b += bStride;
  }
}

/** y [k] += B [k, n] d [n]. */
export function addMatrixTimesVector(b: usize, bStride: usize, d: usize, y: usize, k: i32, n: i32): void {
  for (let i = 0; i < k; i++) {
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < bytes(n); at += 16) sum = madd(v128.load(b + at), v128.load(d + at), sum);
    const to = y + bytes(i);
    store<f32>(
      to,
      load<f32>(to) +
        f32x4.extract_lane(sum, 0) +
        f32x4.extract_lane(sum, 1) +
        f32x4.extract_lane(sum, 2) +
        f32x4.extract_lane(sum, 3),
    );
    b += bStride;
  }
}

/** B [k, n] += x [k] d [n]. */
export function addOuterProduct(x: usize, d: usize, b: usize, bStride: usize, k: i32, n: i32): void {
  for (let i = 0; i < k; i++) {
    const factor = v128.load32_splat(x + bytes(i));
    for (let at: usize = 0; at < bytes(n); at += 16) {
      v128.store(b + at, madd(factor, v128.load(d + at), v128.load(b + at)));
    }
    b += bStride;
  }
}
