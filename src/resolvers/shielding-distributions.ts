import { Arg, Args, Ctx, FieldResolver, Float, Int, Query, Resolver, Root } from 'type-graphql';
import type { Split } from '../chemistry/calculation-record.ts';
import type * as distributions from '../registry/datasets/shielding-distributions.ts';
import type * as records from '../registry/records.ts';
import { DatasetVersion } from '../schema/datasets.ts';
import {
  AtomColumns,
  AtomColumnsArgs,
  DistributionSummary,
  GeneralizedLogisticCurve,
  ShieldingDistribution,
  ShieldingDistributionSeries,
  ShieldingQuantiles,
} from '../schema/distributions.ts';
import { SplitEnum } from '../schema/enums.ts';
import { toGlobalId } from '../schema/ids.ts';
import type { RequestContext } from './context.ts';

@Resolver(() => DatasetVersion)
export class ShieldingDistributionResolver {
  @Query(() => ShieldingDistribution, {
    description: 'Shieldings of a data set version in common bins: of all atoms, then for each cluster size.',
  })
  async shieldingDistribution(
    @Arg('datasetVersion', () => String) reference: string,
    @Arg('split', () => SplitEnum, { nullable: true }) split: Split | null,
    @Arg('binWidthPpm', () => Float, { defaultValue: 10 }) binWidthPpm: number,
    @Ctx() { registry }: RequestContext,
  ): Promise<ShieldingDistribution> {
    const version = await registry.references.datasetVersion(reference);
    return registry.shieldingDistributions.histogram(version, split ?? null, binWidthPpm);
  }

  @Query(() => ShieldingQuantiles, {
    description:
      'Q-Q plot of a split against the generalised logistic distribution that is fitted to one, train or itself.',
  })
  async shieldingQuantiles(
    @Arg('datasetVersion', () => String) reference: string,
    @Arg('split', () => SplitEnum, { defaultValue: 'test' }) split: Split,
    @Arg('fittedTo', () => SplitEnum, { defaultValue: 'train' }) fittedTo: Split,
    @Arg('points', () => Int, { defaultValue: 500, description: 'At most as many as there are atoms.' }) points: number,
    @Ctx() { registry }: RequestContext,
  ): Promise<ShieldingQuantiles> {
    const version = await registry.references.datasetVersion(reference);
    return registry.shieldingDistributions.quantiles(version, { split, fittedTo, points });
  }

  @FieldResolver(() => AtomColumns, { description: 'Shieldings beside coordination numbers and orbital populations.' })
  async atomColumns(
    @Root() version: records.DatasetVersion,
    @Args(() => AtomColumnsArgs) args: AtomColumnsArgs,
    @Ctx() { registry }: RequestContext,
  ): Promise<AtomColumns> {
    const { radiiAngstrom, smearingAngstrom, populationLabels } = args;
    const found = await registry.shieldingDistributions.atomColumns(version, args.split ?? null, {
      runningCoordinationNumbers: radiiAngstrom.length === 0 ? null : { radiiAngstrom, smearingAngstrom },
      grossOrbitalPopulations: populationLabels.length === 0 ? null : { labels: populationLabels },
    });
    return { ...found, calculationIds: found.calculationIds.map((id) => toGlobalId('Calculation', id)) };
  }
}

@Resolver(() => ShieldingDistributionSeries)
export class ShieldingDistributionSeriesResolver {
  @FieldResolver(() => DistributionSummary, { nullable: true, description: 'Null without atoms.' })
  summary(@Root() series: distributions.DistributionSeries, @Ctx() { registry }: RequestContext) {
    return registry.shieldingDistributions.summary(series);
  }

  @FieldResolver(() => GeneralizedLogisticCurve, {
    nullable: true,
    description: 'Fitted to the shieldings of the series; null where it cannot be, and `notFittedBecause` says why.',
  })
  generalizedLogistic(@Root() series: distributions.DistributionSeries, @Ctx() { registry }: RequestContext) {
    return registry.shieldingDistributions.fittedCurve(series);
  }

  @FieldResolver(() => String, { nullable: true })
  notFittedBecause(@Root() series: distributions.DistributionSeries, @Ctx() { registry }: RequestContext) {
    return registry.shieldingDistributions.whyNotFitted(series);
  }
}
