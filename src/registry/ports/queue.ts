import type * as records from '../records.ts';

/** What the queue brings to a worker. */
export type QueuedJob =
  | { readonly kind: 'trial'; readonly trialId: string }
  | { readonly kind: 'completion'; readonly trainingRunId: string }
  | { readonly kind: 'import'; readonly importId: string }
  | { readonly kind: 'cluster-run'; readonly clusterRunId: string }
  /** What failed, or whose workers died, too often: somebody has to say so in the records. */
  | { readonly kind: 'lost-trial'; readonly trialId: string }
  | { readonly kind: 'lost-completion'; readonly trainingRunId: string }
  | { readonly kind: 'lost-import'; readonly importId: string }
  | { readonly kind: 'lost-cluster-run'; readonly clusterRunId: string };

export interface Urgency {
  /** -100 to 100; the largest comes first. */
  readonly priority: number;
  /** Work that was begun and given back comes before what nobody has begun yet. */
  readonly isBegun: boolean;
  readonly afterSeconds: number;
}

/** Where workers get their jobs from. */
export interface JobQueue {
  /** Queues a job inside the store's transaction: both happen or neither. */
  enqueue(job: QueuedJob, urgency: Urgency, from: Pick<records.Job, 'createdBy' | 'requestId'>): Promise<void>;
  /** Whether a delivery is in hand, or will be brought again should its worker have died. */
  isOpen(kind: QueuedJob['kind'], delivery: string): Promise<boolean>;
}
