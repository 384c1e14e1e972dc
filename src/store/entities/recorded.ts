import { Column, PrimaryGeneratedColumn } from 'typeorm';

/** Columns of every record. */
export abstract class RecordedEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('text')
  createdBy!: string;
}
