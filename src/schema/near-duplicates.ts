import { ArgsType, Field, Float, ObjectType } from 'type-graphql';
import { DEFAULT_TOLERANCE_ANGSTROM } from '../registry/structures/near-duplicates.ts';
import { connectionOf, PageArgs } from './common.ts';

const DIFFERENCE =
  'Largest difference (Å) between the sorted distances of the two clusters: between the atoms of each pair of elements, from ' +
  'the centroid, and in the mean from each atom. At most 2 d where atoms moved by d; beyond 500 atoms only from the centroid.';
const SAME_FINGERPRINT = 'Whether the fingerprints are equal as well.';

@ArgsType()
export class NearDuplicateArgs extends PageArgs {
  @Field(() => Float, {
    defaultValue: DEFAULT_TOLERANCE_ANGSTROM,
    description: 'Largest difference that counts as the same, 0 to 1 Å.',
  })
  toleranceAngstrom!: number;
}

@ObjectType({ description: 'A cluster that is nearly the same as the one asked for.' })
export class ClusterNearDuplicate {
  @Field(() => Float, { description: DIFFERENCE })
  differenceAngstrom!: number;

  @Field(() => Boolean, { description: SAME_FINGERPRINT })
  sameFingerprint!: boolean;
}

@ObjectType({ description: 'Two calculations of a data set version whose clusters are nearly the same.' })
export class MemberNearDuplicate {
  @Field(() => Float, { description: DIFFERENCE })
  differenceAngstrom!: number;

  @Field(() => Boolean, { description: SAME_FINGERPRINT })
  sameFingerprint!: boolean;
}

export const ClusterNearDuplicateConnection = connectionOf(() => ClusterNearDuplicate, 'ClusterNearDuplicate');
export const MemberNearDuplicateConnection = connectionOf(() => MemberNearDuplicate, 'MemberNearDuplicate');
