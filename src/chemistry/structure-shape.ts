/** How many order statistics of the distances from the centroid a shape holds: the least, the largest, five between. */
const QUANTILES = 7;

/**
 * Eight lengths (Å) that rotation, reflection, translation and order of the atoms leave alone, to find structures that may be
 * alike without comparing all with all. Where every atom moves by at most d, none of the radius changes by more than d and
 * none of the quantiles by more than 2 d; none ever differs by more than the `structureDifference` of two structures.
 */
export interface StructureShape {
  /** sqrt(mean of |r - centroid|²) over the atoms, all of one weight. */
  readonly radiusOfGyrationAngstrom: number;
  /** Of the sorted distances from the centroid of n atoms, those at floor(k (n - 1) / 6) for k = 0 … 6. */
  readonly centroidDistanceQuantilesAngstrom: readonly number[];
}

/** Distance (Å) of each atom from the centroid, in the order of the atoms. @param positions Å, flattened [atoms, 3] */
export function centroidDistances(positions: ArrayLike<number>): Float64Array {
  const count = positions.length / 3;
  const center = [0, 0, 0];
  for (let k = 0; k < positions.length; k++) center[k % 3] += positions[k] / count;
  return Float64Array.from({ length: count }, (_, atom) => {
    const [x, y, z] = center.map((coordinate, axis) => positions[3 * atom + axis] - coordinate);
    return Math.sqrt(x * x + y * y + z * z);
  });
}

/** @param positions Å, flattened [atoms, 3], of at least one atom */
export function structureShape(positions: ArrayLike<number>): StructureShape {
  const distances = centroidDistances(positions).sort();
  const last = distances.length - 1;
  return {
    radiusOfGyrationAngstrom: Math.sqrt(distances.reduce((sum, d) => sum + d * d, 0) / distances.length),
    centroidDistanceQuantilesAngstrom: Array.from(
      { length: QUANTILES },
      (_, k) => distances[Math.floor((k * last) / (QUANTILES - 1))],
    ),
  };
}
