import { isotropicShieldingPpm } from './shielding-tensor.ts';
import { eigenvalues } from './symmetric-matrix.ts';

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
  const [far, opposite] = isLastFarthest ? [s33, s11] : [s11, s33];
  return {
    isotropicPpm,
    principalComponentsPpm: components,
    spanPpm: span,
    skew: isIsotropic ? null : between(-1, (3 * (isotropicPpm - s22)) / span, 1),
    anisotropyPpm: far - (opposite + s22) / 2,
    asymmetry: isIsotropic ? null : between(0, (s22 - opposite) / (far - isotropicPpm), 1),
    antisymmetricPpm: [(xy - yx) / 2, (xz - zx) / 2, (yz - zy) / 2],
  };
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
