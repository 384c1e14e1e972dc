import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Split } from '../chemistry/calculation-record.ts';
import type * as records from '../registry/records.ts';
import type { ClusterLikeness, MemberPair } from '../registry/structures/near-duplicates.ts';
import { Calculation, Cluster } from '../schema/clusters.ts';
import { DatasetVersion } from '../schema/datasets.ts';
import { SplitEnum } from '../schema/enums.ts';
import { idOf } from '../schema/ids.ts';
import {
  ClusterNearDuplicate,
  ClusterNearDuplicateConnection,
  MemberNearDuplicate,
  MemberNearDuplicateConnection,
  NearDuplicateArgs,
} from '../schema/near-duplicates.ts';
import type { RequestContext } from './context.ts';
import { checkFirst, connectAll, connection, fromCursor, pageOfAll } from './paging.ts';

@Resolver(() => ClusterNearDuplicate)
export class ClusterNearDuplicateResolver {
  @Query(() => ClusterNearDuplicateConnection, {
    description:
      'Stored clusters that are the same as this one but for rotation, reflection, order of atoms and small moves of atoms; ' +
      'the closest first. Of the same elements and charge, whatever the multiplicity.',
  })
  async nearDuplicates(
    @Arg('cluster', () => ID) clusterId: string,
    @Args(() => NearDuplicateArgs) args: NearDuplicateArgs,
    @Ctx() { registry, load }: RequestContext,
  ) {
    checkFirst(args.first);
    const cursor = args.after == null ? null : fromCursor(args.after, /^\d{1,20}-\d{1,18}$/);
    const cluster = await load.clusters.load(idOf('Cluster', clusterId));
    const found = await registry.nearDuplicates.ofCluster(cluster, args.toleranceAngstrom);
    // more clusters may have come since the page before
    const start = cursor === null ? 0 : found.filter((each) => !isBehind(each, cursor)).length;
    return connection(pageOfAll(found, args.first, start), placeOf);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() { clusterId }: ClusterLikeness, @Ctx() { load }: RequestContext) {
    return load.clusters.load(clusterId);
  }
}

@Resolver(() => MemberNearDuplicate)
export class MemberNearDuplicateResolver {
  @FieldResolver(() => Calculation)
  first(@Root() { first }: MemberPair, @Ctx() { load }: RequestContext) {
    return load.calculations.load(first.calculationId);
  }

  @FieldResolver(() => SplitEnum)
  firstSplit(@Root() { first }: MemberPair): Split {
    return first.split;
  }

  @FieldResolver(() => Calculation)
  second(@Root() { second }: MemberPair, @Ctx() { load }: RequestContext) {
    return load.calculations.load(second.calculationId);
  }

  @FieldResolver(() => SplitEnum)
  secondSplit(@Root() { second }: MemberPair): Split {
    return second.split;
  }
}

@Resolver(() => DatasetVersion)
export class VersionNearDuplicatesResolver {
  @FieldResolver(() => MemberNearDuplicateConnection, {
    description:
      'Pairs of calculations whose clusters are nearly the same, the closest first: across splits, where they are a leak, or all.',
  })
  async nearDuplicates(
    @Root() version: records.DatasetVersion,
    @Args(() => NearDuplicateArgs) args: NearDuplicateArgs,
    @Arg('acrossSplits', () => Boolean, { defaultValue: true }) acrossSplits: boolean,
    @Ctx() { registry }: RequestContext,
  ) {
    checkFirst(args.first);
    return connectAll(await registry.nearDuplicates.inVersion(version, args.toleranceAngstrom, acrossSplits), args);
  }
}

/** The difference as the bits of a double, which are in its order, and the id: both exact. */
function placeOf({ differenceAngstrom, clusterId }: ClusterLikeness): string {
  return `${bitsOf(differenceAngstrom)}-${clusterId}`;
}

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0];
}

function isBehind({ differenceAngstrom, clusterId }: ClusterLikeness, cursor: string): boolean {
  const [bits, id] = cursor.split('-').map(BigInt);
  const own = bitsOf(differenceAngstrom);
  return own > bits || (own === bits && BigInt(clusterId) > id);
}
