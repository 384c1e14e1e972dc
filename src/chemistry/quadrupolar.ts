import type { NuclearData } from './nuclei.ts';
import { eigenvalues } from './symmetric-matrix.ts';

/**
 * e (1 a.u. of field gradient) (1 barn) / h in MHz, by which a quadrupolar coupling constant follows from the two (Pyykkö, Mol.
 * Phys. 106, 1965 (2008)).
 */
export const MEGAHERTZ_PER_AU_BARN = 234.9647;

/** How a nucleus feels the electric field gradient at its place. */
export interface QuadrupolarCoupling {
  /** |CQ| in MHz; programs disagree about the sign of field gradients. */
  readonly couplingMegahertz: number;
  /** η = (Vxx - Vyy) / Vzz with |Vzz| >= |Vyy| >= |Vxx|, from 0 to 1; null without a field gradient. */
  readonly asymmetry: number | null;
}

/** Below this, of the largest element, a field gradient is rounding. */
const ROUNDING = 1e-12;

/**
 * Quadrupolar coupling CQ = e Q Vzz / h. The symmetric, traceless part of the field gradient counts.
 *
 * @param fieldGradientAu 3 x 3, row-major, in atomic units
 * @param quadrupoleMomentBarn Q in barn
 */
export function quadrupolarCoupling(
  fieldGradientAu: ArrayLike<number>,
  quadrupoleMomentBarn: number,
): QuadrupolarCoupling {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = Array.from(fieldGradientAu);
  const third = (xx + yy + zz) / 3;
  const components = eigenvalues(
    [xx - third, yy - third, zz - third],
    [(xy + yx) / 2, (xz + zx) / 2, (yz + zy) / 2],
  ).sort((a, b) => Math.abs(a) - Math.abs(b));
  const [vxx, vyy, vzz] = components;
  const size = Math.max(...Array.from(fieldGradientAu, Math.abs));
  if (Math.abs(vzz) <= ROUNDING * size) return { couplingMegahertz: 0, asymmetry: null };
  return {
    couplingMegahertz: MEGAHERTZ_PER_AU_BARN * Math.abs(quadrupoleMomentBarn * vzz),
    asymmetry: Math.min(1, Math.max(0, (vxx - vyy) / vzz)),
  };
}

/**
 * Second-order quadrupole-induced shift of the central transition's centre of gravity, in ppm of the shift scale:
 * δQIS = -(3/40) (PQ / ν0)² (I (I + 1) - 3/4) / (I² (2I - 1)²) 1e6 with PQ² = CQ² (1 + η²/3); -25000 (PQ / ν0)² for I = 3/2.
 * Samoson, Chem. Phys. Lett. 119, 29 (1985), equation 3 for m = 1/2. Under magic-angle spinning fast against the width.
 *
 * @param larmorFrequencyMegahertz ν0 of the nucleus, in MHz
 */
export function quadrupoleInducedShiftPpm(
  { couplingMegahertz, asymmetry }: QuadrupolarCoupling,
  { spin }: Pick<NuclearData, 'spin'>,
  larmorFrequencyMegahertz: number,
): number {
  const productSquared = couplingMegahertz ** 2 * (1 + (asymmetry ?? 0) ** 2 / 3);
  const spinFactor = (spin * (spin + 1) - 3 / 4) / (spin * (2 * spin - 1)) ** 2;
  return (-3e6 / 40) * (productSquared / larmorFrequencyMegahertz ** 2) * spinFactor;
}
