import { Column, Entity } from 'typeorm';
import type { LevelOfTheory } from '../../chemistry/calculation-record.ts';
import type { FileFormat } from '../../chemistry/formats.ts';
import type { Import, ImportContent, Upload } from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';
import { WorkEntity } from './work.ts';

@Entity({ name: 'uploads' })
export class UploadEntity extends RecordedEntity implements Upload {
  @Column('text')
  fileName!: string;

  @Column('text')
  key!: string;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('bigint', { nullable: true })
  announcedBytes!: string | null;

  @Column('bigint', { nullable: true })
  byteLength!: string | null;

  @Column('text', { nullable: true })
  sha256!: string | null;
}

@Entity({ name: 'imports' })
export class ImportEntity extends WorkEntity implements Import {
  @Column('text')
  content!: ImportContent;

  @Column('text', { nullable: true })
  format!: FileFormat | null;

  @Column('jsonb', { nullable: true })
  levelOfTheory!: LevelOfTheory | null;

  @Column('bigint', { array: true })
  uploadIds!: string[];

  @Column('integer')
  nextUpload!: number;

  @Column('integer')
  nextEntry!: number;

  @Column('integer')
  nextItem!: number;
}
