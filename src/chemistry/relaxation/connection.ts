/**
 * The number of parts that a cluster is in: atoms within `distanceAngstrom` of each other are of one part.
 * @param positionsAngstrom flattened [atoms, 3] row-major
 */
export function countParts(positionsAngstrom: Float64Array, distanceAngstrom: number): number {
  const p = positionsAngstrom;
  const unreached = new Set(Array.from({ length: p.length / 3 }, (_, atom) => atom));
  let parts = 0;
  for (const first of unreached) {
    parts += 1;
    unreached.delete(first);
    const reached = [first];
    for (const a of reached) {
      for (const b of unreached) {
        const dx = p[3 * a] - p[3 * b];
        const dy = p[3 * a + 1] - p[3 * b + 1];
        const dz = p[3 * a + 2] - p[3 * b + 2];
        if (dx * dx + dy * dy + dz * dz <= distanceAngstrom * distanceAngstrom) {
          unreached.delete(b);
          reached.push(b);
        }
      }
    }
  }
  return parts;
}
