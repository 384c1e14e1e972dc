import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LASSO_ALPHAS } from '../ml/lasso/lasso.ts';
import { PAPER_SEEDS, SCHNET_TRAINING_DEFAULTS } from '../ml/schnet/training.ts';
import { connectionOf, MutationInput, Node, PRIORITY, Recorded } from './common.ts';
import { FindingVerdictEnum, LossEnum, ModelKindEnum, StudyFeaturesEnum, TargetEnum } from './enums.ts';

@ObjectType({ description: 'What all trainings of a study share.' })
export class StudySettings {
  @Field(() => Int, { description: 'Of each SchNet trial.' })
  epochs!: number;

  @Field(() => [Int], { description: 'Trials of each SchNet training.' })
  seeds!: number[];

  @Field(() => [Float], { description: 'Of each Lasso.' })
  alphas!: number[];
}

@ObjectType({ description: 'How far the trainings of a study are, taken together.' })
export class StudyProgress {
  @Field(() => Int, { description: 'Epochs trained and alphas fitted.' })
  step!: number;

  @Field(() => Int, { description: 'Epochs and alphas asked for.' })
  steps!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Until the last trial ends, if all go on as they did; null before the first epoch.',
  })
  secondsLeft!: number | null;
}

@ObjectType({ description: 'One training of a study, or why it was left out.' })
export class StudyPart {
  @Field(() => String, { description: 'Of its model.' })
  name!: string;

  @Field(() => ModelKindEnum)
  kind!: string;

  @Field(() => StudyFeaturesEnum, { nullable: true, description: 'Null: SchNet sees the structure itself.' })
  features!: string | null;

  @Field(() => TargetEnum)
  target!: string;

  @Field(() => LossEnum, { nullable: true, description: 'Of SchNet.' })
  loss!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it was left out; null if it was not.' })
  leftOut!: string | null;
}

@ObjectType()
export class FindingNumber {
  @Field(() => String)
  name!: string;

  @Field(() => Float)
  value!: number;

  @Field(() => String, { nullable: true, description: '`ppm` or `atoms`; null for a pure number.' })
  unit!: string | null;
}

@ObjectType({ description: 'Something that the paper found, checked on the data of a study.' })
export class StudyFinding {
  @Field(() => String)
  claim!: string;

  @Field(() => FindingVerdictEnum)
  verdict!: string;

  @Field(() => String, { description: 'When the claim counts as true.' })
  criterion!: string;

  @Field(() => String, { nullable: true, description: 'Why it cannot be tested; null where it was.' })
  reason!: string | null;

  @Field(() => [FindingNumber], { description: 'What was compared.' })
  numbers!: FindingNumber[];
}

@ObjectType({
  implements: [Node, Recorded],
  description:
    "The paper's grid of ten trainings on one data set version: Lasso on coordination numbers, populations and both, SchNet by " +
    'mean squared error and by the distribution loss, each on direct and on transformed targets.',
})
export class Study extends Recorded {
  @Field(() => StudySettings)
  settings!: StudySettings;
}

export const StudyConnection = connectionOf(() => Study, 'Study');

@InputType({ description: "Defaults are the paper's." })
export class RunStudyInput extends MutationInput {
  @Field(() => String, { description: 'Written `name/1`. Needs clusters in all three splits.' })
  datasetVersion!: string;

  @Field(() => Int, { defaultValue: SCHNET_TRAINING_DEFAULTS.epochs, description: 'Of each SchNet trial.' })
  epochs!: number;

  @Field(() => [Int], { defaultValue: PAPER_SEEDS, description: 'Trials of each SchNet training.' })
  seeds!: number[];

  @Field(() => [Float], { defaultValue: LASSO_ALPHAS, description: 'Of each Lasso.' })
  alphas!: number[];

  @Field(() => Int, { ...PRIORITY, nullable: true })
  priority?: number | null;
}

@InputType()
export class StudyInput extends MutationInput {
  @Field(() => ID)
  study!: string;
}
