import { ArgsType, Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { DEFAULT_NUCLEUS } from '../chemistry/nuclei.ts';
import { connectionOf, MutationInput, Node, Recorded } from './common.ts';

const NUCLEUS = 'Such as 23Na; Na-23 and na23 are the same.';

@ObjectType({
  implements: [Node, Recorded],
  description:
    'What chemical shifts are reckoned from, per nucleus and level of theory: δ = (σref - σ) / (1 - 1e-6 σref). Never changed; ' +
    'a new one is the next version.',
})
export class ShieldingReference extends Recorded {
  @Field(() => String, { description: 'Such as 23Na.' })
  nucleus!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => Float, { description: 'σref, the isotropic shielding of the nucleus in the compound.' })
  shieldingPpm!: number;

  @Field(() => String, { description: 'Whose shift is 0.' })
  compound!: string;

  @Field(() => String, { description: 'Where the value comes from, or how it was computed.' })
  source!: string;
}

export const ShieldingReferenceConnection = connectionOf(() => ShieldingReference, 'ShieldingReference');

@InputType()
export class SetShieldingReferenceInput extends MutationInput {
  @Field(() => String, { defaultValue: DEFAULT_NUCLEUS, description: NUCLEUS })
  nucleus!: string;

  @Field(() => ID, { description: 'Of the shieldings that it is for; the query levelsOfTheory lists them.' })
  levelOfTheory!: string;

  @Field(() => Float, {
    description: 'σref, the isotropic shielding of the nucleus in the compound at that level of theory, within ±1e6.',
  })
  shieldingPpm!: number;

  @Field(() => String, { description: 'Whose shift is 0, such as 0.1 M NaCl in D2O.' })
  compound!: string;

  @Field(() => String, { description: 'A citation, or how the value was computed.' })
  source!: string;
}

@ArgsType()
export class ShiftArgs {
  @Field(() => String, { defaultValue: DEFAULT_NUCLEUS, description: NUCLEUS })
  nucleus!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Shielding reference of that nucleus and the level of theory of the shieldings; the newest unless given.',
  })
  reference?: string | null;
}
