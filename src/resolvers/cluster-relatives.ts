import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type * as records from '../registry/records.ts';
import { ClusterRelative } from '../schema/cluster-relatives.ts';
import { Cluster } from '../schema/clusters.ts';
import type { RequestContext } from './context.ts';

/** A link of the lineage as one of its ends sees it. */
interface RelativeOf extends records.ClusterParent {
  readonly relativeId: string;
}

@Resolver(() => ClusterRelative)
export class ClusterRelativeResolver {
  @FieldResolver(() => Cluster)
  cluster(@Root() { relativeId }: RelativeOf, @Ctx() { load }: RequestContext) {
    return load.clusters.load(relativeId);
  }
}

@Resolver(() => Cluster)
export class ClusterRelativesResolver {
  @FieldResolver(() => [ClusterRelative], { description: 'Clusters that this one came out of.' })
  async parents(@Root() cluster: records.Cluster, @Ctx() { load }: RequestContext): Promise<RelativeOf[]> {
    const links = await load.parentsOfCluster.load(cluster.id);
    return links.map((link) => ({ ...link, relativeId: link.parentId }));
  }

  @FieldResolver(() => [ClusterRelative], { description: 'Clusters that came out of this one.' })
  async children(@Root() cluster: records.Cluster, @Ctx() { load }: RequestContext): Promise<RelativeOf[]> {
    const links = await load.childrenOfCluster.load(cluster.id);
    return links.map((link) => ({ ...link, relativeId: link.clusterId }));
  }
}
