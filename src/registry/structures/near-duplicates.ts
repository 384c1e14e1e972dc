import { setImmediate } from 'node:timers/promises';
import { SPLITS, type Split } from '../../chemistry/calculation-record.ts';
import { ROUNDING_ANGSTROM, ShapeTable, shapeGroup } from '../../chemistry/near-duplicates.ts';
import { NatriumError } from '../../errors.ts';
import type { Store } from '../ports.ts';
import type { Cluster, ClusterShape, DatasetMember, DatasetVersion } from '../records.ts';
import { type ComparedPair, PairComparison } from './pair-comparison.ts';

export const DEFAULT_TOLERANCE_ANGSTROM = 0.02;
const LARGEST_TOLERANCE_ANGSTROM = 1;

/** What one search finds at most; more than that is no list that anybody reads. */
const MOST_FOUND = 10_000;
const MEMBERS_AT_ONCE = 5000;
const SEARCHES_KEPT = 16;

export interface Likeness {
  /** As `structureDifference` has it. */
  readonly differenceAngstrom: number;
  readonly sameFingerprint: boolean;
}

export interface ClusterLikeness extends Likeness {
  readonly clusterId: string;
}

export interface ClusterPair extends Likeness {
  readonly clusterIds: readonly [string, string];
}

/** Two members of a data set version, in its order. */
export interface MemberPair extends Likeness {
  readonly first: DatasetMember;
  readonly second: DatasetMember;
}

/**
 * Clusters that are nearly the same but for rotation, reflection, translation and order of their atoms: the same elements and
 * charge, and distances that differ by no more than a tolerance. In a training and in a test set they are a leak.
 *
 * Shapes of eight lengths say which pairs may be alike; only those are read and compared. All of it is done in small parts, so
 * that whoever else asks is answered meanwhile.
 */
export class NearDuplicates {
  /** Versions and clusters never change, so what was found stays right. Oldest first. */
  private readonly kept = new Map<string, Promise<readonly MemberPair[]>>();
  /** One search at a time; it may hold the shapes of 100,000 clusters. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: Store) {}

  /** All stored clusters that are like this one, the closest first. Throws TOO_LARGE for more than 10,000. */
  async ofCluster(cluster: Cluster, toleranceAngstrom: number): Promise<ClusterLikeness[]> {
    checkTolerance(toleranceAngstrom);
    const [shape] = await this.shapes([cluster.id]);
    const margin = toleranceAngstrom + ROUNDING_ANGSTROM;
    const candidates = await this.store.clusterShapes.like(shape, margin, MOST_FOUND + 1);
    if (candidates.length > MOST_FOUND) {
      throw new NatriumError(
        'TOO_LARGE',
        `more than ${MOST_FOUND} clusters may be within ${toleranceAngstrom} Å of it; give a smaller toleranceAngstrom`,
      );
    }
    const comparison = new PairComparison<string>(this.store, toleranceAngstrom, MOST_FOUND);
    for (const candidate of candidates) await comparison.add(shape, candidate, candidate.clusterId);
    return (await comparison.finish())
      .map(({ tag, ...likeness }) => ({ ...likeness, clusterId: tag }))
      .sort((a, b) => a.differenceAngstrom - b.differenceAngstrom || Number(a.clusterId) - Number(b.clusterId));
  }

  /**
   * Pairs of members of a version that are alike, in different splits or in any; the closest first, then in the order of the
   * version. Throws TOO_LARGE for more than 10,000.
   */
  inVersion(version: DatasetVersion, toleranceAngstrom: number, acrossSplits: boolean): Promise<readonly MemberPair[]> {
    checkTolerance(toleranceAngstrom);
    const key = `${version.id} ${toleranceAngstrom} ${acrossSplits}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const search = this.inTurn(() => this.searchVersion(version, toleranceAngstrom, acrossSplits));
    this.kept.set(key, search);
    search.catch(() => this.kept.delete(key));
    for (const oldest of [...this.kept.keys()].slice(0, -SEARCHES_KEPT)) this.kept.delete(oldest);
    return search;
  }

  /**
   * Pairs of a cluster of one list and one of the other that are alike, such as tests and what a model was trained on; the
   * closest first. A cluster that is in both lists makes a pair with itself. Throws NOT_FOUND for an unknown id, TOO_LARGE for
   * more than 10,000 pairs.
   */
  between(
    clusterIds: readonly string[],
    otherIds: readonly string[],
    toleranceAngstrom: number,
  ): Promise<ClusterPair[]> {
    checkTolerance(toleranceAngstrom);
    return this.inTurn(async () => {
      const table = new ShapeTable();
      const shapes: ClusterShape[] = [];
      for (const [part, ids] of [clusterIds, otherIds].entries()) {
        const distinct = [...new Set(ids)];
        for (let start = 0; start < distinct.length; start += MEMBERS_AT_ONCE) {
          for (const shape of await this.shapes(distinct.slice(start, start + MEMBERS_AT_ONCE))) {
            table.add(shapeGroup(shape.formula, shape.charge), part, shape);
            shapes.push(shape);
          }
        }
      }
      const found = await this.compare(shapes, table, toleranceAngstrom, true, () => true);
      return found.map(({ tag: [a, b], ...likeness }) => ({
        ...likeness,
        clusterIds: [shapes[a].clusterId, shapes[b].clusterId],
      }));
    });
  }

  private async searchVersion(
    version: DatasetVersion,
    toleranceAngstrom: number,
    acrossSplits: boolean,
  ): Promise<MemberPair[]> {
    const table = new ShapeTable();
    const shapes: ClusterShape[] = [];
    const members: { calculationId: string; split: Split }[] = [];
    for (;;) {
      const part = await this.store.versionMembers.behind(version.id, members.length - 1, MEMBERS_AT_ONCE);
      const found = await this.shapes(part.map((each) => each.clusterId));
      for (const [i, { calculationId, split }] of part.entries()) {
        table.add(shapeGroup(found[i].formula, found[i].charge), SPLITS.indexOf(split), found[i]);
        shapes.push(found[i]);
        members.push({ calculationId, split });
      }
      if (part.length < MEMBERS_AT_ONCE) break;
    }
    // a cluster may be a member at several levels of theory
    const differ = (a: number, b: number) => shapes[a].clusterId !== shapes[b].clusterId;
    const found = await this.compare(shapes, table, toleranceAngstrom, acrossSplits, differ);
    return found.map(({ tag: [a, b], ...likeness }) => ({ ...likeness, first: members[a], second: members[b] }));
  }

  private async compare(
    shapes: readonly ClusterShape[],
    table: ShapeTable,
    toleranceAngstrom: number,
    acrossParts: boolean,
    wanted: (first: number, second: number) => boolean,
  ): Promise<ComparedPair<readonly [number, number]>[]> {
    const comparison = new PairComparison<readonly [number, number]>(this.store, toleranceAngstrom, MOST_FOUND);
    for (const candidates of table.candidates(toleranceAngstrom, acrossParts)) {
      for (const pair of candidates) {
        if (wanted(...pair)) await comparison.add(shapes[pair[0]], shapes[pair[1]], pair);
      }
      await setImmediate();
    }
    return (await comparison.finish()).sort(
      (a, b) => a.differenceAngstrom - b.differenceAngstrom || a.tag[0] - b.tag[0] || a.tag[1] - b.tag[1],
    );
  }

  /** In the order of the ids, which may repeat. */
  private async shapes(clusterIds: readonly string[]): Promise<ClusterShape[]> {
    const byId = new Map((await this.store.clusterShapes.of(clusterIds)).map((shape) => [shape.clusterId, shape]));
    return clusterIds.map((id) => {
      const shape = byId.get(id);
      if (shape === undefined) throw new NatriumError('NOT_FOUND', `there is no cluster ${id}`);
      return shape;
    });
  }

  private inTurn<T>(search: () => Promise<T>): Promise<T> {
    const result = this.turn.then(search);
    this.turn = result.catch(() => {});
    return result;
  }
}

function checkTolerance(toleranceAngstrom: number): void {
  // NaN is no number from 0 to 1 either
  if (!(toleranceAngstrom >= 0 && toleranceAngstrom <= LARGEST_TOLERANCE_ANGSTROM)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `toleranceAngstrom is ${toleranceAngstrom}; give a number from 0 to ${LARGEST_TOLERANCE_ANGSTROM} Å, a third of a bond: ` +
        'beyond that, most clusters of one size would count as the same',
    );
  }
}
