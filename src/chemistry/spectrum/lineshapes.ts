import { NatriumError } from '../../errors.ts';

export const LINESHAPES = ['LORENTZIAN', 'GAUSSIAN', 'PSEUDO_VOIGT'] as const;
export type LineshapeKind = (typeof LINESHAPES)[number];

/** How a line spreads about its position; its area is 1 whatever the shape. */
export interface Lineshape {
  readonly kind: LineshapeKind;
  readonly fullWidthAtHalfMaximumPpm: number;
  /** Part of the area that is Lorentzian: 1 and 0 for the pure shapes. */
  readonly lorentzianFraction: number;
}

export const DEFAULT_LORENTZIAN_FRACTION = 0.5;
const LARGEST_WIDTH_PPM = 1e6;
const SMALLEST_WIDTH_PPM = 1e-6;

/**
 * A lineshape that is possible. Throws BAD_USER_INPUT for a width outside 1e-6 to 1e6 ppm, and for a fraction outside 0 to 1 or
 * with a shape that is not a pseudo-Voigt.
 */
export function checkedLineshape(
  kind: LineshapeKind,
  fullWidthAtHalfMaximumPpm: number,
  lorentzianFraction: number | null,
): Lineshape {
  if (!(fullWidthAtHalfMaximumPpm >= SMALLEST_WIDTH_PPM && fullWidthAtHalfMaximumPpm <= LARGEST_WIDTH_PPM)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `fullWidthAtHalfMaximumPpm is ${fullWidthAtHalfMaximumPpm}; give ${SMALLEST_WIDTH_PPM} to ${LARGEST_WIDTH_PPM} ppm`,
    );
  }
  if (kind !== 'PSEUDO_VOIGT') {
    if (lorentzianFraction !== null) {
      throw new NatriumError('BAD_USER_INPUT', `lorentzianFraction goes with PSEUDO_VOIGT, not with ${kind}`);
    }
    return { kind, fullWidthAtHalfMaximumPpm, lorentzianFraction: kind === 'LORENTZIAN' ? 1 : 0 };
  }
  const fraction = lorentzianFraction ?? DEFAULT_LORENTZIAN_FRACTION;
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new NatriumError('BAD_USER_INPUT', `lorentzianFraction is ${fraction}; give 0 (Gaussian) to 1 (Lorentzian)`);
  }
  return { kind, fullWidthAtHalfMaximumPpm, lorentzianFraction: fraction };
}

/** A function of the distance to a line's position, and what a sum of many of them has to know of it. */
export interface Kernel {
  at(distance: number): number;
  /** Beyond this distance it is less than 1e-16 of its height. */
  readonly reach: number;
  /** Whether a polynomial of low degree follows it closely over a cell, seen from this distance to the cell's centre. */
  isSmooth(halfWidth: number, distance: number): boolean;
}

/** L(x) = (γ / π) / (x² + γ²) with γ = FWHM / 2; area 1, height 2 / (π FWHM). */
export function lorentzian(fullWidthAtHalfMaximum: number): Kernel {
  const gamma = fullWidthAtHalfMaximum / 2;
  return {
    at: (distance) => gamma / Math.PI / (distance * distance + gamma * gamma),
    reach: Number.POSITIVE_INFINITY,
    // its poles, x ± iγ, are three half widths away
    isSmooth: (halfWidth, distance) => 9 * halfWidth * halfWidth <= distance * distance + gamma * gamma,
  };
}

/** G(x) = exp(-x² / 2s²) / (s √(2π)) with s = FWHM / (2 √(2 ln 2)); area 1, height 2 √(ln 2 / π) / FWHM. */
export function gaussian(fullWidthAtHalfMaximum: number): Kernel {
  const s = fullWidthAtHalfMaximum / (2 * Math.sqrt(2 * Math.LN2));
  const height = 1 / (s * Math.sqrt(2 * Math.PI));
  return {
    at: (distance) => height * Math.exp((-distance * distance) / (2 * s * s)),
    reach: 8.6 * s,
    isSmooth: (halfWidth) => halfWidth <= s,
  };
}
