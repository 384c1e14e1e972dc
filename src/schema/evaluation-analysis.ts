import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import type { ResidualOrder } from '../registry/evaluations/evaluation-analysis.ts';
import { connectionOf, PageArgs } from './common.ts';
import { ResidualOrderEnum } from './enums.ts';

@ObjectType({ description: 'One atom of an evaluation: what was calculated, what was predicted.' })
export class AtomResidual {
  @Field(() => Int, { description: 'Position in the cluster, from 0.' })
  index!: number;

  @Field(() => Float)
  calculatedPpm!: number;

  @Field(() => Float)
  predictedPpm!: number;

  @Field(() => Float, { description: 'Predicted minus calculated.' })
  residualPpm!: number;

  @Field(() => Float, { nullable: true, description: 'Over the members of a committee; null for other versions.' })
  standardDeviationPpm!: number | null;
}

export const AtomResidualConnection = connectionOf(() => AtomResidual, 'AtomResidual');

@ArgsType()
export class ResidualArgs extends PageArgs {
  @Field(() => ResidualOrderEnum, { defaultValue: 'ATOMS' })
  order!: ResidualOrder;

  @Field(() => [Int], { nullable: true, description: 'Atoms of the clusters that are meant; all unless given.' })
  sizes?: number[] | null;

  @Field(() => Float, { nullable: true, description: 'Only residuals of at least this size, whatever their sign.' })
  absoluteAtLeastPpm?: number | null;
}

@ObjectType({
  description: 'How many errors lie within the central part of the distribution that is predicted for them.',
})
export class Coverage {
  @Field(() => Float, { description: 'Share of a normal distribution within the limits; 0.6827 within one deviation.' })
  level!: number;

  @Field(() => Float, { description: 'Share of the errors within the same limits.' })
  coverage!: number;
}

@ObjectType({ description: 'Atoms of like standard deviation.' })
export class ReliabilityBin {
  @Field(() => Int, { description: 'Number of atoms.' })
  count!: number;

  @Field(() => Float, { description: 'Smallest standard deviation.' })
  fromPpm!: number;

  @Field(() => Float, { description: 'Largest standard deviation.' })
  toPpm!: number;

  @Field(() => Float, { description: 'Root mean square of the standard deviations: the error they let expect.' })
  rootMeanVariancePpm!: number;

  @Field(() => Float, { description: 'The error that there is.' })
  rmsePpm!: number;
}

@ObjectType({
  description:
    'How far the standard deviations s of a committee tell its errors r, z = r / s, over the atoms with s > 0. Null where there are ' +
    'none. Formulae: docs/methods.md.',
})
export class Calibration {
  @Field(() => Int, { description: 'Atoms with s > 0.' })
  count!: number;

  @Field(() => Int, { description: 'Atoms with s = 0, which are left out.' })
  withoutSpread!: number;

  @Field(() => Float, { nullable: true, description: '0 if errors are centred.' })
  meanZ!: number | null;

  @Field(() => Float, { nullable: true, description: 'Above 1 if standard deviations are too small.' })
  standardDeviationZ!: number | null;

  @Field(() => [Coverage], { description: 'At 50, 68.27, 90 and 95 %.' })
  coverage!: readonly Coverage[];

  @Field(() => Float, { nullable: true, description: 'Mean of |coverage - level| over the levels of 1 to 99 %.' })
  expectedCalibrationError!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean of -log of the density (1/ppm) of a normal distribution of deviation s at r.',
  })
  negativeLogLikelihood!: number | null;

  @Field(() => Float, { nullable: true, description: "Spearman's correlation of |r| and s." })
  spearman!: number | null;

  @Field(() => Float, { nullable: true, description: 'Root mean square of s.' })
  sharpnessPpm!: number | null;

  @Field(() => [ReliabilityBin], { description: 'Up to ten bins of equal count, by rising s.' })
  reliability!: readonly ReliabilityBin[];

  @Field(() => Float, {
    nullable: true,
    description: 'Mean of |rootMeanVariance - rmse| / rootMeanVariance over the bins.',
  })
  expectedNormalizedCalibrationError!: number | null;
}
