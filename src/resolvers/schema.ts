import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { AccessResolver } from './access.ts';
import { AtomResolver } from './atoms.ts';
import { CalculationResolver, ClusterResolver, ImportedItemResolver, ImportReportResolver } from './clusters.ts';
import { DatasetResolver, DatasetVersionResolver, FeatureSetResolver } from './datasets.ts';
import {
  ComparisonResolver,
  EvaluationResolver,
  PredictedClusterResolver,
  PredictionResultResolver,
} from './evaluations.ts';
import { ModelAliasChangeResolver, ModelAliasResolver, ModelResolver, ModelVersionResolver } from './models.ts';
import { idResolvers, NodeResolver } from './node-ids.ts';
import { TrainingRunResolver, TrialResolver } from './training.ts';

/** The executable schema. The registry checks all input, so class-validator stays out of the way. */
export function buildNatriumSchema(): GraphQLSchema {
  const resolvers = [
    AccessResolver,
    AtomResolver,
    CalculationResolver,
    ClusterResolver,
    ComparisonResolver,
    DatasetResolver,
    DatasetVersionResolver,
    EvaluationResolver,
    FeatureSetResolver,
    ImportedItemResolver,
    ImportReportResolver,
    ModelAliasChangeResolver,
    ModelAliasResolver,
    ModelResolver,
    ModelVersionResolver,
    NodeResolver,
    PredictedClusterResolver,
    PredictionResultResolver,
    TrainingRunResolver,
    TrialResolver,
    ...idResolvers,
  ];
  return buildSchemaSync({ resolvers: resolvers as unknown as NonEmptyArray<new () => object>, validate: false });
}
