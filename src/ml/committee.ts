/** One model has no spread. */
export const FEWEST_MEMBERS = 2;

/** Predicted shieldings of one cluster, one an atom. */
export interface PredictedShieldings {
  readonly shieldingsPpm: Float64Array;
  /** Sample standard deviations over the members of a committee; null for a single model. */
  readonly standardDeviationsPpm: Float64Array | null;
}

/**
 * Predictions of a committee, taken in member by member: mean m = (1/n) sum x_k and sample standard deviation
 * sqrt(sum (x_k - m)^2 / (n - 1)) of each atom, by Welford's recurrence (Technometrics 4, 419, 1962), which needs no more memory
 * for more members and loses no digits where members agree. The same members in the same order give the same bits; one
 * member alone gives its own predictions, bit for bit, and no standard deviation.
 */
export class CommitteePredictions {
  private members = 0;
  private means: Float64Array[] = [];
  /** Sums of squared deviations from the mean so far. */
  private squares: Float64Array[] = [];

  /** @param shieldingsPpm of one member: one array a cluster, the same clusters for every member */
  add(shieldingsPpm: readonly Float64Array[]): void {
    if (this.members === 0) {
      this.means = shieldingsPpm.map((cluster) => new Float64Array(cluster.length));
      this.squares = shieldingsPpm.map((cluster) => new Float64Array(cluster.length));
    }
    const isAlike =
      shieldingsPpm.length === this.means.length &&
      shieldingsPpm.every(({ length }, cluster) => length === this.means[cluster].length);
    if (!isAlike) throw new RangeError('the members of a committee must predict the same atoms');
    this.members += 1;
    shieldingsPpm.forEach((values, cluster) => {
      const means = this.means[cluster];
      const squares = this.squares[cluster];
      for (let atom = 0; atom < values.length; atom++) {
        const deviation = values[atom] - means[atom];
        means[atom] += deviation / this.members;
        squares[atom] += deviation * (values[atom] - means[atom]);
      }
    });
  }

  /** One entry a cluster. */
  result(): PredictedShieldings[] {
    return this.means.map((means, cluster) => ({
      shieldingsPpm: means.slice(),
      standardDeviationsPpm:
        this.members < FEWEST_MEMBERS ? null : this.squares[cluster].map((sum) => Math.sqrt(sum / (this.members - 1))),
    }));
  }
}
