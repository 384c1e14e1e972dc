import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Job, JobKind, RunState, Worker } from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'jobs' })
export class JobEntity extends RecordedEntity implements Job {
  @Column('text')
  kind!: JobKind;

  @Column('bigint')
  subjectId!: string;

  @Column('text')
  state!: RunState;

  @Column('integer')
  attempt!: number;

  @Column('integer')
  fruitfulAttempt!: number;

  @Column('integer')
  priority!: number;

  @Column('text', { nullable: true })
  worker!: string | null;

  @Column('uuid', { nullable: true })
  delivery!: string | null;

  @Column('text', { nullable: true })
  failure!: string | null;

  @Column('text', { nullable: true })
  requestId!: string | null;

  @Column('timestamptz', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  finishedAt!: Date | null;
}

@Entity({ name: 'workers' })
export class WorkerEntity implements Worker {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  host!: string;

  @Column('integer')
  pid!: number;

  @Column('text')
  version!: string;

  @Column('timestamptz', { default: () => 'now()' })
  startedAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  heartbeatAt!: Date;

  @Column('timestamptz', { nullable: true })
  drainingAt!: Date | null;

  @Column('text', { nullable: true })
  drainedBy!: string | null;

  @Column('timestamptz', { nullable: true })
  endedAt!: Date | null;
}
