import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { MutationInput, PRIORITY } from './common.ts';

@ObjectType({ description: 'Whether one trial, done again, gave the same weights.' })
export class TrialReproduction {
  @Field(() => Int)
  seed!: number;

  @Field(() => String, { description: 'Of the weights of the first time.' })
  expectedSha256!: string;

  @Field(() => String, { nullable: true, description: 'Of the weights of this time, once there are any.' })
  sha256!: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Null as long as there is nothing to compare.' })
  agrees!: boolean | null;

  @Field(() => String, { description: 'What computed them the first time.' })
  expectedEngine!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What computed them this time; a WASM engine of another arithmetic gives other bytes.',
  })
  engine!: string | null;
}

@ObjectType({
  description:
    'What came of training a recorded request again. The sha256 is of the whole model file. Engine WASM and Lasso give the same bytes ' +
    'every time; those of TENSORFLOW may depend on its backend and the machine.',
})
export class Reproduction {
  @Field(() => Boolean, {
    nullable: true,
    description: 'False once the bytes of one trial differ, true when those of all agree, null before.',
  })
  agrees!: boolean | null;

  @Field(() => [TrialReproduction])
  trials!: TrialReproduction[];
}

@InputType()
export class ReproduceModelVersionInput extends MutationInput {
  @Field(() => String, { description: 'Written `name/3` or `name@champion`. An archived one will do.' })
  modelVersion!: string;

  @Field(() => [Int], {
    nullable: true,
    description: 'Those to train again; unless given, all whose trials succeeded. A Lasso has the seed 0.',
  })
  seeds?: number[] | null;

  @Field(() => Int, { ...PRIORITY, nullable: true })
  priority?: number | null;
}
