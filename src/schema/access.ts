import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { MutationInput, Node, Recorded } from './common.ts';
import { RoleEnum } from './enums.ts';

@ObjectType({ description: 'Who is asking.' })
export class Viewer {
  @Field(() => String)
  name!: string;

  @Field(() => RoleEnum)
  role!: string;
}

@ObjectType({ implements: [Node, Recorded], description: 'A key for the API; only its hash is kept.' })
export class ApiToken extends Recorded {
  @Field(() => String)
  name!: string;

  @Field(() => RoleEnum)
  role!: string;

  @Field(() => Date, { nullable: true })
  revokedAt!: Date | null;

  @Field(() => String, { nullable: true })
  revokedBy!: string | null;
}

@ObjectType()
export class CreatedApiToken {
  @Field(() => ApiToken)
  token!: ApiToken;

  @Field(() => String, {
    nullable: true,
    description: 'Shown this once. Null when the request was repeated: revoke the token and make another.',
  })
  secret!: string | null;
}

@InputType()
export class CreateApiTokenInput extends MutationInput {
  @Field(() => String)
  name!: string;

  @Field(() => RoleEnum)
  role!: 'READER' | 'CONTRIBUTOR' | 'ADMIN';
}

@InputType()
export class RevokeApiTokenInput extends MutationInput {
  @Field(() => ID)
  token!: string;
}

@ObjectType({ description: 'This server.' })
export class Server {
  @Field(() => String)
  version!: string;

  @Field(() => String, { description: 'Newest migration of its database.' })
  schemaVersion!: string;

  @Field(() => String)
  nodeVersion!: string;

  @Field(() => String, { description: 'Where the bytes of artifacts are.' })
  artifactStore!: string;
}
