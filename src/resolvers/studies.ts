import { Arg, Args, Ctx, FieldResolver, Float, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Finding } from '../ml/study/finding.ts';
import { paperRmsePpm } from '../ml/study/grid.ts';
import type * as records from '../registry/records.ts';
import type { RunsProgress } from '../registry/training/run-progress.ts';
import { Cluster } from '../schema/clusters.ts';
import { ListArgs } from '../schema/common.ts';
import { DatasetVersion } from '../schema/datasets.ts';
import { RunStateEnum } from '../schema/enums.ts';
import { StudyFilter } from '../schema/filters.ts';
import { idOf, toGlobalId } from '../schema/ids.ts';
import { ModelVersion } from '../schema/models.ts';
import {
  RunStudyInput,
  Study,
  StudyConnection,
  StudyFinding,
  StudyInput,
  StudyPart,
  StudyProgress,
} from '../schema/studies.ts';
import { TrainingRun } from '../schema/training.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => Study)
export class StudyResolver {
  @Query(() => Study, { nullable: true })
  study(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.studies.load(idOf('Study', id));
  }

  @Query(() => StudyConnection)
  studies(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => StudyFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.studies, args, filter);
  }

  @Mutation(() => Study, {
    description:
      "Queues the paper's grid of trainings at once, without the parts that need populations the data lack. The same study of the " +
      'same data is answered as it is.',
  })
  async runStudy(
    @Arg('input', () => RunStudyInput) input: RunStudyInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { datasetVersion, epochs, seeds, alphas, priority } = input;
    const asked = { datasetVersion, epochs, seeds, alphas, priority: priority ?? undefined };
    return load.studies.load(await registry.studies.run(caller, requestOf('runStudy', input), asked));
  }

  @Mutation(() => Study, { description: 'Cancels the trainings that have no model version yet.' })
  async cancelStudy(
    @Arg('input', () => StudyInput) input: StudyInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.studies, 'Study', input.study);
    return load.studies.load(await registry.studies.cancel(caller, requestOf('cancelStudy', input), id));
  }

  @Mutation(() => Study, { description: 'Lets the trainings that failed or were cancelled go on where they were.' })
  async resumeStudy(
    @Arg('input', () => StudyInput) input: StudyInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.studies, 'Study', input.study);
    return load.studies.load(await registry.studies.resume(caller, requestOf('resumeStudy', input), id));
  }

  @FieldResolver(() => DatasetVersion)
  datasetVersion(@Root() study: records.Study, @Ctx() { load }: RequestContext) {
    return load.datasetVersions.load(study.datasetVersionId);
  }

  @FieldResolver(() => [StudyPart], { description: 'In the order of the grid, those that were left out too.' })
  parts(@Root() study: records.Study): readonly records.StudyPart[] {
    return study.parts;
  }

  @FieldResolver(() => RunStateEnum, { description: 'RUNNING until all trainings have ended; FAILED if one has.' })
  async state(@Root() study: records.Study, @Ctx() { load }: RequestContext): Promise<records.RunState> {
    return (await load.progressOfStudy.load(study.id)).state;
  }

  @FieldResolver(() => StudyProgress)
  progress(@Root() study: records.Study, @Ctx() { load }: RequestContext): Promise<RunsProgress> {
    return load.progressOfStudy.load(study.id);
  }

  @FieldResolver(() => [StudyFinding], {
    description: 'What the paper found, checked on this data, as far as the trainings are.',
  })
  findings(@Root() study: records.Study, @Ctx() { registry }: RequestContext): Promise<Finding[]> {
    return registry.studies.findings(study);
  }

  @FieldResolver(() => Cluster, { description: 'The first of the largest clusters of the test split.' })
  async largestTestCluster(@Root() study: records.Study, @Ctx() { registry, load }: RequestContext) {
    return load.clusters.load(await registry.studies.largestTestCluster(study));
  }

  @FieldResolver(() => String, {
    description: 'The report as one HTML file with figures, table and findings: GET it with the same token.',
  })
  reportUrl(@Root() study: records.Study, @Ctx() { baseUrl }: RequestContext): string {
    return new URL(`/studies/${toGlobalId('Study', study.id)}/report.html`, baseUrl).href;
  }
}

@Resolver(() => StudyPart)
export class StudyPartResolver {
  @FieldResolver(() => TrainingRun, { nullable: true, description: 'Null where it was left out.' })
  trainingRun(@Root() { trainingRunId }: records.StudyPart, @Ctx() { load }: RequestContext) {
    return trainingRunId === null ? null : load.trainingRuns.load(trainingRunId);
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'Null until there is one.' })
  async modelVersion(@Root() { trainingRunId }: records.StudyPart, @Ctx() { load }: RequestContext) {
    if (trainingRunId === null) return null;
    // first the run, so that one which has succeeded is not seen without its version
    await load.trainingRuns.load(trainingRunId);
    return (await load.versionOfRun.load(trainingRunId))[0] ?? null;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Test RMSE that the paper reports of its own data, Na40; null where it reports none. Of SchNet by MSE it reports one, not for ' +
      'which target.',
  })
  paperRmsePpm(@Root() part: records.StudyPart): number | null {
    return paperRmsePpm(part);
  }
}
