import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray, type PubSub } from 'type-graphql';
import { AccessResolver } from './access.ts';
import { AtomResolver } from './atoms.ts';
import { CalculationInputResolver } from './calculation-inputs.ts';
import { ClusterRelativeResolver, ClusterRelativesResolver } from './cluster-relatives.ts';
import { ClusterRunItemResolver, ClusterRunResolver } from './cluster-runs.ts';
import { CalculationResolver, ClusterResolver, ImportedItemResolver, ImportReportResolver } from './clusters.ts';
import {
  ComparisonResolver,
  LeakageOfEvaluationResolver,
  LeakageResolver,
  LeakedClusterResolver,
  MetricComparisonResolver,
  MetricOfVersionResolver,
  SizeComparisonResolver,
  SizeMetricsOfVersionResolver,
  WorseAtomResolver,
} from './comparisons.ts';
import type { RequestContext } from './context.ts';
import { DatasetResolver, DatasetVersionResolver, FeatureSetResolver } from './datasets.ts';
import {
  AtomResidualResolver,
  DistributionComparisonResolver,
  DistributionSummaryResolver,
  EvaluationAnalysisResolver,
} from './evaluation-analysis.ts';
import {
  EvaluationResolver,
  PredictedClusterResolver,
  PredictionResolver,
  PredictionResultResolver,
  PredictionWarningResolver,
} from './evaluations.ts';
import { ImportResolver, UploadResolver } from './imports.ts';
import {
  JobOfClusterRunResolver,
  JobOfImportResolver,
  JobOfTrialResolver,
  JobResolver,
  WorkerResolver,
} from './jobs.ts';
import { LassoCoefficientsResolver, LassoSettingsResolver, ModelFileResolver } from './lasso.ts';
import { ModelAliasChangeResolver, ModelAliasResolver, ModelResolver, ModelVersionResolver } from './models.ts';
import {
  ClusterNearDuplicateResolver,
  MemberNearDuplicateResolver,
  VersionNearDuplicatesResolver,
} from './near-duplicates.ts';
import { idResolvers, NodeResolver } from './node-ids.ts';
import { ReproducedVersionResolver, ReproducingRunResolver, ReproductionResolver } from './reproductions.ts';
import { ShieldingDistributionResolver, ShieldingDistributionSeriesResolver } from './shielding-distributions.ts';
import {
  ShieldingReferenceResolver,
  ShiftsOfCalculationResolver,
  ShiftsOfPredictionResolver,
} from './shielding-references.ts';
import { SpectrumResolver } from './spectra.ts';
import { StudyPartResolver, StudyResolver } from './studies.ts';
import { refuseUnstorableTexts } from './text-check.ts';
import { TrainingRunResolver, TrialProgressResolver, TrialResolver } from './training.ts';
import { RunProgressResolver, TrainingEstimateResolver } from './training-estimates.ts';

/** The executable schema. The registry checks all input, so class-validator stays out of the way. */
export function buildNatriumSchema(): GraphQLSchema {
  const resolvers = [
    AccessResolver,
    AtomResidualResolver,
    AtomResolver,
    CalculationInputResolver,
    CalculationResolver,
    ClusterNearDuplicateResolver,
    ClusterRelativeResolver,
    ClusterRelativesResolver,
    ClusterResolver,
    ClusterRunItemResolver,
    ClusterRunResolver,
    ComparisonResolver,
    DatasetResolver,
    DatasetVersionResolver,
    DistributionComparisonResolver,
    DistributionSummaryResolver,
    EvaluationAnalysisResolver,
    EvaluationResolver,
    FeatureSetResolver,
    ImportedItemResolver,
    ImportResolver,
    ImportReportResolver,
    JobOfClusterRunResolver,
    JobOfImportResolver,
    JobOfTrialResolver,
    JobResolver,
    LassoCoefficientsResolver,
    LassoSettingsResolver,
    LeakageOfEvaluationResolver,
    LeakageResolver,
    LeakedClusterResolver,
    MemberNearDuplicateResolver,
    MetricComparisonResolver,
    MetricOfVersionResolver,
    ModelAliasChangeResolver,
    ModelAliasResolver,
    ModelFileResolver,
    ModelResolver,
    ModelVersionResolver,
    NodeResolver,
    PredictedClusterResolver,
    PredictionResolver,
    PredictionResultResolver,
    PredictionWarningResolver,
    ReproducedVersionResolver,
    ReproducingRunResolver,
    ReproductionResolver,
    RunProgressResolver,
    ShieldingDistributionResolver,
    ShieldingDistributionSeriesResolver,
    ShieldingReferenceResolver,
    ShiftsOfCalculationResolver,
    ShiftsOfPredictionResolver,
    SizeComparisonResolver,
    SizeMetricsOfVersionResolver,
    SpectrumResolver,
    StudyPartResolver,
    StudyResolver,
    TrainingEstimateResolver,
    TrainingRunResolver,
    TrialProgressResolver,
    TrialResolver,
    UploadResolver,
    VersionNearDuplicatesResolver,
    WorkerResolver,
    WorseAtomResolver,
    ...idResolvers,
  ];
  const schema = buildSchemaSync({
    resolvers: resolvers as unknown as NonEmptyArray<new () => object>,
    validate: false,
    pubSub: UNUSED_PUB_SUB,
  });
  schema.description =
    'Natrium: atomic clusters, their NMR shieldings, and models trained on them. Shieldings are in ppm, positions in Å. ' +
    'Lists are connections and need `first`. Errors have a documented `extensions.code`.';
  forgetReadsBetween(schema);
  refuseUnstorableTexts(schema);
  return schema;
}

/** type-graphql wants one where there are subscriptions, though ours say themselves where their events come from. */
const UNUSED_PUB_SUB: PubSub = {
  publish() {},
  subscribe(topic) {
    throw new TypeError(`the subscription to ${topic} lacks a subscribe function`);
  },
};

/** A request may hold several mutations, and an event follows another: each must see what was written before it. */
function forgetReadsBetween(schema: GraphQLSchema): void {
  for (const type of [schema.getMutationType()!, schema.getSubscriptionType()!]) {
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve!;
      field.resolve = (root, args, context: RequestContext, info) => {
        context.load.clear();
        return resolve(root, args, context, info);
      };
    }
  }
}
