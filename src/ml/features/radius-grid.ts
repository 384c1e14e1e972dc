/** So many buckets for each radius that few hold one, and a search is mostly one look-up. */
const BUCKETS_PER_RADIUS = 16;

/** Strictly ascending radii (Å), at most 65,535, that are searched millions of times. */
export class RadiusGrid {
  readonly radii: Float64Array;
  private readonly perAngstrom: number;
  /** Of each bucket of equal width from the first radius on: the first radius in it or beyond. */
  private readonly firstOfBucket: Uint16Array;

  constructor(radiiAngstrom: readonly number[]) {
    this.radii = Float64Array.from(radiiAngstrom);
    const count = this.radii.length;
    const buckets = BUCKETS_PER_RADIUS * count;
    this.perAngstrom = count < 2 ? 0 : buckets / (this.radii[count - 1] - this.radii[0]);
    // the last radius may fall just beyond the last bucket, and a search looks at the bucket behind its own
    this.firstOfBucket = new Uint16Array(buckets + 3);
    for (let bucket = 0, k = 0; bucket < this.firstOfBucket.length; bucket++) {
      while (k < count && this.bucketOf(this.radii[k]) < bucket) k++;
      this.firstOfBucket[bucket] = k;
    }
  }

  /** Index of the first radius that is not below `bound`; their number if all are. */
  firstAtLeast(bound: number): number {
    const { radii, firstOfBucket } = this;
    const count = radii.length;
    if (count === 0 || bound <= radii[0]) return 0;
    if (bound > radii[count - 1]) return count;
    const bucket = this.bucketOf(bound);
    let low = firstOfBucket[bucket];
    let high = firstOfBucket[bucket + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (radii[middle] < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Never descends as the distance ascends, however it is rounded: that is all the search needs. */
  private bucketOf(distance: number): number {
    return ((distance - this.radii[0]) * this.perAngstrom) | 0;
  }
}
