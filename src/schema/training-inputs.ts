import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { DEFAULT_FOLDS } from '../ml/lasso/folds.ts';
import { LASSO_ALPHAS } from '../ml/lasso/lasso.ts';
import type { LassoSelection, SchNetEngineName, Target } from '../ml/model.ts';
import { SCHNET_DEFAULTS } from '../ml/schnet/hyperparameters.ts';
import { DEFAULT_DISTRIBUTION_WEIGHT } from '../ml/schnet/loss.ts';
import { PAPER_SEEDS, SCHNET_TRAINING_DEFAULTS } from '../ml/schnet/training.ts';
import { IDEMPOTENCY_KEY, MutationInput, PRIORITY } from './common.ts';
import { LassoSelectionEnum, LossEnum, SchNetEngineEnum, TargetEnum } from './enums.ts';

@InputType()
abstract class TrainInput {
  @Field(() => String, { description: 'Name of the model that gets the new version; made if there is none.' })
  model!: string;

  @Field(() => String, { description: 'Written `name/1`. Needs clusters in train and in validation.' })
  datasetVersion!: string;

  @Field(() => TargetEnum, { defaultValue: 'DIRECT' })
  target!: Target;
}

@InputType()
export class TrainLassoInput extends TrainInput {
  @Field(() => String, { description: 'Written `name/1`, or `name` for the newest version.' })
  featureSet!: string;

  @Field(() => [Float], {
    defaultValue: LASSO_ALPHAS,
    description: '1 to 1,000 numbers above 0, in units of the fitted target; that of the lowest RMSE is kept.',
  })
  alphas!: number[];

  @Field(() => LassoSelectionEnum, { defaultValue: 'VALIDATION' })
  selection!: LassoSelection;

  @Field(() => Int, {
    defaultValue: DEFAULT_FOLDS,
    description: 'Of CROSS_VALIDATION, 2 at least; train needs as many different clusters. A cluster is in one fold.',
  })
  folds!: number;

  @Field(() => Int, { ...PRIORITY, defaultValue: 0 })
  priority!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "What trainSchNet takes, without an idempotency key. Defaults are the paper's." })
export class TrainingEstimateInput extends TrainInput {
  @Field(() => SchNetEngineEnum, { defaultValue: 'WASM' })
  engine!: SchNetEngineName;

  @Field(() => Int, { defaultValue: SCHNET_DEFAULTS.atomBasis, description: 'Features of an atom.' })
  atomBasis!: number;

  @Field(() => Int, { defaultValue: SCHNET_DEFAULTS.filters })
  filters!: number;

  @Field(() => Int, { defaultValue: SCHNET_DEFAULTS.gaussians, description: 'Gaussians on [0, cutoff].' })
  gaussians!: number;

  @Field(() => Int, { defaultValue: SCHNET_DEFAULTS.interactions, description: 'Interaction blocks.' })
  interactions!: number;

  @Field(() => Float, { defaultValue: SCHNET_DEFAULTS.cutoffAngstrom })
  cutoffAngstrom!: number;

  @Field(() => LossEnum, { defaultValue: 'MSE' })
  loss!: 'MSE' | 'DISTRIBUTION';

  @Field(() => Float, {
    defaultValue: DEFAULT_DISTRIBUTION_WEIGHT,
    description: 'Weight a of the sorted term of the distribution loss.',
  })
  distributionWeight!: number;

  @Field(() => Float, { defaultValue: SCHNET_TRAINING_DEFAULTS.learningRate, description: 'Of Adam.' })
  learningRate!: number;

  @Field(() => Float, {
    defaultValue: SCHNET_TRAINING_DEFAULTS.learningRateDecay,
    description: 'Factor of the learning rate from one epoch to the next; 1 keeps it constant.',
  })
  learningRateDecay!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'A trial ends when its validation loss has found no new minimum for so many epochs; never, unless given.',
  })
  patienceEpochs?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'A gradient whose norm over all weights is larger is shortened to it; never, unless given.',
  })
  largestGradientNorm?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'A trial ends after the epoch in which it has trained for so long, and keeps its best; never, unless given.',
  })
  maxMinutes?: number | null;

  @Field(() => Int, { defaultValue: SCHNET_TRAINING_DEFAULTS.batchSize, description: 'Clusters of a mini-batch.' })
  batchSize!: number;

  @Field(() => Int, { defaultValue: SCHNET_TRAINING_DEFAULTS.epochs })
  epochs!: number;

  @Field(() => [Int], { defaultValue: PAPER_SEEDS, description: 'One trial each.' })
  seeds!: number[];

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Keeps the best epoch of every seed, not of the best seed only: the version predicts their mean, with a standard deviation. Needs two seeds.',
  })
  committee!: boolean;
}

@InputType({ description: "Defaults are the paper's." })
export class TrainSchNetInput extends TrainingEstimateInput {
  @Field(() => Int, { ...PRIORITY, defaultValue: 0 })
  priority!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType()
export class TrainingRunInput extends MutationInput {
  @Field(() => ID)
  trainingRun!: string;
}
