import { Column, Entity } from 'typeorm';
import type { Split, TensorIndexOrder } from '../../chemistry/calculation-record.ts';
import type {
  Calculation,
  Cluster,
  LevelOfTheoryRecord,
  Provenance,
  ShieldingReference,
} from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'levels_of_theory' })
export class LevelOfTheoryEntity extends RecordedEntity implements LevelOfTheoryRecord {
  @Column('text')
  program!: string;

  @Column('text')
  version!: string;

  @Column('text')
  method!: string;

  @Column('text')
  basis!: string;
}

@Entity({ name: 'shielding_references' })
export class ShieldingReferenceEntity extends RecordedEntity implements ShieldingReference {
  @Column('text')
  nucleus!: string;

  @Column('bigint')
  levelOfTheoryId!: string;

  @Column('integer')
  version!: number;

  @Column('double precision')
  shieldingPpm!: number;

  @Column('text')
  compound!: string;

  @Column('text')
  source!: string;
}

@Entity({ name: 'clusters' })
export class ClusterEntity extends RecordedEntity implements Cluster {
  @Column('text')
  identitySha256!: string;

  @Column('text')
  fingerprint!: string;

  @Column('text', { nullable: true })
  label!: string | null;

  @Column('text')
  formula!: string;

  @Column('integer')
  size!: number;

  @Column('smallint', { array: true })
  atomicNumbers!: number[];

  @Column('double precision', { array: true })
  positionsAngstrom!: number[];

  @Column('double precision')
  radiusOfGyrationAngstrom!: number;

  @Column('double precision', { array: true })
  centroidDistanceQuantilesAngstrom!: number[];

  @Column('integer')
  charge!: number;

  @Column('integer')
  multiplicity!: number;

  @Column('jsonb')
  provenance!: Provenance;

  @Column('text', { nullable: true })
  sourceSha256!: string | null;

  @Column('integer', { nullable: true })
  sourceLine!: number | null;
}

@Entity({ name: 'calculations' })
export class CalculationEntity extends RecordedEntity implements Calculation {
  @Column('text')
  contentSha256!: string;

  @Column('bigint')
  clusterId!: string;

  @Column('bigint')
  levelOfTheoryId!: string;

  @Column('text', { nullable: true })
  label!: string | null;

  @Column('double precision', { nullable: true })
  energyHartree!: number | null;

  @Column('double precision', { nullable: true })
  spinSquared!: number | null;

  @Column('text', { nullable: true })
  shieldingGauge!: string | null;

  @Column('double precision', { array: true })
  shieldingsPpm!: number[];

  @Column('double precision', { array: true, nullable: true })
  shieldingTensorsPpm!: number[] | null;

  @Column('text')
  tensorIndexOrder!: TensorIndexOrder;

  @Column('text', { array: true, nullable: true })
  populationLabels!: string[] | null;

  @Column('double precision', { array: true, nullable: true })
  grossOrbitalPopulations!: number[] | null;

  @Column('double precision', { array: true, nullable: true })
  electricFieldGradientsAu!: number[] | null;

  @Column('text', { nullable: true })
  givenSplit!: Split | null;

  @Column('jsonb')
  provenance!: Provenance;

  @Column('text', { nullable: true })
  sourceSha256!: string | null;

  @Column('text', { nullable: true })
  sourceFileName!: string | null;

  @Column('integer', { nullable: true })
  sourceLine!: number | null;

  @Column('timestamptz', { nullable: true })
  invalidatedAt!: Date | null;

  @Column('text', { nullable: true })
  invalidatedBy!: string | null;

  @Column('text', { nullable: true })
  invalidationReason!: string | null;
}
