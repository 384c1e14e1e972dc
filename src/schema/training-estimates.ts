import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'How long a training would take. Measured by training for about two seconds on the machine of this server, beside whatever it does ' +
    'now: workers on other machines may be faster or slower, and two on one machine slow each other a little.',
})
export class TrainingEstimate {
  @Field(() => String, { description: 'What measured it.' })
  engine!: string;

  @Field(() => Float, { description: 'A step on a whole mini-batch.' })
  secondsPerStep!: number;

  @Field(() => Int)
  stepsPerEpoch!: number;

  @Field(() => Float, { description: 'All steps and the validation.' })
  secondsPerEpoch!: number;

  @Field(() => Float, {
    description: 'If all epochs are trained, or as many as `maxMinutes` allows; less if patience ends it.',
  })
  secondsPerTrial!: number;

  @Field(() => Int, { description: 'One a seed.' })
  trials!: number;

  @Field(() => Int, { description: 'Connected now, on any machine; each trains one trial at a time.' })
  workers!: number;

  @Field(() => Int, { description: 'Trials of other runs that wait or are trained now; they come first.' })
  trialsAhead!: number;

  @Field(() => Float, { nullable: true, description: 'From when all workers are free. Null without workers.' })
  seconds!: number | null;

  @Field(() => String, { nullable: true, description: 'Why there are no `seconds`.' })
  reason!: string | null;
}
