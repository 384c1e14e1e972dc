import { correlationOfSums } from '../statistics/metrics.ts';

/** Sums over the atoms of each cluster, from which moments of any resample of clusters follow. */
export class ColumnMoments {
  readonly means: Float64Array;
  /** Sum of squares about the mean of the cluster. */
  readonly squares: Float64Array;
  readonly lowest: Float64Array;
  readonly highest: Float64Array;

  constructor(
    readonly values: Float64Array,
    readonly starts: Uint32Array,
  ) {
    const clusters = starts.length - 1;
    this.means = new Float64Array(clusters);
    this.squares = new Float64Array(clusters);
    this.lowest = new Float64Array(clusters).fill(Number.POSITIVE_INFINITY);
    this.highest = new Float64Array(clusters).fill(Number.NEGATIVE_INFINITY);
    for (let c = 0; c < clusters; c++) {
      for (let i = starts[c]; i < starts[c + 1]; i++) {
        this.means[c] += values[i] / (starts[c + 1] - starts[c]);
        this.lowest[c] = Math.min(this.lowest[c], values[i]);
        this.highest[c] = Math.max(this.highest[c], values[i]);
      }
      for (let i = starts[c]; i < starts[c + 1]; i++) this.squares[c] += (values[i] - this.means[c]) ** 2;
    }
  }

  /** Whether all atoms of the resample have one value. */
  isConstant(weights: Int32Array): boolean {
    let only = Number.NaN;
    for (let c = 0; c < weights.length; c++) {
      if (weights[c] === 0) continue;
      if (Number.isNaN(only)) only = this.lowest[c];
      if (this.lowest[c] !== only || this.highest[c] !== only) return false;
    }
    return true;
  }

  mean(weights: Int32Array, atoms: number): number {
    let sum = 0;
    for (let c = 0; c < weights.length; c++) sum += weights[c] * (this.starts[c + 1] - this.starts[c]) * this.means[c];
    return sum / atoms;
  }
}

/** Metrics of a resample that is not constant. */
export interface MomentMetrics {
  readonly rmse: number;
  readonly mae: number;
  readonly bias: number;
  /** NaN where the calculated shieldings of the resample are constant. */
  readonly r2: number;
  /** NaN where either column of the resample is constant. */
  readonly pearson: number;
}

/** RMSE, MAE, bias, R2 and Pearson's correlation of resamples, in time proportional to the number of clusters. */
export class PairMoments {
  private readonly squaredErrors: Float64Array;
  private readonly absoluteErrors: Float64Array;
  private readonly errors: Float64Array;
  /** Sum of products about the means of the cluster. */
  private readonly products: Float64Array;

  constructor(
    private readonly calculated: ColumnMoments,
    private readonly predicted: ColumnMoments,
  ) {
    const { values: y, starts } = calculated;
    const { values: p } = predicted;
    const clusters = starts.length - 1;
    this.squaredErrors = new Float64Array(clusters);
    this.absoluteErrors = new Float64Array(clusters);
    this.errors = new Float64Array(clusters);
    this.products = new Float64Array(clusters);
    for (let c = 0; c < clusters; c++) {
      for (let i = starts[c]; i < starts[c + 1]; i++) {
        const error = p[i] - y[i];
        this.squaredErrors[c] += error * error;
        this.absoluteErrors[c] += Math.abs(error);
        this.errors[c] += error;
        this.products[c] += (y[i] - calculated.means[c]) * (p[i] - predicted.means[c]);
      }
    }
  }

  /** @param weights how often each cluster is in the resample; @param atoms its number of atoms */
  of(weights: Int32Array, atoms: number): MomentMetrics {
    const y = this.calculated;
    const p = this.predicted;
    const meanY = y.mean(weights, atoms);
    const meanP = p.mean(weights, atoms);
    let [squared, absolute, error, yy, pp, yp] = [0, 0, 0, 0, 0, 0];
    for (let c = 0; c < weights.length; c++) {
      const weight = weights[c];
      const size = y.starts[c + 1] - y.starts[c];
      const awayY = y.means[c] - meanY;
      const awayP = p.means[c] - meanP;
      squared += weight * this.squaredErrors[c];
      absolute += weight * this.absoluteErrors[c];
      error += weight * this.errors[c];
      // within the clusters and between them: nothing is lost by cancellation
      yy += weight * (y.squares[c] + size * awayY * awayY);
      pp += weight * (p.squares[c] + size * awayP * awayP);
      yp += weight * (this.products[c] + size * awayY * awayP);
    }
    const flat = y.isConstant(weights);
    return {
      rmse: Math.sqrt(squared / atoms),
      mae: absolute / atoms,
      bias: error / atoms,
      r2: flat ? Number.NaN : 1 - squared / yy,
      pearson: flat || p.isConstant(weights) ? Number.NaN : correlationOfSums(yp, yy, pp),
    };
  }
}
