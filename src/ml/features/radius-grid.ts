/** So many buckets for each radius that few distances are compared with a radius out of their reach. */
const BUCKETS_PER_RADIUS = 16;

/**
 * Strictly ascending radii (Å), at most 65,535, each of which cuts through the neighbours at distances within `reach` of it.
 * Distances are sorted into buckets of equal width; for each bucket it is known which radii cut through its neighbours, and
 * where those begin that hold them whole. A bucket may name a few radii too many, never too few.
 */
export class RadiusGrid {
  readonly radii: Float64Array;
  private readonly start: number;
  private readonly end: number;
  private readonly bucketsPerAngstrom: number;
  private readonly firstCutting: Uint16Array;
  private readonly firstHolding: Uint16Array;

  constructor(radiiAngstrom: readonly number[], reach: number) {
    const radii = Float64Array.from(radiiAngstrom);
    const count = radii.length;
    this.radii = radii;
    this.start = radii[0] - reach;
    this.end = radii[count - 1] + reach;
    const buckets = BUCKETS_PER_RADIUS * count;
    this.bucketsPerAngstrom = buckets / (this.end - this.start);
    // rounding may put the end into a bucket behind the last
    this.firstCutting = new Uint16Array(buckets + 2);
    this.firstHolding = new Uint16Array(buckets + 2);
    for (let bucket = 0, cutting = 0, holding = 0; bucket < buckets + 2; bucket++) {
      while (cutting < count && this.bucketOf(radii[cutting] + reach) < bucket) cutting++;
      while (holding < count && this.bucketOf(radii[holding] - reach) <= bucket) holding++;
      this.firstCutting[bucket] = cutting;
      this.firstHolding[bucket] = holding;
    }
  }

  /** Never descends as the distance (Å) ascends, however it is rounded: that is why no radius is missed. */
  bucketOf(distance: number): number {
    return ((Math.min(Math.max(distance, this.start), this.end) - this.start) * this.bucketsPerAngstrom) | 0;
  }

  /** Index of the first radius that may cut through a neighbour in the bucket; their number if there is none. */
  firstCuttingThrough(bucket: number): number {
    return this.firstCutting[bucket];
  }

  /** Index of the first radius that surely holds a neighbour in the bucket whole; their number if there is none. */
  firstHoldingWhole(bucket: number): number {
    return this.firstHolding[bucket];
  }
}
