import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf, MutationInput, Node, Recorded } from './common.ts';
import { PredictionWarningCodeEnum, SplitEnum } from './enums.ts';

@ObjectType({ description: 'Errors are predicted minus calculated. The training mean is what a model has to beat.' })
export class RegressionMetrics {
  @Field(() => Int, { description: 'Number of atoms.' })
  count!: number;

  @Field(() => Float)
  rmsePpm!: number;

  @Field(() => Float)
  maePpm!: number;

  @Field(() => Float, { description: 'Mean error.' })
  biasPpm!: number;

  @Field(() => Float, { nullable: true, description: '1 - sum of squared errors / sum of squares about the mean.' })
  r2!: number | null;

  @Field(() => Float, { nullable: true })
  pearson!: number | null;

  @Field(() => Float, { nullable: true })
  spearman!: number | null;

  @Field(() => Float, { description: 'RMSE of predicting the mean of the training shieldings for every atom.' })
  trainingMeanRmsePpm!: number;

  @Field(() => Float, { description: 'MAE of predicting the mean of the training shieldings for every atom.' })
  trainingMeanMaePpm!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'R2 of predicting the mean of the training shieldings for every atom.',
  })
  trainingMeanR2!: number | null;

  @Field(() => Float)
  targetStandardDeviationPpm!: number;
}

@ObjectType({ description: 'Metrics over the clusters of one size.' })
export class SizeMetrics {
  @Field(() => Int, { description: 'Atoms of a cluster.' })
  size!: number;

  @Field(() => RegressionMetrics)
  metrics!: RegressionMetrics;
}

@ObjectType({
  implements: [Node, Recorded],
  description: 'One model version on one split of one data set version; made once.',
})
export class Evaluation extends Recorded {
  @Field(() => SplitEnum)
  split!: string;

  @Field(() => RegressionMetrics)
  metrics!: RegressionMetrics;

  @Field(() => [SizeMetrics])
  metricsBySize!: SizeMetrics[];

  @Field(() => [Float], {
    description: 'Column of the calculated shieldings, atom after atom, calculation after calculation.',
  })
  calculatedPpm!: number[];

  @Field(() => [Float], { description: 'Column of predicted shieldings of the same atoms.' })
  predictedPpm!: number[];

  @Field(() => [Float], {
    nullable: true,
    description:
      'Column of the standard deviations of the predictions, over the members of a committee; null for other versions.',
  })
  standardDeviationsPpm!: number[] | null;
}

export const EvaluationConnection = connectionOf(() => Evaluation, 'Evaluation');

@InputType()
export class EvaluateModelVersionInput extends MutationInput {
  @Field(() => String, { description: 'Written `name/3` or `name@champion`.' })
  modelVersion!: string;

  @Field(() => String, { description: 'Written `name/1`.' })
  datasetVersion!: string;

  @Field(() => SplitEnum)
  split!: 'train' | 'validation' | 'test';
}

@InputType({ description: 'A structure that is not stored.' })
export class StructureInput {
  @Field(() => String, { nullable: true })
  label?: string;

  @Field(() => [String], { description: 'Element symbol of each atom.' })
  elements!: string[];

  @Field(() => [[Float]], { description: 'x, y, z of each atom in Å.' })
  positionsAngstrom!: number[][];

  @Field(() => Int, { defaultValue: 0 })
  charge!: number;

  @Field(() => Int, { nullable: true, description: 'The lowest possible one unless given.' })
  multiplicity?: number;
}

@InputType()
export class PredictShieldingsInput extends MutationInput {
  @Field(() => String, { description: 'Written `name/3` or `name@champion`.' })
  modelVersion!: string;

  @Field(() => [ID], { defaultValue: [], description: 'Stored clusters; their predictions are stored.' })
  clusters!: string[];

  @Field(() => [StructureInput], { defaultValue: [], description: 'Given inline; nothing of them is stored.' })
  structures!: StructureInput[];
}

const STANDARD_DEVIATIONS =
  'Sample standard deviation of each atom over the members of a committee; null for other versions.';

@ObjectType({
  description: 'Why the shieldings of a prediction, or of the clusters of an evaluation, may not be what they seem.',
})
export class PredictionWarning {
  @Field(() => PredictionWarningCodeEnum)
  code!: string;

  @Field(() => String)
  message!: string;

  @Field(() => Float, { nullable: true, description: 'Between the two atoms.' })
  distanceAngstrom!: number | null;

  @Field(() => Float, { nullable: true, description: 'Shortest distance of their elements in training; null: none.' })
  trainedFromAngstrom!: number | null;

  @Field(() => Float, { nullable: true, description: 'Longest distance of their elements in training that is seen.' })
  trainedToAngstrom!: number | null;

  @Field(() => Int, { nullable: true, description: 'Pairs of atoms, or atoms, that are like these, in all clusters.' })
  count!: number | null;
}

@ObjectType({
  implements: [Node, Recorded],
  description: 'Shieldings of a stored cluster by a model version; made once.',
})
export class Prediction extends Recorded {
  @Field(() => [Float], { description: 'One an atom, in the order of the cluster.' })
  shieldingsPpm!: number[];

  @Field(() => [Float], { nullable: true, description: STANDARD_DEVIATIONS })
  standardDeviationsPpm!: number[] | null;
}

@ObjectType()
export class PredictedCluster {
  @Field(() => String, { nullable: true })
  label!: string | null;

  @Field(() => [Float], { description: 'One an atom, in the order of the cluster.' })
  shieldingsPpm!: number[];

  @Field(() => [Float], { nullable: true, description: STANDARD_DEVIATIONS })
  standardDeviationsPpm?: number[] | null;
}

@ObjectType()
export class PredictionResult {
  @Field(() => [PredictedCluster], {
    description: 'Stored clusters first, then inline structures, in the order given.',
  })
  predictions!: PredictedCluster[];
}
