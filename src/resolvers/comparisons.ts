import { Arg, Args, Ctx, FieldResolver, Float, Int, Query, Resolver, Root } from 'type-graphql';
import type {
  ComparedByMetric,
  ComparedBySize,
  ComparedMetricOfVersion,
  ComparedSizeOfVersion,
  Comparison as ComparisonRecord,
  WorseAtom as WorseAtomRecord,
} from '../registry/evaluations/comparison.ts';
import { type Leakage as LeakageRecord, leakageOf } from '../registry/evaluations/leakage.ts';
import type * as records from '../registry/records.ts';
import { Atom, Cluster, LevelOfTheory } from '../schema/clusters.ts';
import {
  CompareModelVersionsArgs,
  Comparison,
  DistributionDistances,
  Leakage,
  LeakedCluster,
  LeakedClusterArgs,
  LeakedClusterConnection,
  MetricComparison,
  MetricOfVersion,
  SizeComparison,
  SizeMetricsOfVersion,
  WorseAtom,
  WorseAtomArgs,
  WorseAtomConnection,
} from '../schema/comparisons.ts';
import { DatasetVersion, Histogram } from '../schema/datasets.ts';
import { Evaluation } from '../schema/evaluations.ts';
import { ModelVersion } from '../schema/models.ts';
import { atomOf } from './atoms.ts';
import type { RequestContext } from './context.ts';
import { histogramOf } from './datasets.ts';
import { connectAll, connectPlaces } from './paging.ts';

@Resolver(() => Comparison)
export class ComparisonResolver {
  @Query(() => Comparison, {
    description:
      'Up to 50 versions on the same atoms; each must have been evaluated there, as training does for its own splits. Refused where ' +
      'atoms or levels of theory differ.',
  })
  compareModelVersions(
    @Args(() => CompareModelVersionsArgs) args: CompareModelVersionsArgs,
    @Ctx() { registry }: RequestContext,
  ): Promise<ComparisonRecord> {
    const { datasetVersion = null, baseline = null } = args;
    return registry.comparisons.compare({ ...args, datasetVersion, baseline });
  }

  @FieldResolver(() => DatasetVersion, { description: 'Of the first version, where they are of several.' })
  datasetVersion(@Root() { evaluations }: ComparisonRecord, @Ctx() { load }: RequestContext) {
    return load.datasetVersions.load(evaluations[0].datasetVersionId);
  }

  @FieldResolver(() => LevelOfTheory)
  levelOfTheory(@Root() { levelOfTheoryId }: ComparisonRecord, @Ctx() { load }: RequestContext) {
    return load.levelsOfTheory.load(levelOfTheoryId);
  }

  @FieldResolver(() => ModelVersion)
  baseline(@Root() { baseline }: ComparisonRecord) {
    return baseline;
  }

  @FieldResolver(() => Int)
  resamples(@Root() { settings }: ComparisonRecord) {
    return settings.resamples;
  }

  @FieldResolver(() => Int)
  seed(@Root() { settings }: ComparisonRecord) {
    return settings.seed;
  }

  @FieldResolver(() => Float)
  confidence(@Root() { settings }: ComparisonRecord) {
    return settings.confidence;
  }

  @FieldResolver(() => String, {
    description: 'Which version has the lowest RMSE, whether by more than noise, and what has to be known beside it.',
  })
  verdict(@Root() comparison: ComparisonRecord) {
    return comparison.verdict();
  }

  @FieldResolver(() => [MetricComparison])
  metrics(@Root() comparison: ComparisonRecord) {
    return comparison.metrics();
  }

  @FieldResolver(() => [SizeComparison], { description: 'By size of the clusters, ascending.' })
  sizes(@Root() comparison: ComparisonRecord) {
    return comparison.sizes();
  }

  @FieldResolver(() => WorseAtomConnection, {
    description: "Atoms whose absolute residual is larger than the baseline's, those where it grew most first.",
  })
  worstAtoms(@Root() comparison: ComparisonRecord, @Args(() => WorseAtomArgs) args: WorseAtomArgs) {
    return connectPlaces(args, (place) => comparison.worseAtoms(args.modelVersion ?? null, place));
  }

  @FieldResolver(() => DistributionDistances)
  distances(@Root() comparison: ComparisonRecord) {
    return comparison.distances();
  }

  @FieldResolver(() => [Leakage], { description: 'Of the versions, in the order asked.' })
  leakage(@Root() comparison: ComparisonRecord) {
    return comparison.leakage();
  }

  @FieldResolver(() => Histogram, { description: 'Calculated and every version in common bins, 0 an edge.' })
  histogram(
    @Root() comparison: ComparisonRecord,
    @Arg('binWidthPpm', () => Float, { defaultValue: 10 }) binWidthPpm: number,
  ): Histogram {
    return histogramOf(comparison.histogram(binWidthPpm));
  }
}

@Resolver(() => MetricComparison)
export class MetricComparisonResolver {
  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'With the best value, the first of equal ones; null if the metric is undefined for all.',
  })
  best(@Root() { bestId }: ComparedByMetric, @Ctx() { load }: RequestContext) {
    return bestId === null ? null : load.modelVersions.load(bestId);
  }
}

@Resolver(() => MetricOfVersion)
export class MetricOfVersionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: ComparedMetricOfVersion, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(modelVersionId);
  }
}

@Resolver(() => SizeComparison)
export class SizeComparisonResolver {
  @FieldResolver(() => [SizeMetricsOfVersion], { description: 'In the order asked.' })
  versions(@Root() { versions }: ComparedBySize) {
    return versions;
  }
}

@Resolver(() => SizeMetricsOfVersion)
export class SizeMetricsOfVersionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: ComparedSizeOfVersion, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(modelVersionId);
  }
}

@Resolver(() => WorseAtom)
export class WorseAtomResolver {
  @FieldResolver(() => Atom)
  async atom(@Root() { clusterId, calculationId, index }: WorseAtomRecord, @Ctx() { load }: RequestContext) {
    const [cluster, calculation] = await Promise.all([
      load.clusters.load(clusterId),
      load.calculations.load(calculationId),
    ]);
    return atomOf(cluster, calculation, index);
  }

  @FieldResolver(() => ModelVersion, { description: 'Whose residual grew most.' })
  modelVersion(@Root() { modelVersionId }: WorseAtomRecord, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(modelVersionId);
  }
}

@Resolver(() => Leakage)
export class LeakageResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: LeakageRecord, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(modelVersionId);
  }

  @FieldResolver(() => LeakedClusterConnection, { description: 'Each with one cluster that it is the same as.' })
  clusters(@Root() { clusters }: LeakageRecord, @Args(() => LeakedClusterArgs) args: LeakedClusterArgs) {
    return connectAll(args.split == null ? clusters : clusters.filter(({ split }) => split === args.split), args);
  }
}

@Resolver(() => LeakedCluster)
export class LeakedClusterResolver {
  @FieldResolver(() => Cluster, { description: 'The evaluated one.' })
  cluster(@Root() { clusterId }: records.HeldCluster, @Ctx() { load }: RequestContext) {
    return load.clusters.load(clusterId);
  }

  @FieldResolver(() => Cluster, { description: 'The one in that split, itself or the copy.' })
  matchingCluster(@Root() { heldClusterId }: records.HeldCluster, @Ctx() { load }: RequestContext) {
    return load.clusters.load(heldClusterId);
  }
}

@Resolver(() => Evaluation)
export class LeakageOfEvaluationResolver {
  @FieldResolver(() => Leakage)
  async leakage(@Root() evaluation: records.Evaluation, @Ctx() { registry, load }: RequestContext) {
    const version = await load.modelVersions.load(evaluation.modelVersionId);
    const [leakage] = await leakageOf(registry.store, [version], evaluation.calculationIds);
    return leakage;
  }
}
