import { Column, Entity } from 'typeorm';
import type { FeatureSetDefinition } from '../../ml/features/feature-set.ts';
import type {
  Dataset,
  DatasetVersion,
  Export,
  ExportFormat,
  FeatureSet,
  SplitCount,
  SplitMethod,
} from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'datasets' })
export class DatasetEntity extends RecordedEntity implements Dataset {
  @Column('text')
  name!: string;

  @Column('text')
  title!: string;

  @Column('text')
  description!: string;

  @Column('text')
  licence!: string;

  @Column('text', { nullable: true })
  citation!: string | null;

  @Column('text', { nullable: true })
  doi!: string | null;
}

@Entity({ name: 'dataset_versions' })
export class DatasetVersionEntity extends RecordedEntity implements DatasetVersion {
  @Column('bigint')
  datasetId!: string;

  @Column('integer')
  version!: number;

  @Column('text')
  sha256!: string;

  @Column('jsonb')
  splitMethod!: SplitMethod;

  @Column('bigint', { array: true })
  levelOfTheoryIds!: string[];

  @Column('jsonb')
  splitCounts!: SplitCount[];
}

@Entity({ name: 'exports' })
export class ExportEntity extends RecordedEntity implements Export {
  @Column('bigint')
  datasetVersionId!: string;

  @Column('text')
  format!: ExportFormat;

  @Column('bigint', { nullable: true })
  featureSetId!: string | null;

  @Column('text')
  sha256!: string;

  @Column('bigint')
  byteLength!: string;
}

@Entity({ name: 'feature_sets' })
export class FeatureSetEntity extends RecordedEntity implements FeatureSet {
  @Column('text')
  name!: string;

  @Column('integer')
  version!: number;

  @Column('jsonb')
  definition!: FeatureSetDefinition;

  @Column('text')
  sha256!: string;

  @Column('boolean')
  needsDft!: boolean;
}
