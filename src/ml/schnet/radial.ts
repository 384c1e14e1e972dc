import { exponential } from '../../exact/exponential.ts';
import { sineOfQuarterTurns } from '../../exact/sine.ts';
import type { SchNetHyperparameters } from './hyperparameters.ts';

/**
 * Writes exp(-(r - μ_k)² / 2w²) for Gaussians k with centres μ_k equally spaced on [0, cutoff] and the width w of their
 * spacing (Å), as SchNetPack 1.0.0's `GaussianSmearing`.
 */
export function expandInGaussians(
  distanceAngstrom: number,
  { gaussians, cutoffAngstrom }: SchNetHyperparameters,
  into: Float32Array,
  offset: number,
): void {
  const width = cutoffAngstrom / (gaussians - 1);
  for (let k = 0; k < gaussians; k++) {
    const t = (distanceAngstrom - k * width) / width;
    into[offset + k] = exponential(-0.5 * t * t);
  }
}

/** The cosine cutoff (1 + cos(π r / cutoff)) / 2, zero from the cutoff on (Behler, J. Chem. Phys. 134, 074106, 2011). */
export function cosineCutoff(distanceAngstrom: number, cutoffAngstrom: number): number {
  return distanceAngstrom >= cutoffAngstrom ? 0 : smoothCutoff(distanceAngstrom, cutoffAngstrom);
}

/** The same without its end: it rises again behind the cutoff, as smooth as before. */
export function smoothCutoff(distanceAngstrom: number, cutoffAngstrom: number): number {
  const root = sineOfQuarterTurns(1 - distanceAngstrom / cutoffAngstrom);
  return root * root;
}
