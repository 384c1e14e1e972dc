import { createUnionType, Field, Float, Int, ObjectType } from 'type-graphql';
import type { Hyperparameters } from '../ml/model.ts';
import { connectionOf, Node, Recorded } from './common.ts';
import { LossEnum, ModelKindEnum, RunStateEnum, SchNetEngineEnum, TargetEnum } from './enums.ts';

@ObjectType({ description: 'One point of a learning curve (SchNet) or of a regularisation path (Lasso).' })
export class CurvePoint {
  @Field(() => Float, { description: 'Epoch, or alpha.' })
  x!: number;

  @Field(() => Float, { description: 'Loss as trained, in units of the fitted target.' })
  trainLoss!: number;

  @Field(() => Float, { description: 'Loss as trained, in units of the fitted target.' })
  validationLoss!: number;

  @Field(() => Float, { nullable: true })
  trainRmsePpm!: number | null;

  @Field(() => Float, { nullable: true })
  validationRmsePpm!: number | null;

  @Field(() => Float, { nullable: true, description: 'That the epoch or the fit took.' })
  seconds!: number | null;
}

@ObjectType()
export class TrialProgress {
  @Field(() => Int, { description: 'Epochs trained or alphas fitted.' })
  step!: number;

  @Field(() => Int, { description: 'Epochs or alphas asked for.' })
  steps!: number;

  @Field(() => CurvePoint, { nullable: true, description: 'The newest point.' })
  point!: CurvePoint | null;

  @Field(() => Float)
  seconds!: number;
}

@ObjectType({ description: 'What one trial found.' })
export class TrialOutcome {
  @Field(() => Float, { description: 'Validation loss as trained at its best; the trial with the lowest one is kept.' })
  selectionLoss!: number;

  @Field(() => Float)
  trainRmsePpm!: number;

  @Field(() => Float)
  validationRmsePpm!: number;

  @Field(() => Float, { description: 'Mean of the training shieldings: what a model has to beat.' })
  trainingMeanPpm!: number;

  @Field(() => Int, { nullable: true, description: 'SchNet: the epoch whose weights were kept.' })
  bestEpoch!: number | null;

  @Field(() => Float, { nullable: true, description: 'Lasso: the alpha that was kept.' })
  alpha!: number | null;

  @Field(() => Int, { nullable: true, description: 'Lasso: coefficients that are not 0.' })
  nonZero!: number | null;

  @Field(() => String, {
    description: 'What computed it; of SchNet also the backend, and at which distances filters were evaluated.',
  })
  engine!: string;

  @Field(() => Float)
  seconds!: number;

  @Field(() => [CurvePoint])
  curve!: CurvePoint[];
}

@ObjectType({ implements: Node, description: 'One seed of a training run.' })
export class Trial extends Node {
  @Field(() => Int, { description: 'From 0.' })
  ordinal!: number;

  @Field(() => Int)
  seed!: number;

  @Field(() => RunStateEnum)
  state!: string;

  @Field(() => Int, { description: 'How often a worker took it.' })
  attempt!: number;

  @Field(() => String, { nullable: true })
  worker!: string | null;

  @Field(() => TrialProgress, { nullable: true })
  progress!: TrialProgress | null;

  @Field(() => TrialOutcome, { nullable: true })
  outcome!: TrialOutcome | null;

  @Field(() => String, { nullable: true })
  weightsSha256!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it failed or was cancelled, or what set an attempt back.' })
  failure!: string | null;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  updatedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType()
export class LassoSettings {
  @Field(() => [Float])
  alphas!: number[];
}

@ObjectType()
export class SchNetSettings {
  @Field(() => SchNetEngineEnum)
  engine!: string;

  @Field(() => Int)
  atomBasis!: number;

  @Field(() => Int)
  filters!: number;

  @Field(() => Int)
  gaussians!: number;

  @Field(() => Int)
  interactions!: number;

  @Field(() => Float)
  cutoffAngstrom!: number;

  @Field(() => LossEnum)
  loss!: string;

  @Field(() => Float)
  distributionWeight!: number;

  @Field(() => Float)
  learningRate!: number;

  @Field(() => Float)
  learningRateDecay!: number;

  @Field(() => Int, { nullable: true })
  patienceEpochs!: number | null;

  @Field(() => Float, { nullable: true })
  largestGradientNorm!: number | null;

  @Field(() => Float, { nullable: true })
  maxMinutes!: number | null;

  @Field(() => Int)
  batchSize!: number;

  @Field(() => Int)
  epochs!: number;

  @Field(() => [Int])
  seeds!: number[];

  @Field(() => Boolean)
  committee!: boolean;
}

export const HyperparametersUnion = createUnionType({
  name: 'Hyperparameters',
  types: () => [LassoSettings, SchNetSettings] as const,
  resolveType: (value: unknown) => ((value as Hyperparameters).kind === 'LASSO' ? LassoSettings : SchNetSettings),
});

@ObjectType({ implements: [Node, Recorded], description: 'One request to train, tried once for each seed.' })
export class TrainingRun extends Recorded {
  @Field(() => ModelKindEnum)
  kind!: string;

  @Field(() => RunStateEnum)
  state!: string;

  @Field(() => TargetEnum)
  target!: string;

  @Field(() => Int, { description: 'Of trials that wait, those of the largest priority come first.' })
  priority!: number;

  @Field(() => String, { nullable: true })
  failure!: string | null;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'What is new of a trial.' })
export class TrialUpdate {
  @Field(() => Trial)
  trial!: Trial;

  @Field(() => [CurvePoint], { description: 'Points of its curve that were not told before, in order.' })
  points!: CurvePoint[];
}

@ObjectType({ description: 'What is new of a training run.' })
export class TrainingRunUpdate {
  @Field(() => TrainingRun, { name: 'trainingRun' })
  run!: TrainingRun;

  @Field(() => [TrialUpdate], { description: 'Trials of which something is new; in the first update all of them.' })
  trials!: TrialUpdate[];
}

export const CurvePointConnection = connectionOf(() => CurvePoint, 'CurvePoint');
export const TrainingRunConnection = connectionOf(() => TrainingRun, 'TrainingRun');
