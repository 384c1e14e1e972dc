import { createUnionType, Field, InputType, Int, ObjectType } from 'type-graphql';
import { ClusterRun } from './cluster-runs.ts';
import { connectionOf, MutationInput, Recorded } from './common.ts';
import { AttemptEndingEnum, JobKindEnum, RunStateEnum, WorkerStateEnum } from './enums.ts';
import { Import } from './imports.ts';
import { TrainingRun, Trial } from './training.ts';

@ObjectType({ description: 'One time that a worker took a job.' })
export class JobAttempt {
  @Field(() => Int, { description: 'From 1. Attempts of jobs from before they were recorded are left out.' })
  number!: number;

  @Field(() => String)
  worker!: string;

  @Field(() => String)
  host!: string;

  @Field(() => Date)
  startedAt!: Date;

  @Field(() => Date, { nullable: true })
  endedAt!: Date | null;

  @Field(() => AttemptEndingEnum, { nullable: true, description: 'Null while it goes on.' })
  ending!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it ended so, unless it succeeded or was given back.' })
  reason!: string | null;
}

export const JobSubject = createUnionType({
  name: 'JobSubject',
  types: () => [Trial, TrainingRun, Import, ClusterRun] as const,
  resolveType: (value: unknown) => (value as { readonly __typename: string }).__typename,
});

@ObjectType({ implements: Recorded, description: 'Work that workers do: each has one job, however often it is taken.' })
export class Job extends Recorded {
  @Field(() => JobKindEnum)
  kind!: string;

  @Field(() => RunStateEnum)
  state!: string;

  @Field(() => Int, { description: 'How often a worker took it.' })
  attempt!: number;

  @Field(() => Int, { description: 'Of those that wait, the job with the largest comes first.' })
  priority!: number;

  @Field(() => String, { nullable: true, description: 'Name of the worker that has it, or had it last.' })
  worker!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it failed or was cancelled, or what set its last attempt back.',
  })
  failure!: string | null;

  @Field(() => String, { nullable: true, description: 'Of the request that asked for it (x-request-id).' })
  requestId!: string | null;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'A worker process, on whatever machine. Those that are gone are listed for a day.' })
export class Worker {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  host!: string;

  @Field(() => Int)
  pid!: number;

  @Field(() => String, { description: 'Of Natrium.' })
  version!: string;

  @Field(() => WorkerStateEnum)
  state!: string;

  @Field(() => String, { nullable: true, description: 'Who had it drained.' })
  drainedBy!: string | null;

  @Field(() => Date)
  startedAt!: Date;

  @Field(() => Date, { description: 'When it was last heard of.' })
  heartbeatAt!: Date;
}

export const JobConnection = connectionOf(() => Job, 'Job');

@InputType()
export class DrainWorkerInput extends MutationInput {
  @Field(() => String, { description: 'Its name, as `workers` lists it.' })
  worker!: string;
}
