import { Arg, Args, Ctx, FieldResolver, Float, Int, Resolver, Root } from 'type-graphql';
import { symbolOf } from '../chemistry/elements.ts';
import { shareBelow } from '../ml/statistics/distribution.ts';
import { TAIL_PPM } from '../ml/study/finding.ts';
import { type Distribution, quantilesOf } from '../registry/datasets/distributions.ts';
import type * as analysis from '../registry/evaluations/evaluation-analysis.ts';
import type * as records from '../registry/records.ts';
import { Atom, Calculation, Cluster } from '../schema/clusters.ts';
import { Histogram } from '../schema/datasets.ts';
import {
  DistributionComparison,
  DistributionSummary,
  QuantileQuantile,
  QuantileValue,
} from '../schema/distributions.ts';
import { AtomResidual, AtomResidualConnection, Calibration, ResidualArgs } from '../schema/evaluation-analysis.ts';
import { Evaluation } from '../schema/evaluations.ts';
import { atomOf } from './atoms.ts';
import type { RequestContext } from './context.ts';
import { histogramOf } from './datasets.ts';
import { connectPlaces } from './paging.ts';

const SIZE = { nullable: true, description: 'Only clusters of this many atoms.' };
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

@Resolver(() => Evaluation)
export class EvaluationAnalysisResolver {
  @FieldResolver(() => [Float], { description: 'Column of predicted minus calculated shieldings.' })
  residualsPpm(@Root() evaluation: records.Evaluation, @Ctx() { registry }: RequestContext): number[] {
    return registry.evaluationAnalysis.residualsPpm(evaluation);
  }

  @FieldResolver(() => [Int], { description: 'Column of the number of atoms of the cluster of each atom.' })
  clusterSizes(@Root() evaluation: records.Evaluation, @Ctx() { registry }: RequestContext): Promise<number[]> {
    return registry.evaluationAnalysis.clusterSizes(evaluation);
  }

  @FieldResolver(() => AtomResidualConnection, { description: 'Atom by atom, with where each atom is from.' })
  residuals(
    @Root() evaluation: records.Evaluation,
    @Args(() => ResidualArgs) args: ResidualArgs,
    @Ctx() { registry }: RequestContext,
  ) {
    const { order, sizes = null, absoluteAtLeastPpm = null } = args;
    return connectPlaces(args, (place) =>
      registry.evaluationAnalysis.residuals(evaluation, { ...place, order, sizes, absoluteAtLeastPpm }),
    );
  }

  @FieldResolver(() => DistributionComparison, {
    nullable: true,
    description: 'Null beside the error where no cluster has that size.',
  })
  distribution(
    @Root() evaluation: records.Evaluation,
    @Arg('size', () => Int, SIZE) size: number | null,
    @Ctx() { registry }: RequestContext,
  ): Promise<analysis.DistributionComparison> {
    return registry.evaluationAnalysis.distribution(evaluation, size ?? null);
  }

  @FieldResolver(() => Histogram, {
    nullable: true,
    description:
      'Calculated and predicted in common bins, 0 an edge; null beside the error where no cluster has that size.',
  })
  async histogram(
    @Root() evaluation: records.Evaluation,
    @Arg('size', () => Int, SIZE) size: number | null,
    @Arg('binWidthPpm', () => Float, { defaultValue: 10 }) binWidthPpm: number,
    @Ctx() { registry }: RequestContext,
  ): Promise<Histogram> {
    return histogramOf(await registry.evaluationAnalysis.histogram(evaluation, size ?? null, binWidthPpm));
  }

  @FieldResolver(() => Calibration, { nullable: true, description: 'Of a committee; null for other versions.' })
  calibration(
    @Root() evaluation: records.Evaluation,
    @Arg('size', () => Int, SIZE) size: number | null,
    @Ctx() { registry }: RequestContext,
  ): Promise<Calibration | null> {
    return registry.evaluationAnalysis.calibration(evaluation, size ?? null);
  }
}

@Resolver(() => DistributionComparison)
export class DistributionComparisonResolver {
  @FieldResolver(() => QuantileQuantile, { description: 'At most as many points as there are atoms.' })
  quantileQuantile(
    @Root() comparison: analysis.DistributionComparison,
    @Arg('points', () => Int, { defaultValue: 200 }) points: number,
    @Ctx() { registry }: RequestContext,
  ): QuantileQuantile {
    return registry.evaluationAnalysis.quantileQuantile(comparison, points);
  }
}

@Resolver(() => DistributionSummary)
export class DistributionSummaryResolver {
  @FieldResolver(() => [QuantileValue], { description: 'By linear interpolation, as numpy and R do by default.' })
  quantiles(
    @Root() distribution: Distribution,
    @Arg('probabilities', () => [Float], { defaultValue: PROBABILITIES }) probabilities: number[],
  ): QuantileValue[] {
    return quantilesOf(distribution, probabilities);
  }

  @FieldResolver(() => Float, { description: 'Share of the atoms below a shielding.' })
  shareBelow(
    @Root() { values }: Distribution,
    @Arg('ppm', () => Float, { defaultValue: TAIL_PPM }) ppm: number,
  ): number {
    return shareBelow(values, ppm);
  }
}

@Resolver(() => AtomResidual)
export class AtomResidualResolver {
  @FieldResolver(() => String)
  async element(@Root() residual: analysis.AtomResidual, @Ctx() { load }: RequestContext): Promise<string> {
    return symbolOf((await load.clusters.load(residual.clusterId)).atomicNumbers[residual.index]);
  }

  @FieldResolver(() => Atom)
  async atom(@Root() residual: analysis.AtomResidual, @Ctx() { load }: RequestContext): Promise<Atom> {
    const [cluster, calculation] = await Promise.all([
      load.clusters.load(residual.clusterId),
      load.calculations.load(residual.calculationId),
    ]);
    return atomOf(cluster, calculation, residual.index);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() residual: analysis.AtomResidual, @Ctx() { load }: RequestContext) {
    return load.clusters.load(residual.clusterId);
  }

  @FieldResolver(() => Calculation)
  calculation(@Root() residual: analysis.AtomResidual, @Ctx() { load }: RequestContext) {
    return load.calculations.load(residual.calculationId);
  }
}
