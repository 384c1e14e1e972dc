import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type * as records from '../registry/records.ts';
import { ClusterRun } from '../schema/cluster-runs.ts';
import { ListArgs } from '../schema/common.ts';
import { JobFilter } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { Import } from '../schema/imports.ts';
import { DrainWorkerInput, Job, JobAttempt, JobConnection, JobSubject, Worker } from '../schema/jobs.ts';
import { Trial } from '../schema/training.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true })
  job(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.jobs.load(idOf('Job', id));
  }

  @Query(() => JobConnection)
  jobs(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => JobFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.jobs, args, filter);
  }

  @Subscription(() => Job, {
    description:
      'A job as it is, and then whenever its state, attempt, worker or failure has changed. Completes when it has ended. Over ' +
      'WebSocket (graphql-transport-ws) at the address of the API.',
    subscribe: async ({ args, context }: { args: { id: string }; context: RequestContext }) =>
      context.registry.jobUpdates.follow(await knownId(context.load.jobs, 'Job', args.id)),
  })
  jobUpdated(@Arg('id', () => ID) _id: string, @Root() job: records.Job): records.Job {
    return job;
  }

  @FieldResolver(() => [JobAttempt], { description: 'In order.' })
  attempts(@Root() job: records.Job, @Ctx() { load }: RequestContext) {
    return load.attemptsOfJob.load(job.id);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Machine of the newest attempt.' })
  async host(@Root() job: records.Job, @Ctx() { load }: RequestContext) {
    return (await load.attemptsOfJob.load(job.id)).at(-1)?.host ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why the newest attempt that ended did so.' })
  async reason(@Root() job: records.Job, @Ctx() { load }: RequestContext) {
    return (await load.attemptsOfJob.load(job.id)).findLast(({ endedAt }) => endedAt !== null)?.reason ?? null;
  }

  @FieldResolver(() => JobSubject, { description: 'What is done: of a completion, the training run.' })
  async subject(@Root() { kind, subjectId }: records.Job, @Ctx() { load }: RequestContext): Promise<object> {
    const [__typename, loader] = SUBJECTS[kind];
    return { ...(await load[loader].load(subjectId)), __typename };
  }
}

const SUBJECTS = {
  TRIAL: ['Trial', 'trials'],
  COMPLETION: ['TrainingRun', 'trainingRuns'],
  IMPORT: ['Import', 'imports'],
  CLUSTER_RUN: ['ClusterRun', 'clusterRuns'],
} as const;

@Resolver(() => Trial)
export class JobOfTrialResolver {
  @FieldResolver(() => Job)
  async job(@Root() { id }: records.Trial, @Ctx() { load }: RequestContext) {
    return (await load.jobOfTrial.load(id))[0];
  }
}

@Resolver(() => Import)
export class JobOfImportResolver {
  @FieldResolver(() => Job)
  async job(@Root() { id }: records.Import, @Ctx() { load }: RequestContext) {
    return (await load.jobOfImport.load(id))[0];
  }
}

@Resolver(() => ClusterRun)
export class JobOfClusterRunResolver {
  @FieldResolver(() => Job)
  async job(@Root() { id }: records.ClusterRun, @Ctx() { load }: RequestContext) {
    return (await load.jobOfClusterRun.load(id))[0];
  }
}

@Resolver(() => Worker)
export class WorkerResolver {
  @Query(() => [Worker], { description: 'In the order of their coming.' })
  workers(@Ctx() { registry }: RequestContext) {
    return registry.store.workers.statuses();
  }

  @Mutation(() => Worker, {
    description:
      'Lets a worker finish what it has and take nothing more; then it ends with exit code 0. A worker of `natrium serve` is not ' +
      'replaced until the server is started again.',
  })
  drainWorker(
    @Arg('input', () => DrainWorkerInput) input: DrainWorkerInput,
    @Ctx() { caller, registry }: RequestContext,
  ) {
    return registry.workers.drain(caller, requestOf('drainWorker', input), input.worker);
  }

  @FieldResolver(() => [Job], { description: 'That it has in hand.' })
  jobs(@Root() { name }: records.WorkerStatus, @Ctx() { load }: RequestContext) {
    return load.jobsOfWorker.load(name);
  }
}
