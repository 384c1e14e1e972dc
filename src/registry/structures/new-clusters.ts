import type { Structure } from '../../chemistry/structure.ts';
import { formulaOf, structureFingerprint, structureHash } from '../../chemistry/structure-identity.ts';
import { structureShape } from '../../chemistry/structure-shape.ts';
import type { New, Store } from '../ports.ts';
import type { Cluster } from '../records.ts';

/** What a structure does not say of itself. */
export type ClusterParticulars = Pick<
  Cluster,
  'identitySha256' | 'label' | 'provenance' | 'sourceSha256' | 'sourceLine' | 'createdBy'
>;

/** A cluster to be stored, with all that follows from its structure; `identitySha256` is its `structureHash`. */
export function newCluster(structure: Structure, particulars: ClusterParticulars): New<Cluster> {
  const { atomicNumbers, charge, multiplicity } = structure;
  return {
    ...particulars,
    ...structureShape(structure.positionsAngstrom),
    fingerprint: structureFingerprint(structure),
    formula: formulaOf(atomicNumbers),
    size: atomicNumbers.length,
    atomicNumbers,
    positionsAngstrom: [...structure.positionsAngstrom],
    charge,
    multiplicity,
  };
}

/** Imports of the same clusters in different orders would wait for each other for ever. */
export function lockClusters(store: Store): Promise<void> {
  return store.lock('import');
}

/** A cluster that may be stored already. */
export interface ClusterDraft extends Omit<ClusterParticulars, 'identitySha256'> {
  readonly structure: Structure;
}

/** Stores each cluster once and answers for each, in order. Call it in a transaction that holds {@link lockClusters}. */
export async function storeClusters(
  store: Store,
  drafts: readonly ClusterDraft[],
): Promise<{ readonly id: string; readonly status: 'INSERTED' | 'EXISTING' }[]> {
  const identities = drafts.map((draft) => structureHash(draft.structure));
  const stored = await store.clusters.idsBy('identitySha256', [...new Set(identities)]);
  const added = new Map<string, New<Cluster>>();
  const statuses = drafts.map(({ structure, ...particulars }, i) => {
    const identitySha256 = identities[i];
    if (stored.has(identitySha256) || added.has(identitySha256)) return 'EXISTING';
    added.set(identitySha256, newCluster(structure, { ...particulars, identitySha256 }));
    return 'INSERTED';
  });
  const ids = await store.clusters.insertMany([...added.values()], 'identitySha256');
  return identities.map((identity, i) => ({ id: stored.get(identity) ?? ids.get(identity)!, status: statuses[i] }));
}
