import { Arg, Ctx, FieldResolver, Float, Query, Resolver, Root } from 'type-graphql';
import type * as records from '../registry/records.ts';
import { secondsLeftOfRun } from '../registry/training/run-progress.ts';
import type { TrainingEstimate as EstimateRecord } from '../registry/training/training-estimates.ts';
import { TrainingRun } from '../schema/training.ts';
import { TrainingEstimate } from '../schema/training-estimates.ts';
import { TrainingEstimateInput } from '../schema/training-inputs.ts';
import type { RequestContext } from './context.ts';
import { schNetRequestOf } from './training.ts';

@Resolver(() => TrainingEstimate)
export class TrainingEstimateResolver {
  @Query(() => TrainingEstimate, {
    description:
      'How long trainSchNet would take; it trains for about two seconds to know. Refuses what trainSchNet would.',
  })
  trainingEstimate(
    @Arg('input', () => TrainingEstimateInput) input: TrainingEstimateInput,
    @Ctx() { caller, registry }: RequestContext,
  ): Promise<EstimateRecord> {
    return registry.trainingEstimates.estimate(caller, schNetRequestOf(input));
  }
}

@Resolver(() => TrainingRun)
export class RunProgressResolver {
  @FieldResolver(() => Float, {
    nullable: true,
    description: 'Until the last trial of a running run ends, if all go on as they did; null before the first step.',
  })
  async secondsLeft(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext): Promise<number | null> {
    return secondsLeftOfRun(run, await load.trialsOfRun.load(run.id));
  }
}
