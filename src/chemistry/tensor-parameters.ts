import { isotropicShieldingPpm } from './shielding-tensor.ts';

/** What a shielding tensor is, whatever its frame. All in ppm but for the two ratios. */
export interface TensorParameters {
  /** A third of the trace. */
  readonly isotropicPpm: number;
  /** Eigenvalues of the symmetric part, ascending: the least shielded direction first. */
  readonly principalComponentsPpm: readonly [number, number, number];
  /** IUPAC (Mehring): Ω = σ33 - σ11, never negative. */
  readonly spanPpm: number;
  /** IUPAC (Mehring): κ = 3 (σiso - σ22) / Ω, from -1 to 1; null for a tensor without span. */
  readonly skew: number | null;
  /** Haeberlen: Δσ = σzz - (σxx + σyy) / 2, of either sign. */
  readonly anisotropyPpm: number;
  /** Haeberlen: η = (σyy - σxx) / (σzz - σiso), from 0 to 1; null for a tensor without anisotropy. */
  readonly asymmetry: number | null;
  /** Antisymmetric part (σ_ij - σ_ji) / 2 for ij = xy, xz, yz, in the frame of the tensor. */
  readonly antisymmetricPpm: readonly [number, number, number];
}

/** Below this, of the largest element, a difference of eigenvalues is rounding. */
const ROUNDING = 1e-12;

/**
 * Parameters of one shielding tensor. Conventions: IUPAC 2008 (Harris et al., Pure Appl. Chem. 80, 59) with
 * σ11 <= σ22 <= σ33 for span and skew; Haeberlen with |σzz - σiso| >= |σxx - σiso| >= |σyy - σiso| for anisotropy and
 * asymmetry, where σzz is the most shielded direction if two are equally far. Shieldings, not shifts: in shifts the order of
 * the components and the sign of the anisotropy turn round, span and skew do not.
 *
 * @param tensorPpm 3 x 3, row-major, in ppm; need not be symmetric
 */
export function tensorParameters(tensorPpm: ArrayLike<number>): TensorParameters {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = Array.from(tensorPpm);
  const scale = Math.max(...Array.from(tensorPpm, Math.abs));
  const isotropicPpm = isotropicShieldingPpm(tensorPpm);
  const components = eigenvalues([xx, yy, zz], [(xy + yx) / 2, (xz + zx) / 2, (yz + zy) / 2]);
  const [s11, s22, s33] = components;
  const span = s33 - s11;
  const isIsotropic = span <= ROUNDING * scale;
  const isLastFarthest = s33 - isotropicPpm >= isotropicPpm - s11 - ROUNDING * scale;
  const [far, near] = isLastFarthest ? [s33, s11] : [s11, s33];
  return {
    isotropicPpm,
    principalComponentsPpm: components,
    spanPpm: span,
    skew: isIsotropic ? null : between(-1, (3 * (isotropicPpm - s22)) / span, 1),
    anisotropyPpm: far - (near + s22) / 2,
    asymmetry: isIsotropic ? null : between(0, (s22 - near) / (far - isotropicPpm), 1),
    antisymmetricPpm: [(xy - yx) / 2, (xz - zx) / 2, (yz - zy) / 2],
  };
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/**
 * Eigenvalues of a symmetric 3 x 3 matrix, ascending, by Jacobi's rotations, which keep their accuracy where two are equal.
 * @param diagonal xx, yy, zz
 * @param off xy, xz, yz
 */
function eigenvalues(
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
