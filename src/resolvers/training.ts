import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  Float,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { Hyperparameters } from '../ml/model.ts';
import type * as records from '../registry/records.ts';
import type { TrainSchNetInput as TrainSchNetRequest } from '../registry/training/training.ts';
import type * as progress from '../registry/training/training-progress.ts';
import { ListArgs, PageArgs } from '../schema/common.ts';
import { DatasetVersion, FeatureSet } from '../schema/datasets.ts';
import { TrainingRunFilter } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { Model, ModelVersion } from '../schema/models.ts';
import {
  CurvePointConnection,
  HyperparametersUnion,
  TrainingRun,
  TrainingRunConnection,
  TrainingRunUpdate,
  Trial,
  TrialProgress,
} from '../schema/training.ts';
import {
  type TrainingEstimateInput,
  TrainingRunInput,
  TrainLassoInput,
  TrainSchNetInput,
} from '../schema/training-inputs.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { checkFirst, connect, connection, fromCursor } from './paging.ts';

@Resolver(() => TrainingRun)
export class TrainingRunResolver {
  @Query(() => TrainingRun, { nullable: true })
  trainingRun(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.trainingRuns.load(idOf('TrainingRun', id));
  }

  @Query(() => TrainingRunConnection)
  trainingRuns(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => TrainingRunFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.trainingRuns, args, filter);
  }

  @Mutation(() => TrainingRun, {
    description: 'Queues a Lasso training; watch it with trainingRunUpdated or the query trainingRun.',
  })
  async trainLasso(
    @Arg('input', () => TrainLassoInput) input: TrainLassoInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { model, datasetVersion, featureSet, target, alphas, selection, folds, priority } = input;
    const id = await registry.training.trainLasso(caller, requestOf('trainLasso', input), {
      model,
      datasetVersion,
      featureSet,
      target,
      priority,
      settings: { kind: 'LASSO', alphas, selection, ...(selection === 'CROSS_VALIDATION' && { folds }) },
    });
    return load.trainingRuns.load(id);
  }

  @Mutation(() => TrainingRun, {
    description: 'Queues a SchNet training, a trial a seed; watch it with trainingRunUpdated or the query trainingRun.',
  })
  async trainSchNet(
    @Arg('input', () => TrainSchNetInput) input: TrainSchNetInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { idempotencyKey: _, priority, ...given } = input;
    const request = requestOf('trainSchNet', input);
    const id = await registry.training.trainSchNet(caller, request, { ...schNetRequestOf(given), priority });
    return load.trainingRuns.load(id);
  }

  @Mutation(() => TrainingRun, {
    description:
      'Running trials end within about a second; resumeTrainingRun lets them go on from their last checkpoints.',
  })
  async cancelTrainingRun(
    @Arg('input', () => TrainingRunInput) input: TrainingRunInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.trainingRuns, 'TrainingRun', input.trainingRun);
    return load.trainingRuns.load(await registry.training.cancel(caller, requestOf('cancelTrainingRun', input), id));
  }

  @Mutation(() => TrainingRun, { description: 'Queues the trials of a failed or cancelled run that did not succeed.' })
  async resumeTrainingRun(
    @Arg('input', () => TrainingRunInput) input: TrainingRunInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.trainingRuns, 'TrainingRun', input.trainingRun);
    return load.trainingRuns.load(await registry.training.resume(caller, requestOf('resumeTrainingRun', input), id));
  }

  @Subscription(() => TrainingRunUpdate, {
    description:
      'What there is of a run, and then what is new of it as it comes: each epoch of each trial once, in order. Completes when ' +
      'the run has ended and all is told. Over WebSocket (graphql-transport-ws) at the address of the API.',
    subscribe: async ({ args, context }: { args: { trainingRun: string }; context: RequestContext }) => {
      const id = await knownId(context.load.trainingRuns, 'TrainingRun', args.trainingRun);
      return context.registry.trainingProgress.follow(id);
    },
  })
  trainingRunUpdated(
    @Arg('trainingRun', () => ID) _trainingRun: string,
    @Root() update: progress.TrainingRunUpdate,
  ): progress.TrainingRunUpdate {
    return update;
  }

  @FieldResolver(() => Model)
  model(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext) {
    return load.models.load(run.modelId);
  }

  @FieldResolver(() => DatasetVersion)
  datasetVersion(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext) {
    return load.datasetVersions.load(run.datasetVersionId);
  }

  @FieldResolver(() => FeatureSet, { nullable: true })
  featureSet(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext) {
    return run.featureSetId === null ? null : load.featureSets.load(run.featureSetId);
  }

  @FieldResolver(() => HyperparametersUnion)
  hyperparameters(@Root() run: records.TrainingRun): Hyperparameters {
    return run.hyperparameters;
  }

  @FieldResolver(() => [Trial], { description: 'One a seed.' })
  trials(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext) {
    return load.trialsOfRun.load(run.id);
  }

  @FieldResolver(() => ModelVersion, { nullable: true, description: 'What came of it, once its weights are verified.' })
  async modelVersion(@Root() run: records.TrainingRun, @Ctx() { load }: RequestContext) {
    return (await load.versionOfRun.load(run.id))[0] ?? null;
  }
}

@Resolver(() => Trial)
export class TrialResolver {
  @FieldResolver(() => Int)
  seed(@Root() trial: records.Trial): number {
    return Number(trial.seed);
  }

  @FieldResolver(() => CurvePointConnection, {
    description:
      'Its learning curve (SchNet) or regularisation path (Lasso), as far as it is, in the order of its making.',
  })
  async curve(
    @Root() { id: trialId }: records.Trial,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Ctx() { registry }: RequestContext,
  ) {
    checkFirst(first);
    const { trialCurves } = registry.store;
    const step = after == null ? 0 : Number(fromCursor(after, /^\d{1,9}$/));
    const found = await trialCurves.behind([{ trialId, step }], first + 1);
    const page = {
      items: found.slice(0, first).map((each) => ({ ...each.point, step: each.step })),
      hasNextPage: found.length > first,
      totalCount: () => trialCurves.count(trialId),
    };
    return connection(page, (point) => String(point.step));
  }
}

@Resolver(() => TrialProgress)
export class TrialProgressResolver {
  @FieldResolver(() => Float, { description: 'Until all steps are done, if they take as long as those before.' })
  secondsLeft(@Root() { step, steps, seconds }: TrialProgress): number {
    return ((steps - step) * seconds) / step;
  }
}

/** What a request for a SchNet training asks of the registry. */
export function schNetRequestOf({
  model,
  datasetVersion,
  target,
  ...given
}: TrainingEstimateInput): TrainSchNetRequest {
  const { patienceEpochs = null, largestGradientNorm = null, maxMinutes = null } = given;
  const settings = { ...given, patienceEpochs, largestGradientNorm, maxMinutes };
  return { model, datasetVersion, target, settings: { kind: 'SCHNET', ...settings } };
}
