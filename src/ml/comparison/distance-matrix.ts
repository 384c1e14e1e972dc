import { kolmogorovSmirnov, sorted, wasserstein1 } from '../statistics/distribution.ts';
import { type ComparedColumns, checkColumns } from './columns.ts';

/** Distances between the distributions of every two columns: the calculated one first, then the versions in order. */
export interface DistanceMatrix {
  readonly kolmogorovSmirnov: number[][];
  readonly wasserstein1Ppm: number[][];
}

/** Symmetric, 0 on the diagonal. Time grows with atoms and the square of the versions. */
export function distanceMatrix(columns: ComparedColumns): DistanceMatrix {
  checkColumns(columns);
  const all = [columns.calculatedPpm, ...columns.predictedPpm].map(sorted);
  const matrix = () => all.map(() => new Array<number>(all.length).fill(0));
  const result: DistanceMatrix = { kolmogorovSmirnov: matrix(), wasserstein1Ppm: matrix() };
  for (let i = 0; i < all.length; i++) {
    for (let j = i + 1; j < all.length; j++) {
      const shape = kolmogorovSmirnov(all[i], all[j]);
      const distance = wasserstein1(all[i], all[j]);
      result.kolmogorovSmirnov[i][j] = result.kolmogorovSmirnov[j][i] = shape;
      result.wasserstein1Ppm[i][j] = result.wasserstein1Ppm[j][i] = distance;
    }
  }
  return result;
}
