/**
 * What a model is to the rest of the house, whatever its kind: what it is asked to learn, what it reports on the way, what
 * comes out. The bytes of a model are self-contained: weights, transforms and features travel in one safetensors file.
 */
import type { Structure } from '../chemistry/structure.ts';
import type { FeatureSetDefinition } from './features/feature-set.ts';
import type { TargetTransformKind } from './target-transform.ts';
import type { TrainedDistances } from './trained-distances.ts';

export const MODEL_KINDS = ['LASSO', 'SCHNET'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export const TARGETS = ['DIRECT', 'TRANSFORMED', 'UNSCALED'] as const;
/**
 * DIRECT: standardised shieldings. TRANSFORMED: through the generalised logistic distribution to a normal one. UNSCALED: in ppm, as
 * they are.
 */
export type Target = (typeof TARGETS)[number];

export const LASSO_SELECTIONS = ['VALIDATION', 'CROSS_VALIDATION'] as const;
/** By what alpha is chosen: the RMSE in ppm on the validation split, or that on left-out clusters of the training split. */
export type LassoSelection = (typeof LASSO_SELECTIONS)[number];

export const TRANSFORM_OF_TARGET: Readonly<Record<Target, TargetTransformKind>> = {
  DIRECT: 'STANDARDIZE',
  TRANSFORMED: 'GENERALIZED_LOGISTIC',
  UNSCALED: 'NONE',
};

export interface LassoSettings {
  readonly kind: 'LASSO';
  readonly alphas: readonly number[];
  /** Left out of settings from before there was a choice: VALIDATION. */
  readonly selection?: LassoSelection;
  /** Of a cross-validation. */
  readonly folds?: number;
}

export const SCHNET_ENGINES = ['WASM', 'TENSORFLOW'] as const;
/** WASM: kernels of our own, the same bits on every machine. TENSORFLOW: tfjs, the readable reference. */
export type SchNetEngineName = (typeof SCHNET_ENGINES)[number];

export interface SchNetSettings {
  readonly kind: 'SCHNET';
  readonly engine: SchNetEngineName;
  readonly atomBasis: number;
  readonly filters: number;
  readonly gaussians: number;
  readonly interactions: number;
  readonly cutoffAngstrom: number;
  readonly loss: 'MSE' | 'DISTRIBUTION';
  readonly distributionWeight: number;
  readonly learningRate: number;
  readonly learningRateDecay: number;
  readonly patienceEpochs: number | null;
  readonly largestGradientNorm: number | null;
  readonly maxMinutes: number | null;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seeds: readonly number[];
  /** Whether the best of every seed predicts, or the best of all. */
  readonly committee: boolean;
}

export type Hyperparameters = LassoSettings | SchNetSettings;

export interface TrialProgress {
  /** Epochs done of those asked for (SchNet) or alphas fitted (Lasso). */
  readonly step: number;
  readonly steps: number;
  /** The newest point of the curve. */
  readonly point: CurvePoint | null;
  readonly seconds: number;
}

/** What a trial found; `selectionLoss` decides between trials (the validation loss as trained). */
export interface TrialOutcome {
  readonly selectionLoss: number;
  readonly validationRmsePpm: number;
  readonly trainRmsePpm: number;
  readonly trainingMeanPpm: number;
  readonly bestEpoch: number | null;
  readonly alpha: number | null;
  readonly nonZero: number | null;
  readonly engine: string;
  readonly seconds: number;
  readonly curve: readonly CurvePoint[];
  /** Null: the model sees no distances. Left out of outcomes from before they were recorded. */
  readonly distances?: TrainedDistances | null;
  /** Of a Lasso, ascending in alpha. Left out of outcomes of others, and from before it was recorded. */
  readonly lassoPath?: readonly LassoPathPoint[];
}

/** What the fit for one alpha came to. */
export interface LassoPathPoint {
  readonly alpha: number;
  readonly nonZero: number;
  /** (1 / (2n)) |t - Zw - b|^2 + alpha |w|_1, in units of the fitted target. */
  readonly objective: number;
  readonly dualityGap: number;
  readonly trainRmsePpm: number;
  readonly validationRmsePpm: number;
  /** Over the atoms of all folds, each predicted without its fold; null where alpha was chosen without. */
  readonly crossValidationRmsePpm: number | null;
}

/** One point of a learning curve (SchNet: x is the epoch) or of a regularisation path (Lasso: x is alpha). */
export interface CurvePoint {
  readonly x: number;
  /** Losses as trained, in units of the target that was fitted. */
  readonly trainLoss: number;
  readonly validationLoss: number;
  /** Null where only losses are known while training: SchNet on a transformed target. */
  readonly trainRmsePpm: number | null;
  readonly validationRmsePpm: number | null;
  /** That the epoch or the fit took; null in trainings from before this was kept. */
  readonly seconds: number | null;
}

/** One cluster as a model sees it. */
export interface ModelInput {
  readonly name: string;
  readonly structure: Structure;
  readonly populationLabels: readonly string[] | null;
  readonly grossOrbitalPopulations: Float64Array | null;
}

export interface LabelledInput extends ModelInput {
  readonly shieldingsPpm: Float64Array;
}

export interface TrainingTask {
  readonly settings: Hyperparameters;
  readonly seed: number;
  readonly target: Target;
  readonly features: FeatureSetDefinition | null;
  readonly train: readonly LabelledInput[];
  readonly validation: readonly LabelledInput[];
  /** A checkpoint of an earlier attempt, if it left one. */
  readonly resumeFrom: Uint8Array | null;
}

/** What a SchNet training will take is measured on, a part of its data. */
export interface MeasurementTask {
  readonly settings: SchNetSettings;
  readonly target: Target;
  readonly train: readonly LabelledInput[];
  readonly validation: readonly LabelledInput[];
}

/** Who hears of a training on its way. */
export interface TrainingListener {
  onProgress(progress: TrialProgress): void;
  /** All that a later attempt needs to go on from there, from time to time. */
  onCheckpoint(checkpoint: Uint8Array): void;
  /** Looked at after every step: once it is true, the training gives a last checkpoint, if it has any, and throws TrainingPaused. */
  isToPause?(): boolean;
}

/** A training ended because its listener asked for that; it can go on from its last checkpoint. */
export class TrainingPaused extends Error {
  constructor() {
    super('the training was paused');
  }
}

/** One kind of model. `encode`d weights are all that `predict` needs. */
export interface ModelImplementation {
  /** Names the layout of the model file, such as `natrium-lasso/1`. */
  readonly format: string;
  train(
    task: TrainingTask,
    listener: TrainingListener,
  ): Promise<{ readonly weights: Uint8Array; readonly outcome: TrialOutcome }>;
  /** Shieldings in ppm, one array a cluster. */
  predict(weights: Uint8Array, inputs: readonly ModelInput[]): Promise<Float64Array[]>;
}
