import { Column } from 'typeorm';
import type { RunState } from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

/** Background work that answers for items one by one. */
export abstract class WorkEntity extends RecordedEntity {
  @Column('text')
  state!: RunState;

  @Column('integer')
  attempt!: number;

  @Column('text', { nullable: true })
  worker!: string | null;

  @Column('text', { nullable: true })
  failure!: string | null;

  @Column('integer')
  inserted!: number;

  @Column('integer')
  existing!: number;

  @Column('integer')
  rejected!: number;

  @Column('timestamptz', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  finishedAt!: Date | null;
}
