import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type * as records from '../registry/records.ts';
import { compareTrials, type Reproduction as ReproductionRecord } from '../registry/training/repeated-trials.ts';
import { ModelVersion } from '../schema/models.ts';
import { ReproduceModelVersionInput, Reproduction } from '../schema/reproductions.ts';
import { TrainingRun } from '../schema/training.ts';
import type { RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';

@Resolver(() => TrainingRun)
export class ReproducingRunResolver {
  @Mutation(() => TrainingRun, {
    description:
      'Queues the recorded request of a version once more. It makes no version: `reproduction` of the run says whether the bytes agree.',
  })
  async reproduceModelVersion(
    @Arg('input', () => ReproduceModelVersionInput) input: ReproduceModelVersionInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { modelVersion, seeds = null, priority } = input;
    const request = requestOf('reproduceModelVersion', input);
    return load.trainingRuns.load(
      await registry.reproductions.reproduce(caller, request, { modelVersion, seeds, priority: priority ?? undefined }),
    );
  }

  @FieldResolver(() => Reproduction, {
    nullable: true,
    description: 'For a run that repeats the trials of a version; null for all others.',
  })
  async reproduction(
    @Root() run: records.TrainingRun,
    @Ctx() { load }: RequestContext,
  ): Promise<ReproductionRecord | null> {
    if (run.reproducedVersionId === null) return null;
    const version = await load.modelVersions.load(run.reproducedVersionId);
    const [originals, trials] = await Promise.all([
      load.trialsOfRun.load(version.trainingRunId),
      load.trialsOfRun.load(run.id),
    ]);
    return compareTrials(version, originals, trials);
  }
}

@Resolver(() => Reproduction)
export class ReproductionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() reproduction: ReproductionRecord, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(reproduction.modelVersionId);
  }
}

@Resolver(() => ModelVersion)
export class ReproducedVersionResolver {
  @FieldResolver(() => [TrainingRun], { description: 'Runs that trained it again, oldest first.' })
  reproductions(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.reproductionsOfVersion.load(version.id);
  }
}
