import type { LevelOfTheory, Split, TensorIndexOrder } from '../../chemistry/calculation-record.ts';
import type { StructureShape } from '../../chemistry/structure-shape.ts';
import type { Provenance, Recorded } from './common.ts';

export interface LevelOfTheoryRecord extends Recorded, LevelOfTheory {}

/** The shielding of a nucleus in the compound whose shift is 0, at a level of theory. A new one is the next version. */
export interface ShieldingReference extends Recorded {
  /** Such as `23Na`. */
  readonly nucleus: string;
  readonly levelOfTheoryId: string;
  readonly version: number;
  readonly shieldingPpm: number;
  readonly compound: string;
  readonly source: string;
}

export interface Cluster extends Recorded, StructureShape {
  readonly identitySha256: string;
  readonly fingerprint: string;
  readonly label: string | null;
  readonly formula: string;
  readonly size: number;
  readonly atomicNumbers: readonly number[];
  readonly positionsAngstrom: readonly number[];
  readonly charge: number;
  readonly multiplicity: number;
  readonly provenance: Provenance;
  readonly sourceSha256: string | null;
  readonly sourceLine: number | null;
}

/** How a cluster came out of another one: relaxed in this registry, or optimised by the program whose output was imported. */
export const CLUSTER_RELATIONS = ['RELAXATION', 'OPTIMIZATION'] as const;
export type ClusterRelation = (typeof CLUSTER_RELATIONS)[number];

/** A cluster and one that it came out of. */
export interface ClusterParent {
  readonly clusterId: string;
  readonly parentId: string;
  readonly relation: ClusterRelation;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** A cluster without its atoms: what tells whether it may be like another one. */
export interface ClusterShape extends StructureShape {
  readonly clusterId: string;
  readonly formula: string;
  readonly charge: number;
  readonly size: number;
}

export interface Calculation extends Recorded {
  readonly contentSha256: string;
  readonly clusterId: string;
  readonly levelOfTheoryId: string;
  readonly label: string | null;
  readonly energyHartree: number | null;
  readonly spinSquared: number | null;
  readonly shieldingGauge: string | null;
  readonly shieldingsPpm: readonly number[];
  readonly shieldingTensorsPpm: readonly number[] | null;
  readonly tensorIndexOrder: TensorIndexOrder;
  readonly populationLabels: readonly string[] | null;
  /** NaN for an orbital that an atom lacks. */
  readonly grossOrbitalPopulations: readonly number[] | null;
  /** NaN for an atom without one. */
  readonly electricFieldGradientsAu: readonly number[] | null;
  readonly givenSplit: Split | null;
  readonly provenance: Provenance;
  readonly sourceSha256: string | null;
  readonly sourceFileName: string | null;
  readonly sourceLine: number | null;
  readonly invalidatedAt: Date | null;
  readonly invalidatedBy: string | null;
  readonly invalidationReason: string | null;
}

/** A calculation without its values, and what its cluster is. */
export type CalculationSummary = Pick<
  Calculation,
  'id' | 'contentSha256' | 'clusterId' | 'levelOfTheoryId' | 'label' | 'givenSplit' | 'invalidationReason'
> &
  Pick<Cluster, 'size' | 'formula'>;

/** What a calculation says of its atoms' lines in a spectrum. */
export interface CalculationLines extends Pick<Calculation, 'id' | 'shieldingsPpm' | 'electricFieldGradientsAu'> {
  readonly atomicNumbers: readonly number[];
}
