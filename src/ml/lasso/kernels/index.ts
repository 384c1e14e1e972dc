// Plain 128-bit vectors of two doubles, rounded after each operation: the same bits on every processor.

/** Columns of a panel, and rows and columns of a tile. */
const PANEL: i32 = 4;
const ROW_BYTES: usize = 32;

/**
 * Adds the products of all pairs of columns, summed over the rows, to the tiles on and above the diagonal of `sums`
 * [4 panels, 4 panels]. `values` are so many panels of 4 columns, one behind the other, each [rows, 4].
 */
export function addProducts(values: usize, panels: i32, rows: i32, sums: usize): void {
  const panelBytes = <usize>rows * ROW_BYTES;
  const stride = <usize>panels * ROW_BYTES;
  for (let i = 0; i < panels; i++) {
    for (let j = i; j < panels; j++) {
      const tile = sums + <usize>(i * PANEL) * stride + <usize>j * ROW_BYTES;
      addTile(values + <usize>i * panelBytes, values + <usize>j * panelBytes, rows, tile, stride);
    }
  }
}

function addTile(a: usize, b: usize, rows: i32, tile: usize, stride: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = a + <usize>rows * ROW_BYTES;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(a0, b0));
    c01 = f64x2.add(c01, f64x2.mul(a0, b1));
    const a1 = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(a1, b0));
    c11 = f64x2.add(c11, f64x2.mul(a1, b1));
    const a2 = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(a2, b0));
    c21 = f64x2.add(c21, f64x2.mul(a2, b1));
    const a3 = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(a3, b0));
    c31 = f64x2.add(c31, f64x2.mul(a3, b1));
    a += ROW_BYTES;
    b += ROW_BYTES;
  }
  addRow(tile, c00, c01);
  addRow(tile + stride, c10, c11);
  addRow(tile + 2 * stride, c20, c21);
  addRow(tile + 3 * stride, c30, c31);
}

function addRow(at: usize, left: v128, right: v128): void {
  v128.store(at, f64x2.add(v128.load(at), left));
  v128.store(at, f64x2.add(v128.load(at, 16), right), 16);
}
