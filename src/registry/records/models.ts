import type { Split } from '../../chemistry/calculation-record.ts';
import type { Hyperparameters, ModelKind, Target, TrialOutcome, TrialProgress } from '../../ml/model.ts';
import type { RegressionMetrics } from '../../ml/statistics/metrics.ts';
import type { StudyCell } from '../../ml/study/grid.ts';
import type { PredictionWarning } from '../warnings.ts';
import type { Recorded, RunState } from './common.ts';

export interface Model extends Recorded {
  readonly name: string;
}

export interface TrainingRun extends Recorded {
  readonly modelId: string;
  readonly kind: ModelKind;
  readonly state: RunState;
  /** Of its trials among those that wait, -100 to 100; the largest comes first. */
  readonly priority: number;
  readonly datasetVersionId: string;
  readonly featureSetId: string | null;
  readonly target: Target;
  readonly hyperparameters: Hyperparameters;
  /** The version whose trials the run repeats; null for a run that makes a version of its own. */
  readonly reproducedVersionId: string | null;
  readonly failure: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface Trial {
  readonly id: string;
  readonly trainingRunId: string;
  readonly ordinal: number;
  readonly seed: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly worker: string | null;
  readonly progress: TrialProgress | null;
  readonly outcome: TrialOutcome | null;
  readonly weightsSha256: string | null;
  /** From where a later attempt goes on. */
  readonly checkpointSha256: string | null;
  readonly failure: string | null;
  readonly startedAt: Date | null;
  readonly updatedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface StudySettings {
  readonly epochs: number;
  readonly seeds: readonly number[];
  readonly alphas: readonly number[];
}

/** One training of a study, or why it was left out. */
export interface StudyPart extends StudyCell {
  /** Of its model. */
  readonly name: string;
  readonly trainingRunId: string | null;
  readonly leftOut: string | null;
}

/** The paper's grid of trainings on one data set version. */
export interface Study extends Recorded {
  readonly datasetVersionId: string;
  readonly settings: StudySettings;
  readonly settingsSha256: string;
  readonly parts: readonly StudyPart[];
}

/** The best epoch of one seed, as one of those whose mean a committee predicts. */
export interface CommitteeMember {
  readonly trialId: string;
  readonly seed: number;
  readonly epoch: number;
  /** As trained, in units of the fitted target. */
  readonly validationLoss: number;
  readonly weightsSha256: string;
}

export interface ModelVersion extends Recorded {
  readonly modelId: string;
  readonly version: number;
  readonly kind: ModelKind;
  readonly trainingRunId: string;
  readonly trialId: string;
  readonly datasetVersionId: string;
  readonly featureSetId: string | null;
  readonly target: Target;
  readonly hyperparameters: Hyperparameters;
  readonly outcome: TrialOutcome;
  /** Of the best trial. */
  readonly weightsSha256: string;
  /** In the order of the seeds; null unless it is a committee. */
  readonly members: readonly CommitteeMember[] | null;
  readonly archivedAt: Date | null;
  readonly archivedBy: string | null;
  readonly archiveReason: string | null;
  /** When weights were found damaged or missing; null once they were found right again. */
  readonly quarantinedAt: Date | null;
  readonly quarantineReason: string | null;
}

export const MODEL_VERSION_STATES = ['ACTIVE', 'ARCHIVED', 'QUARANTINED'] as const;
export type ModelVersionState = (typeof MODEL_VERSION_STATES)[number];

export interface ModelAlias {
  readonly modelId: string;
  readonly alias: string;
  readonly modelVersionId: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export interface ModelAliasChange extends Recorded {
  readonly modelId: string;
  readonly alias: string;
  readonly modelVersionId: string | null;
}

export interface SizeMetrics {
  readonly size: number;
  readonly metrics: RegressionMetrics;
}

/** With what the evaluation's predictions have to be read with; left out of those made before it was looked for. */
export interface EvaluationMetrics extends RegressionMetrics {
  readonly warnings?: readonly PredictionWarning[];
}

export interface Evaluation extends Recorded {
  readonly modelVersionId: string;
  readonly datasetVersionId: string;
  readonly split: Split;
  readonly metrics: EvaluationMetrics;
  readonly metricsBySize: readonly SizeMetrics[];
  /** The calculations in order; the two columns below run over their atoms in the same order. */
  readonly calculationIds: readonly string[];
  readonly calculatedPpm: readonly number[];
  readonly predictedPpm: readonly number[];
  /** Of the predictions, over the members of a committee; null for other versions. */
  readonly standardDeviationsPpm: readonly number[] | null;
}

export interface Prediction extends Recorded {
  readonly modelVersionId: string;
  readonly clusterId: string;
  readonly calculationId: string | null;
  readonly shieldingsPpm: readonly number[];
  /** Over the members of a committee; null for other versions. */
  readonly standardDeviationsPpm: readonly number[] | null;
}
