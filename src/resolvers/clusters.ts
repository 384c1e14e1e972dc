import { Arg, Args, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { symbolOf } from '../chemistry/elements.ts';
import { dependsOnOrientation } from '../chemistry/orbital-labels.ts';
import { coordinationDefinition, PAPER_RADII_ANGSTROM } from '../ml/features/feature-set.ts';
import type * as records from '../registry/records.ts';
import type { ImportReport as ImportReportRecord } from '../registry/structures/imports.ts';
import {
  Atom,
  Calculation,
  CalculationConnection,
  Cluster,
  ClusterConnection,
  CoordinationArgs,
  InvalidateCalculationInput,
  LevelOfTheory,
  RunningCoordinationNumbers,
} from '../schema/clusters.ts';
import { ListArgs } from '../schema/common.ts';
import { Prediction } from '../schema/evaluations.ts';
import { CalculationFilter, ClusterFilter } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { ImportCalculationsInput, ImportedItem, ImportReport, ImportStructuresInput } from '../schema/import-report.ts';
import { atomOf } from './atoms.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => Cluster)
export class ClusterResolver {
  @Query(() => Cluster, { nullable: true })
  async cluster(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.clusters.load(idOf('Cluster', id));
  }

  @Query(() => ClusterConnection)
  clusters(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => ClusterFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.clusters, args, filter);
  }

  @Query(() => RunningCoordinationNumbers, {
    description: 'CN_i(r) = sum over the other atoms j of Φ((r - r_ij) / smearing), for every atom i of a cluster.',
  })
  async runningCoordinationNumbers(
    @Arg('cluster', () => ID) clusterId: string,
    @Args(() => CoordinationArgs) args: CoordinationArgs,
    @Ctx() { load, registry }: RequestContext,
  ): Promise<RunningCoordinationNumbers> {
    return coordinationNumbers(registry, await load.clusters.load(idOf('Cluster', clusterId)), args);
  }

  @Mutation(() => ImportReport, { description: 'Brings in clusters without calculations.' })
  importStructures(
    @Arg('input', () => ImportStructuresInput) input: ImportStructuresInput,
    @Ctx() { caller, registry }: RequestContext,
  ) {
    const wanted = { content: 'STRUCTURES', levelOfTheory: null } as const;
    return registry.imports.importFile(caller, requestOf('importStructures', input), fileOf(input), wanted);
  }

  @FieldResolver(() => [String], { description: 'Column of element symbols.' })
  elements(@Root() cluster: records.Cluster): string[] {
    return cluster.atomicNumbers.map(symbolOf);
  }

  @FieldResolver(() => [Atom])
  atoms(@Root() cluster: records.Cluster): Atom[] {
    return cluster.atomicNumbers.map((_, index) => atomOf(cluster, null, index));
  }

  @FieldResolver(() => RunningCoordinationNumbers, {
    name: 'runningCoordinationNumbers',
    description: 'As the query of that name.',
  })
  coordinationNumbers(
    @Root() cluster: records.Cluster,
    @Args(() => CoordinationArgs) args: CoordinationArgs,
    @Ctx() { registry }: RequestContext,
  ): RunningCoordinationNumbers {
    return coordinationNumbers(registry, cluster, args);
  }

  @FieldResolver(() => [Prediction], { description: 'By every model version that was asked.' })
  predictions(@Root() cluster: records.Cluster, @Ctx() { load }: RequestContext) {
    return load.predictionsOfCluster.load(cluster.id);
  }

  @FieldResolver(() => [Calculation], { description: 'Oldest first; invalidated ones are marked.' })
  calculations(@Root() cluster: records.Cluster, @Ctx() { load }: RequestContext) {
    return load.calculationsOfCluster.load(cluster.id);
  }
}

@Resolver(() => Calculation)
export class CalculationResolver {
  @Query(() => Calculation, { nullable: true })
  calculation(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.calculations.load(idOf('Calculation', id));
  }

  @Query(() => CalculationConnection)
  calculations(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => CalculationFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.calculations, args, filter);
  }

  @Query(() => [LevelOfTheory])
  levelsOfTheory(@Ctx() { registry }: RequestContext) {
    return registry.store.levelsOfTheory.findAll({});
  }

  @Mutation(() => ImportReport, {
    description: 'Brings in clusters with their shieldings. Good items are kept, each bad one is answered for.',
  })
  importCalculations(
    @Arg('input', () => ImportCalculationsInput) input: ImportCalculationsInput,
    @Ctx() { caller, registry }: RequestContext,
  ) {
    const wanted = { content: 'CALCULATIONS', levelOfTheory: input.levelOfTheory ?? null } as const;
    return registry.imports.importFile(caller, requestOf('importCalculations', input), fileOf(input), wanted);
  }

  @Mutation(() => Calculation, { description: 'Marks a calculation as wrong; new data set versions leave it out.' })
  async invalidateCalculation(
    @Arg('input', () => InvalidateCalculationInput) input: InvalidateCalculationInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const request = requestOf('invalidateCalculation', input);
    const id = await knownId(load.calculations, 'Calculation', input.calculation);
    return load.calculations.load(await registry.calculations.invalidate(caller, request, id, input.reason));
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() calculation: records.Calculation, @Ctx() { load }: RequestContext) {
    return load.clusters.load(calculation.clusterId);
  }

  @FieldResolver(() => [String], {
    nullable: true,
    description: 'Those labels whose populations change when the cluster is turned.',
  })
  orientationDependentLabels(@Root() calculation: records.Calculation): string[] | null {
    return calculation.populationLabels?.filter(dependsOnOrientation) ?? null;
  }

  @FieldResolver(() => [Float], { nullable: 'itemsAndList' })
  grossOrbitalPopulations(@Root() calculation: records.Calculation): (number | null)[] | null {
    return nullForNaN(calculation.grossOrbitalPopulations);
  }

  @FieldResolver(() => [Float], { nullable: 'itemsAndList' })
  electricFieldGradientsAu(@Root() calculation: records.Calculation): (number | null)[] | null {
    return nullForNaN(calculation.electricFieldGradientsAu);
  }

  @FieldResolver(() => LevelOfTheory)
  levelOfTheory(@Root() calculation: records.Calculation, @Ctx() { load }: RequestContext) {
    return load.levelsOfTheory.load(calculation.levelOfTheoryId);
  }

  @FieldResolver(() => [Atom])
  async atoms(@Root() calculation: records.Calculation, @Ctx() { load }: RequestContext): Promise<Atom[]> {
    const cluster = await load.clusters.load(calculation.clusterId);
    return cluster.atomicNumbers.map((_, index) => atomOf(cluster, calculation, index));
  }
}

@Resolver(() => ImportedItem)
export class ImportedItemResolver {
  @FieldResolver(() => Cluster, { nullable: true })
  cluster(@Root() item: records.ImportedItem, @Ctx() { load }: RequestContext) {
    return item.clusterId === null ? null : load.clusters.load(item.clusterId);
  }

  @FieldResolver(() => Calculation, { nullable: true })
  calculation(@Root() item: records.ImportedItem, @Ctx() { load }: RequestContext) {
    return item.calculationId === null ? null : load.calculations.load(item.calculationId);
  }
}

@Resolver(() => ImportReport)
export class ImportReportResolver {
  @FieldResolver(() => Int)
  inserted(@Root() report: ImportReportRecord): number {
    return count(report, 'INSERTED');
  }

  @FieldResolver(() => Int)
  existing(@Root() report: ImportReportRecord): number {
    return count(report, 'EXISTING');
  }

  @FieldResolver(() => Int)
  rejected(@Root() report: ImportReportRecord): number {
    return count(report, 'REJECTED');
  }
}

function fileOf({ fileName, content, format }: ImportStructuresInput) {
  return { fileName, content, format: format ?? null };
}

/** GraphQL has no NaN. */
function nullForNaN(values: readonly number[] | null): (number | null)[] | null {
  return values?.map((value) => (Number.isNaN(value) ? null : value)) ?? null;
}

function count(report: ImportReportRecord, status: records.ImportedItem['status']): number {
  return report.items.filter((item) => item.status === status).length;
}

function coordinationNumbers(
  registry: RequestContext['registry'],
  cluster: records.Cluster,
  { radiiAngstrom, smearingAngstrom, neighborElements = null }: CoordinationArgs,
): RunningCoordinationNumbers {
  const definition = coordinationDefinition(radiiAngstrom ?? PAPER_RADII_ANGSTROM, smearingAngstrom, neighborElements);
  return { ...definition, values: registry.featureSets.runningCoordinationNumbers(cluster, definition) };
}
