import { Field, Float, Int, ObjectType } from 'type-graphql';
import { FeatureKindEnum, LassoSelectionEnum, TargetTransformKindEnum } from './enums.ts';

@ObjectType({ description: 'The weight of one feature of a Lasso.' })
export class LassoCoefficient {
  @Field(() => String, { description: 'As the feature set has it, such as `CN(4.0 Å)` or `GOP(3S)`.' })
  name!: string;

  @Field(() => FeatureKindEnum)
  kind!: string;

  @Field(() => Float, { nullable: true, description: 'Of a running coordination number.' })
  radiusAngstrom!: number | null;

  @Field(() => String, { nullable: true, description: 'Of a running coordination number of one element only.' })
  neighborElement!: string | null;

  @Field(() => String, { nullable: true, description: 'Of a gross orbital population.' })
  orbital!: string | null;

  @Field(() => Float, { description: 'Of the feature over the training atoms.' })
  mean!: number;

  @Field(() => Float, { description: 'Of the feature over the training atoms; 0 if it did not vary.' })
  standardDeviation!: number;

  @Field(() => Float, { description: 'Target for one standard deviation of the feature.' })
  standardized!: number;

  @Field(() => Float, { description: 'Target for one unit of the feature: a neighbour, or an electron.' })
  perUnit!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Shielding (ppm) for one unit of the feature; null if the target is not linear in the shielding.',
  })
  ppmPerUnit!: number | null;
}

@ObjectType({ description: 'What the fit for one alpha came to.' })
export class LassoPathPoint {
  @Field(() => Float)
  alpha!: number;

  @Field(() => Int, { description: 'Coefficients that are not 0.' })
  nonZero!: number;

  @Field(() => Float, { description: '(1/2n) |t - Zw - b|² + alpha |w|₁, in units of the fitted target.' })
  objective!: number;

  @Field(() => Float, { description: 'By so much the objective can be above its minimum.' })
  dualityGap!: number;

  @Field(() => Float)
  trainRmsePpm!: number;

  @Field(() => Float)
  validationRmsePpm!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Over all training atoms, each predicted without the clusters of its fold; null without folds.',
  })
  crossValidationRmsePpm!: number | null;
}

@ObjectType({
  description:
    'A Lasso in figures. Target = intercept + Σ perUnit × feature = standardizedIntercept + Σ standardized × (feature - mean) / ' +
    'standardDeviation; where it is linear in the shielding, that is interceptPpm + Σ ppmPerUnit × feature.',
})
export class LassoCoefficients {
  @Field(() => Float, { description: 'That was chosen.' })
  alpha!: number;

  @Field(() => LassoSelectionEnum, { description: 'By what alpha was chosen.' })
  selection!: string;

  @Field(() => Int, { nullable: true, description: 'Of the cross-validation; null without.' })
  folds!: number | null;

  @Field(() => Int, { description: 'Coefficients that are not 0.' })
  nonZero!: number;

  @Field(() => Float, { description: 'Target where every feature has its training mean.' })
  standardizedIntercept!: number;

  @Field(() => Float, { description: 'Target where every feature is 0.' })
  intercept!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Shielding where every feature is 0; null if the target is not linear in the shielding.',
  })
  interceptPpm!: number | null;

  @Field(() => [LassoPathPoint], {
    nullable: true,
    description: 'Every alpha that was fitted, ascending; null for a version from before this was recorded.',
  })
  path!: LassoPathPoint[] | null;
}

@ObjectType({
  description:
    'How shieldings y (ppm) became the target t. NONE: t = y. STANDARDIZE: t = (y - mean) / standardDeviation. ' +
    'GENERALIZED_LOGISTIC: t = Φ⁻¹(F(y)), F(y) = (1 + exp(-(y - location) / scale))^(-shape).',
})
export class TargetTransform {
  @Field(() => TargetTransformKindEnum)
  kind!: string;

  @Field(() => Float, { nullable: true, description: 'Of the training shieldings, ppm.' })
  mean?: number | null;

  @Field(() => Float, { nullable: true, description: 'Of the training shieldings, ppm.' })
  standardDeviation?: number | null;

  @Field(() => Float, { nullable: true })
  shape?: number | null;

  @Field(() => Float, { nullable: true, description: 'ppm.' })
  location?: number | null;

  @Field(() => Float, { nullable: true, description: 'ppm.' })
  scale?: number | null;
}
