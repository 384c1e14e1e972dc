import { ascendingOrder } from '../statistics/ranks.ts';

/** Distances between the distributions of two columns of the same atoms. */
export interface DistributionDistances {
  readonly kolmogorovSmirnov: number;
  readonly wasserstein1: number;
}

/** Two columns merged in ascending order once, to compare their distributions over any resample of clusters in one pass. */
export class MergedColumns {
  /** Cluster of each value; of those of the second column, behind all clusters. */
  private readonly entries: Uint32Array;
  /** From each value to the next one. */
  private readonly gaps: Float64Array;
  /** What a value of each entry adds to the difference of the two counts. */
  private readonly steps: Int32Array;

  constructor(a: Float64Array, b: Float64Array, clusterOfAtom: Uint32Array, clusters: number) {
    const [orderA, orderB] = [ascendingOrder(a), ascendingOrder(b)];
    const count = a.length + b.length;
    const values = new Float64Array(count);
    this.entries = new Uint32Array(count);
    for (let k = 0, i = 0, j = 0; k < count; k++) {
      const isOfA = j === b.length || (i < a.length && a[orderA[i]] <= b[orderB[j]]);
      const atom = isOfA ? orderA[i++] : orderB[j++];
      values[k] = (isOfA ? a : b)[atom];
      this.entries[k] = clusterOfAtom[atom] + (isOfA ? 0 : clusters);
    }
    this.gaps = values.map((value, k) => (k + 1 < count ? values[k + 1] - value : 0));
    this.steps = new Int32Array(2 * clusters);
  }

  /** Distances over a resample in which each cluster comes `weights` times, with so many atoms. */
  distances(weights: Int32Array, atoms: number): DistributionDistances {
    const entries = this.entries;
    const gaps = this.gaps;
    const steps = this.steps;
    for (let c = 0; c < weights.length; c++) {
      steps[c] = weights[c];
      steps[c + weights.length] = -weights[c];
    }
    let difference = 0;
    let largest = 0;
    let area = 0;
    for (let k = 0; k < entries.length; k++) {
      difference += steps[entries[k]];
      const distance = difference < 0 ? -difference : difference;
      const gap = gaps[k];
      area += distance * gap;
      // between equal values there is nothing
      if (distance > largest && gap > 0) largest = distance;
    }
    return { kolmogorovSmirnov: largest / atoms, wasserstein1: area / atoms };
  }
}
