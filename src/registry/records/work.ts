import type { LevelOfTheory } from '../../chemistry/calculation-record.ts';
import type { FileFormat } from '../../chemistry/formats.ts';
import type { RelaxationOptions } from '../../chemistry/relaxation.ts';
import type { GenerationParameters } from '../../chemistry/s-blda/generator.ts';
import type { Recorded, RunState } from './common.ts';

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
