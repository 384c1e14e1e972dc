import type { Structure } from '../chemistry/structure.ts';
import { formulaOf, structureFingerprint, structureHash } from '../chemistry/structure-identity.ts';
import type { Caller } from './caller.ts';
import type { New, Store } from './ports.ts';
import type { Cluster, Provenance } from './records.ts';

/** A cluster that may be stored already. */
export interface ClusterDraft {
  readonly structure: Structure;
  readonly label: string | null;
  readonly provenance: Provenance;
  readonly sourceSha256: string | null;
  readonly sourceLine: number | null;
}

/** The record of a cluster with this identity, the sha256 of its structure. */
export function newCluster(draft: ClusterDraft, identitySha256: string, caller: Caller): New<Cluster> {
  const { structure, label, provenance, sourceSha256, sourceLine } = draft;
  return {
    identitySha256,
    fingerprint: structureFingerprint(structure),
    label,
    formula: formulaOf(structure.atomicNumbers),
    size: structure.atomicNumbers.length,
    atomicNumbers: structure.atomicNumbers,
    positionsAngstrom: [...structure.positionsAngstrom],
    charge: structure.charge,
    multiplicity: structure.multiplicity,
    provenance,
    sourceSha256,
    sourceLine,
    createdBy: caller.name,
  };
}

/** Imports of the same clusters in different orders would wait for each other for ever. */
export function lockClusters(store: Store): Promise<void> {
  return store.lock('import');
}

/** Stores each cluster once and answers for each, in order. Call it in a transaction that holds {@link lockClusters}. */
export async function storeClusters(
  store: Store,
  caller: Caller,
  drafts: readonly ClusterDraft[],
): Promise<{ readonly id: string; readonly status: 'INSERTED' | 'EXISTING' }[]> {
  const identities = drafts.map((draft) => structureHash(draft.structure));
  const stored = await store.clusters.idsBy('identitySha256', [...new Set(identities)]);
  const added = new Map<string, New<Cluster>>();
  const statuses = drafts.map((draft, i) => {
    if (stored.has(identities[i]) || added.has(identities[i])) return 'EXISTING';
    added.set(identities[i], newCluster(draft, identities[i], caller));
    return 'INSERTED';
  });
  const ids = await store.clusters.insertMany([...added.values()], 'identitySha256');
  return identities.map((identity, i) => ({ id: stored.get(identity) ?? ids.get(identity)!, status: statuses[i] }));
}
