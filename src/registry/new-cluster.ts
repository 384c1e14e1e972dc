import type { Structure } from '../chemistry/structure.ts';
import { formulaOf, structureFingerprint } from '../chemistry/structure-identity.ts';
import { structureShape } from '../chemistry/structure-shape.ts';
import type { New } from './ports.ts';
import type { Cluster } from './records.ts';

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
