/**
 * The registry's nouns as they are stored and passed between the parts. Ids are those of the store; the API makes them
 * global. Shieldings are in ppm, positions in Å and flattened row-major.
 */
import type { LevelOfTheory, Split, TensorIndexOrder } from '../chemistry/calculation-record.ts';
import type { FileFormat } from '../chemistry/formats.ts';
import type { RelaxationOptions } from '../chemistry/relaxation.ts';
import type { GenerationParameters } from '../chemistry/s-blda/generator.ts';
import type { StructureShape } from '../chemistry/structure-shape.ts';
import type { FeatureSetDefinition } from '../ml/features/feature-set.ts';
import type { Hyperparameters, ModelKind, Target, TrialOutcome, TrialProgress } from '../ml/model.ts';
import type { RegressionMetrics } from '../ml/statistics/metrics.ts';
import type { StudyCell } from '../ml/study/grid.ts';
import type { PredictionWarning } from './warnings.ts';

/** What every record says about its making. */
export interface Recorded {
  readonly id: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export type Provenance = Readonly<Record<string, string | number | boolean>>;

export const ROLES = ['READER', 'CONTRIBUTOR', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

export interface ApiToken extends Recorded {
  readonly name: string;
  readonly role: Role;
  readonly secretSha256: string;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

export interface LevelOfTheoryRecord extends Recorded, LevelOfTheory {}

/** The shielding of a nucleus in the compound whose shift is 0, at a level of theory. A new one is the next version. */
export interface ShieldingReference extends Recorded {
  /** Such as `23Na`. */
  readonly nucleus: string;
  readonly levelOfTheoryId: string;
  readonly version: number;
  readonly shieldingPpm: number;
  readonly compound: string;
  readonly source: string;
}

export interface Cluster extends Recorded, StructureShape {
  readonly identitySha256: string;
  readonly fingerprint: string;
  readonly label: string | null;
  readonly formula: string;
  readonly size: number;
  readonly atomicNumbers: readonly number[];
  readonly positionsAngstrom: readonly number[];
  readonly charge: number;
  readonly multiplicity: number;
  readonly provenance: Provenance;
  readonly sourceSha256: string | null;
  readonly sourceLine: number | null;
}

/** How a cluster came out of another one: relaxed in this registry, or optimised by the program whose output was imported. */
export const CLUSTER_RELATIONS = ['RELAXATION', 'OPTIMIZATION'] as const;
export type ClusterRelation = (typeof CLUSTER_RELATIONS)[number];

/** A cluster and one that it came out of. */
export interface ClusterParent {
  readonly clusterId: string;
  readonly parentId: string;
  readonly relation: ClusterRelation;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** A cluster without its atoms: what tells whether it may be like another one. */
export interface ClusterShape extends StructureShape {
  readonly clusterId: string;
  readonly formula: string;
  readonly charge: number;
  readonly size: number;
}

export interface Calculation extends Recorded {
  readonly contentSha256: string;
  readonly clusterId: string;
  readonly levelOfTheoryId: string;
  readonly label: string | null;
  readonly energyHartree: number | null;
  readonly spinSquared: number | null;
  readonly shieldingGauge: string | null;
  readonly shieldingsPpm: readonly number[];
  readonly shieldingTensorsPpm: readonly number[] | null;
  readonly tensorIndexOrder: TensorIndexOrder;
  readonly populationLabels: readonly string[] | null;
  /** NaN for an orbital that an atom lacks. */
  readonly grossOrbitalPopulations: readonly number[] | null;
  /** NaN for an atom without one. */
  readonly electricFieldGradientsAu: readonly number[] | null;
  readonly givenSplit: Split | null;
  readonly provenance: Provenance;
  readonly sourceSha256: string | null;
  readonly sourceFileName: string | null;
  readonly sourceLine: number | null;
  readonly invalidatedAt: Date | null;
  readonly invalidatedBy: string | null;
  readonly invalidationReason: string | null;
}

/** A calculation without its values, and what its cluster is. */
export type CalculationSummary = Pick<
  Calculation,
  'id' | 'contentSha256' | 'clusterId' | 'levelOfTheoryId' | 'label' | 'givenSplit' | 'invalidationReason'
> &
  Pick<Cluster, 'size' | 'formula'>;

/** What a calculation says of its atoms' lines in a spectrum. */
export interface CalculationLines extends Pick<Calculation, 'id' | 'shieldingsPpm' | 'electricFieldGradientsAu'> {
  readonly atomicNumbers: readonly number[];
}

export interface Dataset extends Recorded {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly citation: string | null;
  readonly doi: string | null;
}

/** How the clusters of a data set version were told apart; always by cluster, never by atom. */
export type SplitMethod =
  | { readonly kind: 'AS_GIVEN' }
  | { readonly kind: 'BY_SIZE'; readonly validationSizes: readonly number[]; readonly testSizes: readonly number[] }
  | { readonly kind: 'BY_LIST' };

export interface SplitCount {
  readonly split: Split;
  readonly clusters: number;
  readonly atoms: number;
}

export interface DatasetVersion extends Recorded {
  readonly datasetId: string;
  readonly version: number;
  /** sha256 over the content hashes of the calculations and their splits, in order. */
  readonly sha256: string;
  readonly splitMethod: SplitMethod;
  readonly levelOfTheoryIds: readonly string[];
  readonly splitCounts: readonly SplitCount[];
}

export interface DatasetMember {
  readonly calculationId: string;
  readonly split: Split;
}

/** A member with where it stands in its version, from 0, its cluster, and the number of its atoms. */
export interface PlacedMember extends DatasetMember {
  readonly position: number;
  readonly clusterId: string;
  readonly size: number;
}

/** Where the tensors and populations of calculations are; the frame as provenance names it. */
export interface CalculationFrame {
  readonly program: string;
  readonly frame: string | null;
}

/** By which an evaluated cluster and one that a version was trained or validated on are the same. */
export const LIKENESS_KINDS = ['IDENTITY', 'FINGERPRINT'] as const;
export type LikenessKind = (typeof LIKENESS_KINDS)[number];

/** A cluster that a data set version holds, itself or as a copy. */
export interface HeldCluster {
  readonly clusterId: string;
  readonly heldClusterId: string;
  readonly split: 'train' | 'validation';
  readonly by: LikenessKind;
}

/** What the calculations of a data set version have, taken together. */
export interface VersionContents {
  /** Labels of gross orbital populations, in the order in which they first come. */
  readonly populationLabels: readonly string[];
  readonly shieldingTensors: boolean;
  readonly fieldGradients: boolean;
  readonly provenance: boolean;
}

export const EXPORT_FORMATS = ['EXTXYZ', 'CSV', 'QCSCHEMA', 'ARROW'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file of a data set version that was made; its bytes are an artifact. */
export interface Export extends Recorded {
  readonly datasetVersionId: string;
  readonly format: ExportFormat;
  /** Features that stand in it, if any. */
  readonly featureSetId: string | null;
  readonly sha256: string;
  readonly byteLength: string;
}

export interface FeatureSet extends Recorded {
  readonly name: string;
  readonly version: number;
  readonly definition: FeatureSetDefinition;
  readonly sha256: string;
  readonly needsDft: boolean;
}

export interface Model extends Recorded {
  readonly name: string;
}

export const RUN_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type RunState = (typeof RUN_STATES)[number];

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

export interface Artifact {
  readonly sha256: string;
  readonly byteLength: string;
  readonly mediaType: string;
  readonly fileName: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** A file on its way in, or come in. */
export interface Upload extends Recorded {
  readonly fileName: string;
  /** Unguessable: whoever knows it may put the bytes. */
  readonly key: string;
  readonly expiresAt: Date;
  /** How long the file is, if its maker said so. */
  readonly announcedBytes: string | null;
  /** Both null until an import has made an artifact of the bytes. */
  readonly byteLength: string | null;
  readonly sha256: string | null;
}

export const IMPORT_CONTENTS = ['CALCULATIONS', 'STRUCTURES'] as const;
export type ImportContent = (typeof IMPORT_CONTENTS)[number];

/** Background work that answers for items one by one. */
export interface ItemWork extends Recorded {
  readonly state: RunState;
  readonly attempt: number;
  readonly worker: string | null;
  readonly failure: string | null;
  readonly inserted: number;
  readonly existing: number;
  readonly rejected: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** A background import of uploads. */
export interface Import extends ItemWork {
  readonly content: ImportContent;
  /** Null: as each file begins. */
  readonly format: FileFormat | null;
  /** For items that name none themselves. */
  readonly levelOfTheory: LevelOfTheory | null;
  readonly uploadIds: readonly string[];
  /** Where it goes on: the upload, the file in it and the item in that. */
  readonly nextUpload: number;
  readonly nextEntry: number;
  readonly nextItem: number;
}

export const ITEM_STATUSES = ['INSERTED', 'EXISTING', 'REJECTED'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** What became of one item of an imported file. */
export interface ImportedItem {
  /** Name of the file; of one in an archive, behind the archive's name. */
  readonly file: string;
  readonly line: number;
  readonly label: string | null;
  readonly status: ItemStatus;
  readonly clusterId: string | null;
  readonly calculationId: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export const CLUSTER_RUN_KINDS = ['GENERATION', 'RELAXATION'] as const;
export type ClusterRunKind = (typeof CLUSTER_RUN_KINDS)[number];

export type RelaxationSettings = Required<RelaxationOptions>;

/** A background run that makes clusters. As many of `total` are done as the three counts add up to. */
export interface ClusterRun extends ItemWork {
  readonly kind: ClusterRunKind;
  readonly settings: GenerationParameters | RelaxationSettings;
  readonly total: number;
}

/** How a cluster was relaxed. */
export interface RelaxationOutcome {
  readonly energyBeforeEv: number;
  readonly energyAfterEv: number;
  readonly largestForceEvPerAngstrom: number;
  readonly steps: number;
}

/** What became of one cluster of a run. */
export interface ClusterRunItem {
  readonly status: ItemStatus;
  readonly sourceClusterId: string | null;
  readonly clusterId: string | null;
  readonly relaxation: RelaxationOutcome | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export const JOB_KINDS = ['TRIAL', 'COMPLETION', 'IMPORT', 'CLUSTER_RUN'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Work that workers do: a trial, the completion of a training run, an import or a cluster run, its subject. */
export interface Job extends Recorded {
  readonly kind: JobKind;
  readonly subjectId: string;
  readonly state: RunState;
  /** How often it was taken; whatever is written for it counts only under the newest number. */
  readonly attempt: number;
  /** The newest attempt that stored something from which a later one goes on; 0 if none did. */
  readonly fruitfulAttempt: number;
  /** Among those that wait, -100 to 100; the largest comes first. */
  readonly priority: number;
  readonly worker: string | null;
  /** Id of the queue's delivery which the newest attempt came of. */
  readonly delivery: string | null;
  readonly failure: string | null;
  /** Of the request that asked for it. */
  readonly requestId: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** RELEASED: its worker stopped, or had to wait. TAKEN_OVER: its worker fell silent. SET_BACK: it failed and is tried again. */
export const ATTEMPT_ENDINGS = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'RELEASED', 'TAKEN_OVER', 'SET_BACK'] as const;
export type AttemptEnding = (typeof ATTEMPT_ENDINGS)[number];

/** One time that a worker took a job. */
export interface JobAttempt {
  readonly jobId: string;
  /** From 1. */
  readonly number: number;
  readonly worker: string;
  readonly host: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly ending: AttemptEnding | null;
  readonly reason: string | null;
}

/** A worker process. */
export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  readonly drainingAt: Date | null;
  readonly drainedBy: string | null;
  readonly endedAt: Date | null;
}

export const WORKER_STATES = ['ALIVE', 'DRAINING', 'GONE'] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

export interface WorkerStatus
  extends Pick<Worker, 'name' | 'host' | 'pid' | 'version' | 'startedAt' | 'heartbeatAt' | 'drainedBy'> {
  readonly state: WorkerState;
}
