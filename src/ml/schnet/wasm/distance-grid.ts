import type { SchNetHyperparameters } from '../hyperparameters.ts';
import { expandInGaussians, smoothCutoff } from '../radial.ts';

/**
 * By how much an interpolated Gaussian or cutoff function may deviate from the exact one. Filters are smooth functions of these,
 * so they deviate by about as much of their own size.
 */
export const GRID_ERROR = 1e-5;

/** Smaller ones count as zero: products of numbers that are hardly above zero take some processors a hundred times as long. */
const LEAST_GAUSSIAN = 1e-10;

/** Cubic interpolation at the worst place deviates by 9/16 h⁴ / 24 times the fourth derivative. */
const CUBIC_ERROR = 9 / 16 / 24;

/**
 * Distances at which filters are evaluated; between them they are interpolated from the four nearest (Lagrange). Node k lies at
 * cutoff - (k - 1) h: the nodes of a grid that reaches farther down begin with the same ones, so what is computed does not depend
 * on how far down it reaches.
 */
export class DistanceGrid {
  readonly spacingAngstrom: number;
  /** As many nodes as the shortest distance could need. */
  readonly mostNodes: number;

  constructor(private readonly hyperparameters: SchNetHyperparameters) {
    const { cutoffAngstrom, gaussians } = hyperparameters;
    const width = cutoffAngstrom / (gaussians - 1);
    // fourth derivatives: 3 / width⁴ of a Gaussian, (π / cutoff)⁴ / 2 of the cutoff function
    this.spacingAngstrom = Math.min(
      width * fourthRoot(GRID_ERROR / (3 * CUBIC_ERROR)),
      (cutoffAngstrom / Math.PI) * fourthRoot((2 * GRID_ERROR) / CUBIC_ERROR),
    );
    this.mostNodes = Math.floor(cutoffAngstrom / this.spacingAngstrom) + 4;
  }

  /** Where a distance below the cutoff lies: behind the node of the whole part, by the rest, counted from the second node. */
  placeOf(distanceAngstrom: number): number {
    return (this.hyperparameters.cutoffAngstrom - distanceAngstrom) / this.spacingAngstrom;
  }

  /** Writes what the filter network sees at a node: its Gaussians; the answer is the cutoff function there. */
  describe(node: number, into: Float32Array, offset: number): number {
    const distance = this.hyperparameters.cutoffAngstrom - (node - 1) * this.spacingAngstrom;
    const { gaussians } = this.hyperparameters;
    expandInGaussians(distance, this.hyperparameters, into, offset);
    for (let at = offset; at < offset + gaussians; at++) if (into[at] < LEAST_GAUSSIAN) into[at] = 0;
    return smoothCutoff(distance, this.hyperparameters.cutoffAngstrom);
  }
}

/** Writes the weights of the four nodes for a place that lies a share t of the way from the second to the third. */
export function writeInterpolationWeights(t: number, into: Float64Array, offset: number): void {
  into[offset] = (-t * (t - 1) * (t - 2)) / 6;
  into[offset + 1] = ((t + 1) * (t - 1) * (t - 2)) / 2;
  into[offset + 2] = (-(t + 1) * t * (t - 2)) / 2;
  into[offset + 3] = ((t + 1) * t * (t - 1)) / 6;
}

function fourthRoot(x: number): number {
  return Math.sqrt(Math.sqrt(x));
}
