import type { CurvePoint } from '../../ml/model.ts';
import type * as records from '../records.ts';
import type { Collection } from './collections.ts';

/** What a worker holds: the id of a job's subject, and the attempt number under which it took it. */
export interface Held {
  readonly id: string;
  readonly attempt: number;
}

export type RequestedJob = Pick<records.Job, 'kind' | 'subjectId' | 'priority' | 'requestId' | 'createdBy'>;

/**
 * Jobs, one a subject. State, attempt, worker, failure and times of trials, imports and cluster runs are copies of their job's;
 * attempts are written as the job changes.
 */
export interface JobCollection extends Collection<records.Job> {
  /** Makes the job of a subject, or opens the one it has once more. */
  request(job: RequestedJob): Promise<records.Job>;
  /** The job of a subject, which nobody else changes until the transaction ends. */
  lockOf(kind: records.JobKind, subjectId: string): Promise<records.Job | null>;
  /** Gives an open job, locked, to a worker: raises its attempt number, which is the fence. */
  take(id: string, worker: string, delivery: string | null): Promise<records.Job>;
  /** Writes to a job that is running under this attempt; false if it is not any more. */
  updateHeld(kind: records.JobKind, held: Held, changes: Partial<records.Job>): Promise<boolean>;
  /** Whether a job is running under this attempt; if so, it is until the transaction ends. */
  isHeld(kind: records.JobKind, held: Held): Promise<boolean>;
  /** How many jobs of a kind that somebody asked for are running. */
  running(kind: records.JobKind, createdBy: string): Promise<number>;
  /** The jobs of these subjects. */
  ofSubjects(kind: records.JobKind, subjectIds: readonly string[]): Promise<records.Job[]>;
  /** Running jobs of workers of these names. */
  heldBy(workers: readonly string[]): Promise<records.Job[]>;
  /** By job and number. */
  attemptsOf(jobIds: readonly string[]): Promise<records.JobAttempt[]>;
}

/** Workers by their names. */
export interface WorkerCollection {
  findOne(where: Partial<records.Worker>): Promise<records.Worker | null>;
  enter(worker: Pick<records.Worker, 'name' | 'host' | 'pid' | 'version'>): Promise<void>;
  /** Says that a worker lives, and whether it is to take nothing more; null if it is not known any more. */
  beat(name: string): Promise<{ readonly isDraining: boolean } | null>;
  leave(name: string): Promise<void>;
  drain(name: string, by: string): Promise<void>;
  isDraining(name: string): Promise<boolean>;
  /** All that lived within a day, in the order of their coming. */
  statuses(): Promise<records.WorkerStatus[]>;
  /** How many take jobs, on whatever machine. */
  alive(): Promise<number>;
}

export type PlacedClusterRunItem = records.ClusterRunItem & { readonly position: number };

/** What relaxation runs are to relax, and what became of the clusters of runs; both in order. */
export interface ClusterRunItems {
  /** Names all clusters that a run relaxes. */
  addSources(runId: string, clusterIds: readonly string[]): Promise<void>;
  /** At most `limit` of them from this position on. */
  sources(runId: string, from: number, limit: number): Promise<string[]>;
  /** Adds items from this position on. */
  add(runId: string, position: number, items: readonly records.ClusterRunItem[]): Promise<void>;
  /** Items after a position; of one status if it is named. */
  list(
    runId: string,
    page: { readonly after: number; readonly first: number; readonly status: records.ItemStatus | null },
  ): Promise<PlacedClusterRunItem[]>;
  /** Ids of the clusters that came out of a run, in order. */
  clusterIds(runId: string): Promise<string[]>;
}

/** A point of a trial's curve. Steps count from 1 in the order in which the points were made: epochs, or fits. */
export interface PlacedPoint {
  readonly trialId: string;
  readonly step: number;
  readonly point: CurvePoint;
}

/** The curves of trials: those of an outcome, and until there is one those that grow. */
export interface TrialCurves {
  /** Adds points to a curve that grows, in a transaction, in place of whatever an earlier attempt added from the first of their steps on. */
  add(trialId: string, points: readonly Omit<PlacedPoint, 'trialId'>[]): Promise<void>;
  /** Ends a curve that grew: the outcome has it. */
  remove(trialId: string): Promise<void>;
  /** Points behind these steps, by trial and step; at most `limit`. */
  behind(trials: readonly Omit<PlacedPoint, 'point'>[], limit: number): Promise<PlacedPoint[]>;
  /** How many points a curve has. */
  count(trialId: string): Promise<number>;
}

/** Hears of changes to records of one kind, training runs with their trials, or jobs, whichever process makes them. */
export interface Changes {
  /**
   * Calls `changed` after every change to the record that is made from now on, and now and then for nothing: also when changes
   * may have gone unheard. Ends with the function that it answers.
   */
  watch(id: string, changed: () => void): () => void;
}
