import { setImmediate } from 'node:timers/promises';
import { ROUNDING_ANGSTROM } from '../../chemistry/near-duplicates.ts';
import { distanceProfile, profileDifference, profileLength } from '../../chemistry/structure-difference.ts';
import { NatriumError } from '../../errors.ts';
import type { Store } from '../ports.ts';
import type { ClusterShape } from '../records.ts';

/** Distances of all clusters that are compared at a time: 8 MiB. */
const LENGTHS_AT_ONCE = 2 ** 20;
/** Of the clusters that are read at a time. */
const ATOMS_AT_ONCE = 5000;
const PAIRS_AT_ONCE = 10_000;
/** Distances that are computed before others are let work: some ten milliseconds. */
const LENGTHS_IN_A_ROW = 100_000;

/** To read a cluster takes as long as to compute and sort so many distances. */
const LENGTHS_PER_READ = 1000;
/** Of a whole search: about half a minute. */
const MOST_LENGTHS = 500_000_000;

export interface ComparedPair<T> {
  readonly tag: T;
  readonly differenceAngstrom: number;
  readonly sameFingerprint: boolean;
}

interface Pair<T> {
  readonly clusterIds: readonly [string, string];
  readonly tag: T;
}

/** Compares pairs of stored clusters in full, portion by portion, and keeps those within the tolerance. */
export class PairComparison<T> {
  private readonly found: ComparedPair<T>[] = [];
  private pairs: Pair<T>[] = [];
  private sizes = new Map<string, number>();
  private waitingLengths = 0;
  private lengths = 0;

  constructor(
    private readonly store: Store,
    private readonly toleranceAngstrom: number,
    private readonly mostFound: number,
  ) {}

  /**
   * Adds a pair of clusters of the same elements and charge; compares what waits when there is enough of it.
   *
   * Throws TOO_LARGE when too many are found, or too much has to be computed.
   */
  async add(a: ClusterShape, b: ClusterShape, tag: T): Promise<void> {
    this.pairs.push({ clusterIds: [a.clusterId, b.clusterId], tag });
    for (const { clusterId, size } of [a, b]) {
      if (this.sizes.has(clusterId)) continue;
      this.sizes.set(clusterId, size);
      this.waitingLengths += profileLength(size);
    }
    if (this.waitingLengths >= LENGTHS_AT_ONCE || this.pairs.length >= PAIRS_AT_ONCE) await this.compareWaiting();
  }

  /** Those of all pairs that are alike, in the order in which they were added. */
  async finish(): Promise<ComparedPair<T>[]> {
    await this.compareWaiting();
    return this.found;
  }

  private async compareWaiting(): Promise<void> {
    const { pairs, sizes } = this;
    this.lengths += this.waitingLengths + LENGTHS_PER_READ * sizes.size;
    if (this.lengths > MOST_LENGTHS) {
      throw this.tooLarge('takes too long to compare so many clusters that may be alike');
    }
    [this.pairs, this.sizes, this.waitingLengths] = [[], new Map(), 0];
    const profiles = await this.profiles(sizes);
    const tolerance = Math.max(this.toleranceAngstrom, ROUNDING_ANGSTROM);
    for (const { clusterIds, tag } of pairs) {
      const [a, b] = clusterIds.map((id) => profiles.get(id)!);
      const differenceAngstrom = profileDifference(a.profile, b.profile);
      if (differenceAngstrom > tolerance) continue;
      this.found.push({ tag, differenceAngstrom, sameFingerprint: a.fingerprint === b.fingerprint });
    }
    if (this.found.length > this.mostFound) throw this.tooLarge(`finds more than ${this.mostFound}`);
    await setImmediate();
  }

  private async profiles(sizes: ReadonlyMap<string, number>) {
    const profiles = new Map<string, { readonly fingerprint: string; readonly profile: Float64Array }>();
    let inARow = 0;
    for (const clusterIds of portionsOf(sizes)) {
      for (const cluster of await this.store.clusters.getMany(clusterIds)) {
        const profile = distanceProfile(cluster!);
        profiles.set(cluster!.id, { fingerprint: cluster!.fingerprint, profile });
        inARow += profile.length;
        if (inARow < LENGTHS_IN_A_ROW) continue;
        inARow = 0;
        await setImmediate();
      }
    }
    return profiles;
  }

  private tooLarge(what: string): NatriumError {
    return new NatriumError(
      'TOO_LARGE',
      `a search within ${this.toleranceAngstrom} Å ${what}; give a smaller toleranceAngstrom`,
    );
  }
}

function* portionsOf(sizes: ReadonlyMap<string, number>): Generator<string[]> {
  let portion: string[] = [];
  let atoms = 0;
  for (const [clusterId, size] of sizes) {
    portion.push(clusterId);
    atoms += size;
    if (atoms < ATOMS_AT_ONCE) continue;
    yield portion;
    [portion, atoms] = [[], 0];
  }
  yield portion;
}
