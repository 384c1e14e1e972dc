/**
 * Eigenvalues of a symmetric 3 x 3 matrix, ascending, by Jacobi's rotations, which keep their accuracy where two are equal.
 * @param diagonal xx, yy, zz
 * @param off xy, xz, yz
 */
export function eigenvalues(
  diagonal: readonly [number, number, number],
  off: readonly [number, number, number],
): [number, number, number] {
  const d = [...diagonal];
  // element k stands between the two other axes: [yz, xz, xy]
  const o = [off[2], off[1], off[0]];
  const size = Math.hypot(...d, ...o, ...o);
  while (Math.hypot(...o) > Number.EPSILON * size) {
    for (let axis = 0; axis < 3; axis++) {
      const [p, q] = [(axis + 1) % 3, (axis + 2) % 3];
      if (o[axis] === 0) continue;
      const theta = (d[q] - d[p]) / (2 * o[axis]);
      const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const cosine = 1 / Math.hypot(tangent, 1);
      const sine = tangent * cosine;
      d[p] -= tangent * o[axis];
      d[q] += tangent * o[axis];
      o[axis] = 0;
      [o[p], o[q]] = [cosine * o[p] + sine * o[q], cosine * o[q] - sine * o[p]];
    }
  }
  const [first, second, third] = d.sort((a, b) => a - b);
  return [first, second, third];
}
