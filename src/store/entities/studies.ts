import { Column, Entity } from 'typeorm';
import type { Study, StudyPart, StudySettings } from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'studies' })
export class StudyEntity extends RecordedEntity implements Study {
  @Column('bigint')
  datasetVersionId!: string;

  @Column('jsonb')
  settings!: StudySettings;

  @Column('text')
  settingsSha256!: string;

  @Column('jsonb')
  parts!: StudyPart[];
}
