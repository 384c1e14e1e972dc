import type { CalculationRecord } from '../../chemistry/calculation-record.ts';
import { CLUSTER_KEY } from '../../chemistry/inputs/name-tag.ts';
import type { Structure } from '../../chemistry/structure.ts';
import { structureHash } from '../../chemistry/structure-identity.ts';
import { centroidDistances } from '../../chemistry/structure-shape.ts';
import type { Store } from '../ports.ts';
import type { Cluster } from '../records.ts';

/** Programs print positions to five decimals or more, some by way of bohr. */
const PRINTED_TOLERANCE_ANGSTROM = 2e-5;
/** The least turn that is no printing error moves some atom much farther (Å in a coordinate), and so does another order. */
const LEAST_TURN_ANGSTROM = 2e-3;
/** What `not_tied` says of a result that is of the cluster, but not in its frame. */
const TURNED = 'the same atoms in another frame, in which the tensors and populations are';
const SHA256 = /^[0-9a-f]{64}$/;

export interface Tied<T extends CalculationRecord> {
  readonly record: T;
  /** Identity of the cluster whose atoms moved to where those of the record are; null if there is none. */
  readonly parentSha256: string | null;
}

/** What is compared of a cluster that is stored, or of one that comes in with the records. */
interface NamedCluster extends Pick<Structure, 'atomicNumbers' | 'charge' | 'multiplicity'> {
  readonly identitySha256: string;
  readonly positionsAngstrom: ArrayLike<number>;
}

/**
 * Ties results of our inputs back to their clusters: a record whose name tag (provenance `natrium_cluster`) names a stored
 * cluster, with the same elements, charge and multiplicity and the same positions as far as programs print them, takes that
 * cluster's positions to the last digit; provenance `tied_by` says so. Where the stored cluster differs, `not_tied` says how,
 * and the record stays as it is: nothing is turned or moved, because tensors and populations belong to their frame. If it
 * differs in positions only, even by a turn, it is the parent of the record's cluster. What is said of stored clusters holds
 * for those of the other records as well, so that an exported data set comes in again with its lineage. Records without a tag,
 * or with one that nobody knows, come back as they are. Order is kept; one query for all.
 */
export async function tieToClusters<T extends CalculationRecord>(
  store: Store,
  records: readonly T[],
): Promise<Tied<T>[]> {
  const named = new Set(records.map(clusterNamedBy).filter((identity) => identity !== null));
  if (named.size === 0) return records.map((record) => ({ record, parentSha256: null }));
  const stored = await store.clusters.findIn('identitySha256', [...named]);
  const byIdentity = new Map<string, NamedCluster>(stored.map((cluster) => [cluster.identitySha256, cluster]));
  if (byIdentity.size < named.size) {
    for (const { structure } of records) {
      const identitySha256 = structureHash(structure);
      if (named.has(identitySha256) && !byIdentity.has(identitySha256)) {
        byIdentity.set(identitySha256, { ...structure, identitySha256 });
      }
    }
  }
  return records.map((record) => {
    const cluster = byIdentity.get(clusterNamedBy(record) ?? '');
    return cluster === undefined ? { record, parentSha256: null } : tie(record, cluster);
  });
}

function clusterNamedBy({ provenance }: CalculationRecord): string | null {
  const identity = provenance[CLUSTER_KEY];
  return typeof identity === 'string' && SHA256.test(identity) ? identity : null;
}

function tie<T extends CalculationRecord>(record: T, cluster: NamedCluster): Tied<T> {
  // a file that we wrote may say what became of an earlier import
  const { tied_by: _, not_tied: __, ...provenance } = record.provenance;
  const { structure } = record;
  const difference = differenceBetween(structure, cluster);
  if (difference !== null) {
    const { words, sameAtoms } = difference;
    return {
      record: { ...record, provenance: { ...provenance, not_tied: words } },
      parentSha256: sameAtoms ? cluster.identitySha256 : null,
    };
  }
  const positionsAngstrom = Float64Array.from(cluster.positionsAngstrom);
  return {
    record: {
      ...record,
      structure: { ...structure, positionsAngstrom },
      provenance: { ...provenance, tied_by: 'name tag' },
    },
    parentSha256: null,
  };
}

interface Difference {
  readonly words: string;
  /** Elements, their order, charge and multiplicity agree. */
  readonly sameAtoms: boolean;
}

/** Null if there is none that printing would not explain. */
function differenceBetween(structure: Structure, cluster: NamedCluster): Difference | null {
  const { atomicNumbers, positionsAngstrom } = structure;
  const sameElements =
    atomicNumbers.length === cluster.atomicNumbers.length &&
    atomicNumbers.every((z, atom) => z === cluster.atomicNumbers[atom]);
  if (!sameElements) return { words: 'other elements, or in another order', sameAtoms: false };
  if (structure.charge !== cluster.charge || structure.multiplicity !== cluster.multiplicity) {
    return { words: 'another charge or multiplicity', sameAtoms: false };
  }
  const farthest = largestDifference(positionsAngstrom, cluster.positionsAngstrom);
  if (farthest <= PRINTED_TOLERANCE_ANGSTROM) return null;
  const sameShape =
    farthest > LEAST_TURN_ANGSTROM &&
    largestDifference(centroidDistances(positionsAngstrom), centroidDistances(cluster.positionsAngstrom)) <=
      2 * PRINTED_TOLERANCE_ANGSTROM;
  const words = sameShape ? TURNED : `other positions, by up to ${farthest.toPrecision(3)} Å in a coordinate`;
  return { words, sameAtoms: true };
}

/** Whether two copies of a cluster have their atoms at the same places and in the same order; a shift of all is none. */
export function isPlacedAlike(
  a: Pick<Cluster, 'atomicNumbers' | 'positionsAngstrom'>,
  b: Pick<Cluster, 'atomicNumbers' | 'positionsAngstrom'>,
): boolean {
  return (
    a.atomicNumbers.length === b.atomicNumbers.length &&
    a.atomicNumbers.every((z, atom) => z === b.atomicNumbers[atom]) &&
    largestDifference(centered(a.positionsAngstrom), centered(b.positionsAngstrom)) <= LEAST_TURN_ANGSTROM
  );
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < a.length; k++) largest = Math.max(largest, Math.abs(a[k] - b[k]));
  return largest;
}

/** The positions from their centroid. */
function centered(positions: ArrayLike<number>): Float64Array {
  const centroid = [0, 0, 0];
  for (let k = 0; k < positions.length; k++) centroid[k % 3] += (3 * positions[k]) / positions.length;
  return Float64Array.from(positions, (x, k) => x - centroid[k % 3]);
}
