import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Split } from '../../chemistry/calculation-record.ts';
import type { Hyperparameters, ModelKind, Target, TrialOutcome, TrialProgress } from '../../ml/model.ts';
import type {
  CommitteeMember,
  Evaluation,
  EvaluationMetrics,
  Model,
  ModelAliasChange,
  ModelVersion,
  Prediction,
  RunState,
  SizeMetrics,
  TrainingRun,
  Trial,
} from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'models' })
export class ModelEntity extends RecordedEntity implements Model {
  @Column('text')
  name!: string;
}

@Entity({ name: 'training_runs' })
export class TrainingRunEntity extends RecordedEntity implements TrainingRun {
  @Column('bigint')
  modelId!: string;

  @Column('text')
  kind!: ModelKind;

  @Column('text')
  state!: RunState;

  @Column('bigint')
  datasetVersionId!: string;

  @Column('bigint', { nullable: true })
  featureSetId!: string | null;

  @Column('text')
  target!: Target;

  @Column('jsonb')
  hyperparameters!: Hyperparameters;

  @Column('integer')
  priority!: number;

  @Column('bigint', { nullable: true })
  reproducedVersionId!: string | null;

  @Column('text', { nullable: true })
  failure!: string | null;

  @Column('timestamptz', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  finishedAt!: Date | null;
}

@Entity({ name: 'trials' })
export class TrialEntity implements Trial {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('bigint')
  trainingRunId!: string;

  @Column('integer')
  ordinal!: number;

  @Column('bigint')
  seed!: string;

  @Column('text')
  state!: RunState;

  @Column('integer')
  attempt!: number;

  @Column('text', { nullable: true })
  worker!: string | null;

  @Column('jsonb', { nullable: true })
  progress!: TrialProgress | null;

  @Column('jsonb', { nullable: true })
  outcome!: TrialOutcome | null;

  @Column('text', { nullable: true })
  weightsSha256!: string | null;

  @Column('text', { nullable: true })
  checkpointSha256!: string | null;

  @Column('text', { nullable: true })
  failure!: string | null;

  @Column('timestamptz', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  updatedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  finishedAt!: Date | null;
}

@Entity({ name: 'model_versions' })
export class ModelVersionEntity extends RecordedEntity implements ModelVersion {
  @Column('bigint')
  modelId!: string;

  @Column('integer')
  version!: number;

  @Column('text')
  kind!: ModelKind;

  @Column('bigint')
  trainingRunId!: string;

  @Column('bigint')
  trialId!: string;

  @Column('bigint')
  datasetVersionId!: string;

  @Column('bigint', { nullable: true })
  featureSetId!: string | null;

  @Column('text')
  target!: Target;

  @Column('jsonb')
  hyperparameters!: Hyperparameters;

  @Column('jsonb')
  outcome!: TrialOutcome;

  @Column('text')
  weightsSha256!: string;

  @Column('jsonb', { nullable: true })
  members!: CommitteeMember[] | null;

  @Column('timestamptz', { nullable: true })
  archivedAt!: Date | null;

  @Column('text', { nullable: true })
  archivedBy!: string | null;

  @Column('text', { nullable: true })
  archiveReason!: string | null;

  @Column('timestamptz', { nullable: true })
  quarantinedAt!: Date | null;

  @Column('text', { nullable: true })
  quarantineReason!: string | null;
}

@Entity({ name: 'model_alias_changes' })
export class ModelAliasChangeEntity extends RecordedEntity implements ModelAliasChange {
  @Column('bigint')
  modelId!: string;

  @Column('text')
  alias!: string;

  @Column('bigint', { nullable: true })
  modelVersionId!: string | null;
}

@Entity({ name: 'evaluations' })
export class EvaluationEntity extends RecordedEntity implements Evaluation {
  @Column('bigint')
  modelVersionId!: string;

  @Column('bigint')
  datasetVersionId!: string;

  @Column('text')
  split!: Split;

  @Column('jsonb')
  metrics!: EvaluationMetrics;

  @Column('jsonb')
  metricsBySize!: SizeMetrics[];

  @Column('bigint', { array: true })
  calculationIds!: string[];

  @Column('double precision', { array: true })
  calculatedPpm!: number[];

  @Column('double precision', { array: true })
  predictedPpm!: number[];

  @Column('double precision', { array: true, nullable: true })
  standardDeviationsPpm!: number[] | null;
}

@Entity({ name: 'predictions' })
export class PredictionEntity extends RecordedEntity implements Prediction {
  @Column('bigint')
  modelVersionId!: string;

  @Column('bigint')
  clusterId!: string;

  @Column('bigint', { nullable: true })
  calculationId!: string | null;

  @Column('double precision', { array: true })
  shieldingsPpm!: number[];

  @Column('double precision', { array: true, nullable: true })
  standardDeviationsPpm!: number[] | null;
}
