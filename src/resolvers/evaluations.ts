import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { structureFromSymbols } from '../chemistry/structure.ts';
import { NatriumError } from '../errors.ts';
import type {
  PredictedCluster as PredictedClusterRecord,
  PredictionAnswer,
} from '../registry/predictions/predictions.ts';
import type * as records from '../registry/records.ts';
import type { PredictionWarning as PredictionWarningRecord } from '../registry/warnings.ts';
import { Calculation, Cluster } from '../schema/clusters.ts';
import { ListArgs } from '../schema/common.ts';
import { DatasetVersion } from '../schema/datasets.ts';
import {
  EvaluateModelVersionInput,
  Evaluation,
  EvaluationConnection,
  PredictedCluster,
  Prediction,
  PredictionResult,
  PredictionWarning,
  PredictShieldingsInput,
  type StructureInput,
} from '../schema/evaluations.ts';
import { EvaluationFilter } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { ModelVersion } from '../schema/models.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => Evaluation)
export class EvaluationResolver {
  @Query(() => Evaluation, { nullable: true })
  evaluation(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.evaluations.load(idOf('Evaluation', id));
  }

  @Query(() => EvaluationConnection)
  evaluations(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => EvaluationFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.evaluations, args, filter);
  }

  @Mutation(() => Evaluation, {
    description: 'Predicts every atom of a split and compares with the calculations. Done once, then kept.',
  })
  async evaluateModelVersion(
    @Arg('input', () => EvaluateModelVersionInput) input: EvaluateModelVersionInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    return load.evaluations.load(
      await registry.evaluations.evaluate(caller, requestOf('evaluateModelVersion', input), input),
    );
  }

  @Mutation(() => PredictionResult, {
    description: 'Shieldings by a model version; at most 2,000 atoms in one answer.',
  })
  async predictShieldings(
    @Arg('input', () => PredictShieldingsInput) input: PredictShieldingsInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ): Promise<PredictionAnswer> {
    return registry.predictions.predict(caller, requestOf('predictShieldings', input), {
      modelVersion: input.modelVersion,
      clusterIds: await Promise.all(input.clusters.map((cluster) => knownId(load.clusters, 'Cluster', cluster))),
      structures: input.structures.map(structureOf),
    });
  }

  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() evaluation: records.Evaluation, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(evaluation.modelVersionId);
  }

  @FieldResolver(() => DatasetVersion)
  datasetVersion(@Root() evaluation: records.Evaluation, @Ctx() { load }: RequestContext) {
    return load.datasetVersions.load(evaluation.datasetVersionId);
  }

  @FieldResolver(() => [PredictionWarning], { description: 'Of its predictions, one of a kind.' })
  warnings(@Root() evaluation: records.Evaluation, @Ctx() { registry }: RequestContext) {
    return registry.evaluations.warnings(evaluation);
  }

  @FieldResolver(() => [Calculation], { description: 'Whose atoms the columns run over, in order.' })
  calculations(@Root() evaluation: records.Evaluation, @Ctx() { load }: RequestContext) {
    return load.calculations.loadMany(evaluation.calculationIds);
  }
}

@Resolver(() => Prediction)
export class PredictionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() prediction: records.Prediction, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(prediction.modelVersionId);
  }

  @FieldResolver(() => [PredictionWarning])
  warnings(@Root() prediction: records.Prediction, @Ctx() { load }: RequestContext) {
    return load.warningsOfPrediction.load(prediction.id);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() prediction: records.Prediction, @Ctx() { load }: RequestContext) {
    return load.clusters.load(prediction.clusterId);
  }

  @FieldResolver(() => Calculation, {
    nullable: true,
    description: 'Whose orbital populations it was made with, if any.',
  })
  calculation(@Root() prediction: records.Prediction, @Ctx() { load }: RequestContext) {
    return prediction.calculationId === null ? null : load.calculations.load(prediction.calculationId);
  }
}

@Resolver(() => PredictionWarning)
export class PredictionWarningResolver {
  @FieldResolver(() => [Int], {
    description: 'Index, from 0, of each atom that shows it best; none where it is about all.',
  })
  atoms(@Root() warning: PredictionWarningRecord) {
    return warning.atoms ?? [];
  }

  @FieldResolver(() => Int, { description: 'Clusters of the evaluation that are concerned; 1 of a prediction.' })
  clusterCount(@Root() warning: PredictionWarningRecord) {
    return warning.clusterCount ?? 1;
  }

  @FieldResolver(() => [Calculation], {
    description: 'Of an evaluation: up to 20 that are concerned most; the atoms are of the first.',
  })
  calculations(@Root() warning: PredictionWarningRecord, @Ctx() { load }: RequestContext) {
    return load.calculations.loadMany(warning.calculationIds ?? []);
  }
}

@Resolver(() => PredictionResult)
export class PredictionResultResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() answer: PredictionAnswer, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(answer.modelVersionId);
  }
}

@Resolver(() => PredictedCluster)
export class PredictedClusterResolver {
  @FieldResolver(() => [PredictionWarning])
  warnings(@Root() predicted: PredictedClusterRecord) {
    return predicted.warnings ?? [];
  }

  @FieldResolver(() => Cluster, { nullable: true, description: 'Null for a structure given inline.' })
  cluster(@Root() predicted: PredictedClusterRecord, @Ctx() { load }: RequestContext) {
    return predicted.clusterId === null ? null : load.clusters.load(predicted.clusterId);
  }
}

function structureOf(
  { label = undefined, elements, positionsAngstrom, charge, multiplicity }: StructureInput,
  i: number,
) {
  const wrong = positionsAngstrom.findIndex((position) => position.length !== 3);
  if (wrong >= 0 || positionsAngstrom.length !== elements.length) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      wrong >= 0
        ? `structures[${i}].positionsAngstrom[${wrong}] must hold three numbers, x, y and z`
        : `structures[${i}] has ${elements.length} elements and ${positionsAngstrom.length} positions; give one position an atom`,
    );
  }
  return {
    label: label ?? null,
    structure: structureFromSymbols(elements, positionsAngstrom.flat(), charge, multiplicity, `structures[${i}]`),
  };
}
