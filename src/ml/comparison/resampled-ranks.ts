import { correlationOfSums } from '../statistics/metrics.ts';
import { ascendingOrder } from '../statistics/ranks.ts';

/** A column sorted once, to rank any resample of clusters in one pass. */
export class RankedColumn {
  /** Atoms in ascending order, and the clusters of these. */
  private readonly order: Uint32Array;
  private readonly clusters: Uint32Array;
  /** Where runs of equal values end in that order. */
  private readonly ends: Uint32Array;

  constructor(values: Float64Array, clusterOfAtom: Uint32Array) {
    this.order = ascendingOrder(values);
    this.clusters = this.order.map((atom) => clusterOfAtom[atom]);
    const order = this.order;
    this.ends = Uint32Array.from(order.keys())
      .filter((k) => k + 1 === order.length || values[order[k + 1]] !== values[order[k]])
      .map((k) => k + 1);
  }

  /**
   * Ranks of the atoms in a resample in which each cluster comes `weights` times, equal values sharing their mean rank, less the
   * mean of all ranks. Writes them to `ranks`, atom by atom; those of atoms that are not in the resample mean nothing.
   */
  rank(weights: Int32Array, atoms: number, ranks: Float64Array): void {
    const order = this.order;
    const clusters = this.clusters;
    const ends = this.ends;
    // the mean rank is (atoms + 1) / 2, and that of w equal values behind b others b + (w + 1) / 2
    let below = -atoms / 2;
    if (ends.length === order.length) {
      for (let k = 0; k < order.length; k++) {
        const weight = weights[clusters[k]];
        ranks[order[k]] = below + weight / 2;
        below += weight;
      }
      return;
    }
    let k = 0;
    for (let run = 0; run < ends.length; run++) {
      let weight = 0;
      for (let tied = k; tied < ends[run]; tied++) weight += weights[clusters[tied]];
      for (; k < ends[run]; k++) ranks[order[k]] = below + weight / 2;
      below += weight;
    }
  }
}

/** Pearson's correlation of two columns of centred ranks over a resample that is constant in neither. */
export function correlationOfRanks(a: Float64Array, b: Float64Array, starts: Uint32Array, weights: Int32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let c = 0; c < weights.length; c++) {
    const weight = weights[c];
    if (weight === 0) continue;
    let [abHere, aaHere, bbHere] = [0, 0, 0];
    for (let i = starts[c]; i < starts[c + 1]; i++) {
      abHere += a[i] * b[i];
      aaHere += a[i] * a[i];
      bbHere += b[i] * b[i];
    }
    ab += weight * abHere;
    aa += weight * aaHere;
    bb += weight * bbHere;
  }
  return correlationOfSums(ab, aa, bb);
}
