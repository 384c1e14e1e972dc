import { atomCount, DESCRIPTION_BYTES, endOf, pairCount, pairsOf } from './clusters';
import { bytes, madd } from './vector';

// A pair of atoms within the cutoff stands once, in 32 bytes: both atoms (u32, within their cluster), the first of the four rows
// of the filter table between which its distance lies (u32, in bytes), nothing, and the weights of the four rows (f32).
const PAIR_BYTES: usize = 32;

/**
 * Continuous-filter convolution: y_i = sum over the pairs (i, j) of T(r_ij) x_j, number by number, where T(r) is interpolated in
 * the rows of a table. x [atoms, width] with rows `xStride` apart, y [atoms, width].
 */
export function convolve(
  clusters: usize,
  count: i32,
  table: usize,
  x: usize,
  xStride: usize,
  y: usize,
  width: i32,
): void {
  const stride = bytes(width);
  for (let cluster = clusters; cluster < endOf(clusters, count); cluster += DESCRIPTION_BYTES) {
    const atoms = <usize>atomCount(cluster);
    memory.fill(y, 0, atoms * stride);
    let pair = pairsOf(cluster);
    for (let left = pairCount(cluster); left > 0; left--) {
      const i = <usize>load<u32>(pair);
      const j = <usize>load<u32>(pair, 4);
      let row = table + <usize>load<u32>(pair, 8);
      const w0 = v128.load32_splat(pair, 16);
      const w1 = v128.load32_splat(pair, 20);
      const w2 = v128.load32_splat(pair, 24);
      const w3 = v128.load32_splat(pair, 28);
      let xi = x + i * xStride;
      let xj = x + j * xStride;
      let yi = y + i * stride;
      let yj = y + j * stride;
      const end = row + stride;
      while (row < end) {
        const filter = interpolate(row, stride, w0, w1, w2, w3);
        v128.store(yi, madd(filter, v128.load(xj), v128.load(yi)));
        v128.store(yj, madd(filter, v128.load(xi), v128.load(yj)));
        row += 16;
        xi += 16;
        xj += 16;
        yi += 16;
        yj += 16;
      }
      pair += PAIR_BYTES;
    }
    x += atoms * xStride;
    y += atoms * stride;
  }
}

/**
 * The derivatives by x, into dx (rows `xStride` apart too), and by the table, added to dTable, of a loss with the derivative dy by
 * y. `scratch` has room for a row.
 */
export function convolveBack(
  clusters: usize,
  count: i32,
  table: usize,
  dTable: usize,
  x: usize,
  dx: usize,
  xStride: usize,
  dy: usize,
  width: i32,
  scratch: usize,
): void {
  const stride = bytes(width);
  for (let cluster = clusters; cluster < endOf(clusters, count); cluster += DESCRIPTION_BYTES) {
    const atoms = <usize>atomCount(cluster);
    for (let atom: usize = 0; atom < atoms; atom++) memory.fill(dx + atom * xStride, 0, stride);
    let pair = pairsOf(cluster);
    for (let left = pairCount(cluster); left > 0; left--) {
      const i = <usize>load<u32>(pair);
      const j = <usize>load<u32>(pair, 4);
      const offset = <usize>load<u32>(pair, 8);
      const w0 = v128.load32_splat(pair, 16);
      const w1 = v128.load32_splat(pair, 20);
      const w2 = v128.load32_splat(pair, 24);
      const w3 = v128.load32_splat(pair, 28);
      let row = table + offset;
      let xi = x + i * xStride;
      let xj = x + j * xStride;
      let dxi = dx + i * xStride;
      let dxj = dx + j * xStride;
      let dyi = dy + i * stride;
      let dyj = dy + j * stride;
      let dFilter = scratch;
      let end = row + stride;
      while (row < end) {
        const filter = interpolate(row, stride, w0, w1, w2, w3);
        const gi = v128.load(dyi);
        const gj = v128.load(dyj);
        v128.store(dxj, madd(filter, gi, v128.load(dxj)));
        v128.store(dxi, madd(filter, gj, v128.load(dxi)));
        v128.store(dFilter, madd(gi, v128.load(xj), f32x4.mul(gj, v128.load(xi))));
        row += 16;
        dFilter += 16;
        xi += 16;
        xj += 16;
        dxi += 16;
        dxj += 16;
        dyi += 16;
        dyj += 16;
      }
      row = dTable + offset;
      end = row + stride;
      dFilter = scratch;
      while (row < end) {
        const d = v128.load(dFilter);
        addTo(row, w0, d);
        addTo(row + stride, w1, d);
        addTo(row + 2 * stride, w2, d);
        addTo(row + 3 * stride, w3, d);
        row += 16;
        dFilter += 16;
      }
      pair += PAIR_BYTES;
    }
    x += atoms * xStride;
    dx += atoms * xStride;
    dy += atoms * stride;
  }
}

function interpolate(row: usize, stride: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const far = f32x4.mul(w3, v128.load(row + 3 * stride));
  return madd(w0, v128.load(row), madd(w1, v128.load(row + stride), madd(w2, v128.load(row + 2 * stride), far)));
}

function addTo(at: usize, weight: v128, d: v128): void {
  v128.store(at, madd(weight, d, v128.load(at)));
}
