import { createUnionType, Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { DEFAULT_FOLDS } from '../ml/lasso/folds.ts';
import { LASSO_ALPHAS } from '../ml/lasso/lasso.ts';
import type { Hyperparameters, LassoSelection, SchNetEngineName, Target } from '../ml/model.ts';
import { SCHNET_DEFAULTS } from '../ml/schnet/hyperparameters.ts';
import { DEFAULT_DISTRIBUTION_WEIGHT } from '../ml/schnet/loss.ts';
import { PAPER_SEEDS, SCHNET_TRAINING_DEFAULTS } from '../ml/schnet/training.ts';
import { connectionOf, IDEMPOTENCY_KEY, MutationInput, Node, Recorded } from './common.ts';
import { LassoSelectionEnum, LossEnum, ModelKindEnum, RunStateEnum, SchNetEngineEnum, TargetEnum } from './enums.ts';

/** Options of the field `priority`. */
const PRIORITY = {
  defaultValue: 0,
  description: '-100 to 100. Of trials that wait for a worker, those of the largest priority come first.',
};

@ObjectType({ implements: [Node, Recorded], description: 'A name under which versions are trained.' })
export class Model extends Recorded {
  @Field(() => String)
  name!: string;
}

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

export const CurvePointConnection = connectionOf(() => CurvePoint, 'CurvePoint');
export const ModelConnection = connectionOf(() => Model, 'Model');
export const TrainingRunConnection = connectionOf(() => TrainingRun, 'TrainingRun');

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

  @Field(() => Int, PRIORITY)
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
  @Field(() => Int, PRIORITY)
  priority!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType()
export class TrainingRunInput extends MutationInput {
  @Field(() => ID)
  trainingRun!: string;
}

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
