// Every kernel computes with plain 128-bit vectors of four float32: the same bits on every processor. Addresses and row
// strides are in bytes; widths are multiples of 16 numbers.

/** a b + c, rounded after each operation: the fused one of some processors would give other bits. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(c, f32x4.mul(a, b));
}

export function bytes(numbers: i32): usize {
  return (<usize>numbers) << 2;
}
