import { ArgsType, type ClassType, Field, Float, ID, InputType, Int, InterfaceType, ObjectType } from 'type-graphql';

@InterfaceType({
  description: 'Whatever has a global id.',
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}

@InterfaceType({ implements: Node, description: 'What every record says about its making.' })
export abstract class Recorded extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { description: 'Name of the token, or of the local admin.' })
  createdBy!: string;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { description: 'How many, 1 to 200.' })
  first!: number;

  @Field(() => String, { nullable: true, description: 'The `endCursor` of the page before.' })
  after?: string | null;
}

@ArgsType()
export class ListArgs extends PageArgs {
  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Records come in the order they were made, or in reverse.',
  })
  newestFirst!: boolean;
}

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Give it as `after` to get the next page.' })
  endCursor!: string | null;
}

export interface Connection<T> {
  readonly edges: readonly { readonly node: T; readonly cursor: string }[];
  readonly nodes: readonly T[];
  readonly pageInfo: PageInfo;
  readonly totalCount: Promise<number>;
}

/** Relay connection type of an item type. */
export function connectionOf(item: () => ClassType, name: string): ClassType<Connection<unknown>> {
  @ObjectType(`${name}Edge`)
  class EdgeType {
    @Field(item)
    node!: unknown;

    @Field(() => String)
    cursor!: string;
  }

  @ObjectType(`${name}Connection`)
  class ConnectionType {
    @Field(() => [EdgeType])
    edges!: EdgeType[];

    @Field(() => [item()], { description: 'The nodes of the edges, for those who need no cursors.' })
    nodes!: unknown[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'Number of all that match, on every page.' })
    totalCount!: Promise<number>;
  }
  return ConnectionType;
}

/** Options of the field `idempotencyKey`. */
export const IDEMPOTENCY_KEY = {
  nullable: true,
  description:
    'Makes repeating safe: the same key with the same input answers as before, for 7 days; with other input it is a conflict.',
};

/** Options of the field `priority`. */
export const PRIORITY = {
  description:
    '-100 to 100, 0 unless given. Of trials that wait for a worker, those of the largest priority come first.',
};

@InputType()
export abstract class MutationInput {
  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'Conditions on an id; all that are given must hold.' })
export class IdFilter {
  @Field(() => ID, { nullable: true })
  equals?: string;

  @Field(() => ID, { nullable: true })
  notEquals?: string;

  @Field(() => [ID], { nullable: true })
  in?: string[];
}

@InputType({ description: 'Conditions on a text; all that are given must hold.' })
export class StringFilter {
  @Field(() => String, { nullable: true })
  equals?: string;

  @Field(() => String, { nullable: true })
  notEquals?: string;

  @Field(() => [String], { nullable: true })
  in?: string[];

  @Field(() => String, { nullable: true, description: 'Anywhere in the text; capitals do not matter.' })
  contains?: string;

  @Field(() => String, { nullable: true })
  startsWith?: string;

  @Field(() => Boolean, { nullable: true })
  isNull?: boolean;
}

@InputType({ description: 'Conditions on a whole number; all that are given must hold.' })
export class IntFilter {
  @Field(() => Int, { nullable: true })
  equals?: number;

  @Field(() => Int, { nullable: true })
  notEquals?: number;

  @Field(() => [Int], { nullable: true })
  in?: number[];

  @Field(() => Int, { nullable: true })
  lessThan?: number;

  @Field(() => Int, { nullable: true })
  atMost?: number;

  @Field(() => Int, { nullable: true })
  greaterThan?: number;

  @Field(() => Int, { nullable: true })
  atLeast?: number;
}

@InputType({ description: 'Conditions on a number; all that are given must hold.' })
export class FloatFilter {
  @Field(() => Float, { nullable: true })
  lessThan?: number;

  @Field(() => Float, { nullable: true })
  atMost?: number;

  @Field(() => Float, { nullable: true })
  greaterThan?: number;

  @Field(() => Float, { nullable: true })
  atLeast?: number;

  @Field(() => Boolean, { nullable: true })
  isNull?: boolean;
}

@InputType({ description: 'Conditions on a time; all that are given must hold.' })
export class DateFilter {
  @Field(() => Date, { nullable: true })
  lessThan?: Date;

  @Field(() => Date, { nullable: true })
  atLeast?: Date;

  @Field(() => Boolean, { nullable: true })
  isNull?: boolean;
}
