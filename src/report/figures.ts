import { coordinationCurves, populationScatters, shieldingsByNeighbours } from './atom-figures.ts';
import { distributionsBySize, quantilesOfTheTest } from './distribution-figures.ts';
import type { Figure } from './figure.ts';
import { lassoPredictions, schNetPredictions } from './model-figures.ts';

/** The paper's figures, in its order. */
export const FIGURES: readonly Figure[] = [
  distributionsBySize,
  populationScatters,
  lassoPredictions,
  quantilesOfTheTest,
  schNetPredictions,
  shieldingsByNeighbours,
  coordinationCurves,
];
