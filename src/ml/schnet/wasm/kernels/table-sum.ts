import { atomCount, DESCRIPTION_BYTES, endOf, entriesOf, entryStarts } from './clusters';
import { bytes, madd } from './vector';

// The atoms of the first block see neighbours of which only the element is known. So what an atom gathers is a sum of rows of a
// small table, one row an element and a distance, with weights that depend on the geometry alone. An entry has 8 bytes: the row
// (u32, in bytes) and its weight (f32); every atom has an even number of them.
const ENTRY_BYTES: usize = 8;

/** z_i = bias + sum over the entries e of atom i of weight_e table[row_e], for all atoms of the clusters. */
export function sumTableRows(clusters: usize, count: i32, table: usize, bias: usize, z: usize, width: i32): void {
  const stride = bytes(width);
  // few columns at a time, so that the table's part of them stays in the first cache
  for (let column: usize = 0; column < stride; column += 64) {
    const b0 = v128.load(bias + column);
    const b1 = v128.load(bias + column, 16);
    const b2 = v128.load(bias + column, 32);
    const b3 = v128.load(bias + column, 48);
    const rows = table + column;
    let to = z + column;
    for (let cluster = clusters; cluster < endOf(clusters, count); cluster += DESCRIPTION_BYTES) {
      const entries = entriesOf(cluster);
      let start = entryStarts(cluster);
      for (let left = atomCount(cluster); left > 0; left--) {
        let entry = entries + <usize>load<u32>(start) * ENTRY_BYTES;
        const end = entries + <usize>load<u32>(start, 4) * ENTRY_BYTES;
        let s0 = b0;
        let s1 = b1;
        let s2 = b2;
        let s3 = b3;
        while (entry < end) {
          const r = rows + <usize>load<u32>(entry);
          const w = v128.load32_splat(entry, 4);
          s0 = madd(w, v128.load(r), s0);
          s1 = madd(w, v128.load(r, 16), s1);
          s2 = madd(w, v128.load(r, 32), s2);
          s3 = madd(w, v128.load(r, 48), s3);
          const r2 = rows + <usize>load<u32>(entry, 8);
          const w2 = v128.load32_splat(entry, 12);
          s0 = madd(w2, v128.load(r2), s0);
          s1 = madd(w2, v128.load(r2, 16), s1);
          s2 = madd(w2, v128.load(r2, 32), s2);
          s3 = madd(w2, v128.load(r2, 48), s3);
          entry += 2 * ENTRY_BYTES;
        }
        v128.store(to, s0);
        v128.store(to, s1, 16);
        v128.store(to, s2, 32);
        v128.store(to, s3, 48);
        to += stride;
        start += 4;
      }
    }
  }
}

/** The derivative by the table, added to dTable, of a loss with the derivative dz by z. */
export function sumTableRowsBack(clusters: usize, count: i32, dTable: usize, dz: usize, width: i32): void {
  const stride = bytes(width);
  for (let column: usize = 0; column < stride; column += 64) {
    const rows = dTable + column;
    let from = dz + column;
    for (let cluster = clusters; cluster < endOf(clusters, count); cluster += DESCRIPTION_BYTES) {
      const entries = entriesOf(cluster);
      let start = entryStarts(cluster);
      for (let left = atomCount(cluster); left > 0; left--) {
        let entry = entries + <usize>load<u32>(start) * ENTRY_BYTES;
        const end = entries + <usize>load<u32>(start, 4) * ENTRY_BYTES;
        const d0 = v128.load(from);
        const d1 = v128.load(from, 16);
        const d2 = v128.load(from, 32);
        const d3 = v128.load(from, 48);
        while (entry < end) {
          const r = rows + <usize>load<u32>(entry);
          const w = v128.load32_splat(entry, 4);
          v128.store(r, madd(w, d0, v128.load(r)));
          v128.store(r, madd(w, d1, v128.load(r, 16)), 16);
          v128.store(r, madd(w, d2, v128.load(r, 32)), 32);
          v128.store(r, madd(w, d3, v128.load(r, 48)), 48);
          entry += ENTRY_BYTES;
        }
        from += stride;
        start += 4;
      }
    }
  }
}
