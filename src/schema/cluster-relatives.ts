import { Field, ObjectType } from 'type-graphql';
import { ClusterRelationEnum } from './enums.ts';

@ObjectType({ description: 'A cluster that another one came out of, or that came out of it; both are in one split.' })
export class ClusterRelative {
  @Field(() => ClusterRelationEnum)
  relation!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { description: 'Name of the token, or of the local admin.' })
  createdBy!: string;
}
