import type { Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import type { Store } from '../ports.ts';
import type { CalculationSummary, DatasetMember } from '../records.ts';
import { nameOf, type Splitting } from './splitting.ts';

/**
 * Clusters that came out of each other, or out of one cluster, through any number of generations. They are nearly alike, so
 * in different splits they would leak. Every cluster is of one family, alone if it has no relatives.
 */
class Families {
  private readonly heads = new Map<string, string>();

  join(a: string, b: string): void {
    const [from, to] = [this.of(a), this.of(b)];
    if (from !== to) this.heads.set(from, to);
  }

  /** The cluster that stands for the family. */
  of(cluster: string): string {
    let head = cluster;
    for (let above = this.heads.get(head); above !== undefined; above = this.heads.get(head)) head = above;
    // the next search is shorter
    for (let at = cluster; at !== head; ) {
      const above = this.heads.get(at)!;
      this.heads.set(at, head);
      at = above;
    }
    return head;
  }

  /** All clusters of these families. */
  members(families: ReadonlySet<string>): string[] {
    return [...families, ...[...this.heads.keys()].filter((cluster) => families.has(this.of(cluster)))];
  }
}

async function familiesOf(store: Store, chosen: readonly CalculationSummary[]): Promise<Families> {
  const families = new Families();
  const links = await store.lineage.ancestry([...new Set(chosen.map((each) => each.clusterId))]);
  for (const { clusterId, parentId } of links) {
    families.join(clusterId, parentId);
  }
  return families;
}

interface Decided {
  readonly split: Split;
  /** The calculation that has it, in words. */
  readonly name: string;
}

/**
 * The split of each calculation. One that `splitting` leaves open takes that of its relatives; where those are open as well
 * and files give splits, the one that a file gave to its cluster or to an ancestor.
 *
 * Throws BAD_USER_INPUT where no split is found, and where relatives would come into different splits.
 */
export async function assignSplits(
  store: Store,
  splitting: Splitting,
  chosen: readonly CalculationSummary[],
): Promise<DatasetMember[]> {
  const splits = splitting.assign(chosen);
  const families = await familiesOf(store, chosen);
  const family = chosen.map((each) => families.of(each.clusterId));
  const decided = new Map<string, Decided & { readonly clusterId: string }>();
  for (const [i, split] of splits.entries()) {
    if (split === null) continue;
    const here = { split, name: nameOf(chosen[i]), clusterId: chosen[i].clusterId };
    const before = decided.get(family[i]);
    // of one cluster in two splits somebody else complains
    if (before !== undefined && before.split !== split && before.clusterId !== here.clusterId) {
      throw contradiction(
        before,
        here,
        'of related clusters, one of which came out of the other or both out of a third',
      );
    }
    if (before === undefined) decided.set(family[i], here);
  }
  const open = new Set(family.filter((each, i) => splits[i] === null && !decided.has(each)));
  const given = open.size > 0 && splitting.inheritsGiven ? await givenSplits(store, families, open) : new Map();
  return chosen.map((each, i) => {
    const split = splits[i] ?? decided.get(family[i])?.split ?? given.get(family[i])?.split;
    if (split === undefined) throw splitting.undecided(each);
    return { calculationId: each.id, split };
  });
}

/** What files gave to clusters of these families, though to other calculations than the chosen ones. */
async function givenSplits(store: Store, families: Families, open: ReadonlySet<string>): Promise<Map<string, Decided>> {
  const found = new Map<string, Decided>();
  for (const { clusterId, calculationId, label, split } of await store.givenSplits(families.members(open))) {
    const here = { split, name: nameOf({ id: calculationId, label }) };
    const family = families.of(clusterId);
    const before = found.get(family);
    if (before !== undefined && before.split !== split) {
      throw contradiction(before, here, 'both related to chosen calculations without a split of their own');
    }
    found.set(family, before ?? here);
  }
  return found;
}

function contradiction(a: Decided, b: Decided, how: string): NatriumError {
  return new NatriumError(
    'BAD_USER_INPUT',
    `${a.name} (${a.split}) and ${b.name} (${b.split}) are ${how}: such clusters are nearly alike and must be in one split; ` +
      'split by list with both in one of the lists, or leave one of them out',
  );
}
