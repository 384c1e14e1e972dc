import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { GenerationParameters } from '../chemistry/s-blda/generator.ts';
import type { PlacedClusterRunItem } from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import {
  ClusterRun,
  ClusterRunConnection,
  ClusterRunInput,
  ClusterRunItem,
  ClusterRunItemConnection,
  GenerateClustersInput,
  GenerationSettings,
  RelaxationSettings,
  RelaxClustersInput,
} from '../schema/cluster-runs.ts';
import { Cluster } from '../schema/clusters.ts';
import { ListArgs } from '../schema/common.ts';
import { ClusterRunFilter, filterOfInput } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import { ItemArgs } from '../schema/imports.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect, itemPage } from './paging.ts';

@Resolver(() => ClusterRun)
export class ClusterRunResolver {
  @Query(() => ClusterRun, { nullable: true })
  clusterRun(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.clusterRuns.load(idOf('ClusterRun', id));
  }

  @Query(() => ClusterRunConnection)
  clusterRuns(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => ClusterRunFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.clusterRuns, args, filter);
  }

  @Mutation(() => ClusterRun, {
    description:
      'Queues the generation of random clusters by S-BLDA: distances to nearest and next-nearest neighbours follow two normal ' +
      'distributions. Watch it with the query clusterRun. `natrium generate` writes the same clusters to a file.',
  })
  async generateClusters(
    @Arg('input', () => GenerateClustersInput) input: GenerateClustersInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { element, sizes, clustersPerSize, nearest, nextNearest, seed } = input;
    const parameters = { element, sizes, clustersPerSize, laws: { nearest, nextNearest }, seed };
    const request = requestOf('generateClusters', input);
    return load.clusterRuns.load(await registry.clusterRuns.generate(caller, request, parameters));
  }

  @Mutation(() => ClusterRun, {
    description:
      'Queues the relaxation of sodium clusters to minima of the Gupta potential. Each becomes a new cluster, the child of the ' +
      'one that was relaxed. Watch it with the query clusterRun.',
  })
  async relaxClusters(
    @Arg('input', () => RelaxClustersInput) input: RelaxClustersInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { clusters, clusterRun, forceToleranceEvPerAngstrom, mostSteps } = input;
    const what = {
      clusterIds: clusters ? await Promise.all(clusters.map((id) => knownId(load.clusters, 'Cluster', id))) : null,
      filter: filterOfInput(input.filter),
      clusterRunId: clusterRun ? await knownId(load.clusterRuns, 'ClusterRun', clusterRun) : null,
    };
    const settings = { forceToleranceEvPerAngstrom, mostSteps };
    const request = requestOf('relaxClusters', input);
    return load.clusterRuns.load(await registry.clusterRuns.relax(caller, request, what, settings));
  }

  @Mutation(() => ClusterRun, { description: 'Ends a run where it is; the clusters that it made stay.' })
  async cancelClusterRun(
    @Arg('input', () => ClusterRunInput) input: ClusterRunInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.clusterRuns, 'ClusterRun', input.clusterRun);
    return load.clusterRuns.load(await registry.clusterRuns.cancel(caller, requestOf('cancelClusterRun', input), id));
  }

  @Mutation(() => ClusterRun, { description: 'Lets a failed or cancelled run go on where it stopped.' })
  async resumeClusterRun(
    @Arg('input', () => ClusterRunInput) input: ClusterRunInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.clusterRuns, 'ClusterRun', input.clusterRun);
    return load.clusterRuns.load(await registry.clusterRuns.resume(caller, requestOf('resumeClusterRun', input), id));
  }

  @FieldResolver(() => GenerationSettings, { nullable: true })
  generation(@Root() run: records.ClusterRun): GenerationSettings | null {
    if (run.kind !== 'GENERATION') return null;
    const { laws, ...settings } = run.settings as GenerationParameters;
    return { ...settings, sizes: [...settings.sizes], ...laws };
  }

  @FieldResolver(() => RelaxationSettings, { nullable: true })
  relaxation(@Root() run: records.ClusterRun): RelaxationSettings | null {
    return run.kind === 'RELAXATION' ? (run.settings as records.RelaxationSettings) : null;
  }

  @FieldResolver(() => ClusterRunItemConnection, { description: 'What became of each cluster so far, in order.' })
  items(@Root() run: records.ClusterRun, @Args(() => ItemArgs) args: ItemArgs, @Ctx() { registry }: RequestContext) {
    return itemPage((page) => registry.store.clusterRunItems.list(run.id, page), run, args);
  }
}

@Resolver(() => ClusterRunItem)
export class ClusterRunItemResolver {
  @FieldResolver(() => Cluster, { nullable: true, description: 'The cluster that was made.' })
  cluster(@Root() item: PlacedClusterRunItem, @Ctx() { load }: RequestContext) {
    return item.clusterId === null ? null : load.clusters.load(item.clusterId);
  }

  @FieldResolver(() => Cluster, { nullable: true, description: 'The cluster that was relaxed.' })
  source(@Root() item: PlacedClusterRunItem, @Ctx() { load }: RequestContext) {
    return item.sourceClusterId === null ? null : load.clusters.load(item.sourceClusterId);
  }
}
