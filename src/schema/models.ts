import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, MutationInput, Node, Recorded } from './common.ts';
import { ModelKindEnum, TargetEnum } from './enums.ts';
import { TrialOutcome } from './training.ts';

@ObjectType({ implements: [Node, Recorded], description: 'A name under which versions are trained.' })
export class Model extends Recorded {
  @Field(() => String)
  name!: string;
}

@ObjectType({ description: 'One of the models whose mean a committee predicts: the best epoch of one seed.' })
export class CommitteeMember {
  @Field(() => Int)
  seed!: number;

  @Field(() => Int)
  epoch!: number;

  @Field(() => Float, { description: 'As trained, in units of the fitted target.' })
  validationLoss!: number;

  @Field(() => String)
  weightsSha256!: string;
}

@ObjectType({
  implements: [Node, Recorded],
  description:
    'A trained model with verified weights. Never changes. Written `name/3`, or `name@champion` by an alias.',
})
export class ModelVersion extends Recorded {
  @Field(() => Int)
  version!: number;

  @Field(() => ModelKindEnum)
  kind!: string;

  @Field(() => TargetEnum)
  target!: string;

  @Field(() => TrialOutcome, { description: 'Of the trial that was kept; of a committee, of its best member.' })
  outcome!: TrialOutcome;

  @Field(() => String, {
    description: 'Name of the safetensors file in the artifact store; of a committee, that of its best member.',
  })
  weightsSha256!: string;

  @Field(() => [CommitteeMember], { nullable: true, description: 'Null unless the version is a committee.' })
  members!: CommitteeMember[] | null;

  @Field(() => Date, { nullable: true })
  archivedAt!: Date | null;

  @Field(() => String, { nullable: true })
  archivedBy!: string | null;

  @Field(() => String, { nullable: true })
  archiveReason!: string | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'When its weights were found damaged or missing. It predicts nothing until verifyModelVersion finds them right.',
  })
  quarantinedAt!: Date | null;

  @Field(() => String, { nullable: true })
  quarantineReason!: string | null;
}

@ObjectType({ description: 'A name for the version of a model that is meant to be used, such as champion.' })
export class ModelAlias {
  @Field(() => String)
  alias!: string;

  @Field(() => Date, { description: 'When it was set to this version.' })
  createdAt!: Date;

  @Field(() => String)
  createdBy!: string;
}

@ObjectType({ description: 'One move of an alias.' })
export class ModelAliasChange {
  @Field(() => String)
  alias!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String)
  createdBy!: string;
}

export const ModelConnection = connectionOf(() => Model, 'Model');

@InputType()
export class SetModelAliasInput extends MutationInput {
  @Field(() => String, { description: 'Written `name/3`.' })
  modelVersion!: string;

  @Field(() => String, { description: 'Such as champion or challenger.' })
  alias!: string;
}

@InputType()
export class DeleteModelAliasInput extends MutationInput {
  @Field(() => String, { description: 'Written `name@champion`.' })
  alias!: string;
}

@InputType()
export class VerifyModelVersionInput extends MutationInput {
  @Field(() => String)
  modelVersion!: string;
}

@InputType()
export class ArchiveModelVersionInput extends MutationInput {
  @Field(() => String)
  modelVersion!: string;

  @Field(() => String)
  reason!: string;
}
