import { setTimeout as delay } from 'node:timers/promises';
import { ComputeLost, NatriumError } from '../../errors.ts';
import { currentRequestId } from '../../request-scope.ts';
import type { Caller } from '../caller.ts';
import type { Held, QueuedJob, Store } from '../ports.ts';
import type { Job, JobKind } from '../records.ts';
import { isOpen } from './run-state.ts';

/** How often it is asked whether a step is still wanted. */
const WATCH_MS = 1000;

/** Between two tries to store how a job ended. */
const TRY_AGAIN_MS = 1000;

/** Before a job is looked at again that its worker had to leave: one that drains, or that has to wait for others of the same user. */
const WAIT_SECONDS = 2;

/** As often as this in a row a job may be taken and store nothing before it is given up; the queue brings it four times. */
const MOST_FRUITLESS_ATTEMPTS = 4;

/** One kind of job: how it is called and queued, and what it has to do with other records. */
export interface WorkKind<T extends Held> {
  readonly kind: JobKind;
  readonly name: string;
  readonly resumedBy: string;
  /** So many of one user run at once; null: as many as there are workers. */
  readonly mostPerUser?: number | null;
  /** Whether what set an attempt back is still told when a later one has succeeded. */
  readonly keepsSetback?: boolean;
  queued(subjectId: string): QueuedJob;
  subject(store: Store, job: Job): Promise<T>;
  /** Locks whatever taking and ending the job must agree with. */
  lock?(store: Store, subjectId: string): Promise<void>;
  /** What else happens when the job is taken, in the same transaction. */
  taken?(store: Store, subject: T): Promise<void>;
  /** What else happens when it has succeeded or failed, in the same transaction. */
  ended?(store: Store, subject: T, end: JobEnd): Promise<void>;
}

export type JobEnd =
  | { readonly state: 'SUCCEEDED'; readonly failure: null }
  | { readonly state: 'FAILED'; readonly failure: string };

/** How a job comes to a worker. */
export interface Delivery {
  readonly worker: string;
  /** By which the queue knows the delivery; the same one again is a retry. Null outside a queue. */
  readonly id: string | null;
  /** The worker is about to end: the job goes back to the queue. */
  readonly stopping: AbortSignal;
  /** Hears why the job waits, once for each reason. */
  readonly waits?: (reason: string) => void;
}

/** What a job made, stored in the transaction in which it ends. */
export type Result = (store: Store) => Promise<void>;

/** Of work that has stored everything on its way. */
export const STORED: Result = async () => {};

/** The job was cancelled, or another worker has it. */
export class NoLongerOurs extends Error {}

/** Whether trying again would end in the same way. */
export function isFinal(error: unknown): error is NatriumError {
  return error instanceof NatriumError && error.code !== 'UNAVAILABLE';
}

/** Whether the database or the store is away, which passes by itself. */
function isPassing(error: unknown): error is NatriumError {
  return error instanceof NatriumError && error.code === 'UNAVAILABLE' && !(error instanceof ComputeLost);
}

/**
 * Work that is requested in one transaction, taken by a worker under an attempt number, and goes on where it stopped when it was
 * interrupted, cancelled or has failed. Whatever the work stores, it stores through `save`, so that a worker that lost it, frozen or
 * cut off, can change nothing. Who has a job is decided here alone; the queue only brings it.
 */
export class Jobs<T extends Held> {
  constructor(
    private readonly store: Store,
    private readonly kind: WorkKind<T>,
  ) {}

  /** Queues the job of a subject, for the first time or once more. Only inside a transaction. */
  async request(store: Store, subjectId: string, caller: Caller, priority = 0): Promise<void> {
    const { kind } = this.kind;
    const requestId = currentRequestId() ?? null;
    await this.enqueue(
      store,
      await store.jobs.request({ kind, subjectId, priority, requestId, createdBy: caller.name }),
    );
  }

  /** Ends the job where it is, cancelled or failed; what it stored stays. False if it had ended before. Only inside a transaction. */
  async end(store: Store, subjectId: string, state: 'CANCELLED' | 'FAILED', failure: string): Promise<boolean> {
    const job = await store.jobs.lockOf(this.kind.kind, subjectId);
    if (job === null || !isOpen(job)) return false;
    await store.jobs.update(job.id, { state, failure, finishedAt: new Date() });
    return true;
  }

  /** Ends the job where it is, for a caller. Throws INVALID_STATE if it ended otherwise before. */
  async cancel(store: Store, caller: Caller, subjectId: string): Promise<void> {
    if (await this.end(store, subjectId, 'CANCELLED', `cancelled by ${caller.name}`)) return;
    const { state } = (await this.jobOf(store, subjectId))!;
    if (state === 'CANCELLED') return;
    throw new NatriumError('INVALID_STATE', `the ${this.kind.name} has ${state.toLowerCase()} already`);
  }

  /** Lets a failed or cancelled job go on where it stopped. */
  async resume(store: Store, caller: Caller, subjectId: string): Promise<void> {
    const job = (await store.jobs.lockOf(this.kind.kind, subjectId))!;
    if (job.state !== 'FAILED' && job.state !== 'CANCELLED') {
      throw new NatriumError(
        'INVALID_STATE',
        `the ${this.kind.name} is ${job.state.toLowerCase()}; only one that failed or was cancelled can be resumed`,
      );
    }
    await this.request(store, subjectId, caller, job.priority);
  }

  /** A worker does all that is left of it; what comes out is stored as it ends. */
  async run(
    subjectId: string,
    delivery: Delivery,
    work: (taken: T, stopping: AbortSignal) => Promise<Result>,
  ): Promise<void> {
    const { stopping } = delivery;
    const taken = await patiently(delivery, () => this.take(subjectId, delivery));
    if (taken === null) return;
    try {
      const result = await work(taken, stopping);
      await patiently(delivery, () => this.finish(taken, { state: 'SUCCEEDED', failure: null }, result));
    } catch (error) {
      // whoever cancelled it has said so; whoever has it now goes on
      if (error instanceof NoLongerOurs) return;
      if (stopping.aborted) {
        await this.release(taken);
      } else if (isFinal(error)) {
        await patiently(delivery, () => this.finish(taken, { state: 'FAILED', failure: error.message }));
      } else if (isPassing(error)) {
        // nothing is wrong with the job: it may be begun as often as the database breaks connections off
        await patiently(delivery, () => this.setBack(taken, error.message, WAIT_SECONDS));
      } else {
        await patiently(delivery, () => this.setBack(taken, (error as Error).message));
        throw error;
      }
    }
  }

  /** Gives the job to a worker; null if there is nothing left to do, others do it, or it has to wait. */
  take(subjectId: string, { worker, id }: Pick<Delivery, 'worker' | 'id'>): Promise<T | null> {
    const { kind, mostPerUser = null } = this.kind;
    return this.store.transaction(async (store) => {
      await this.kind.lock?.(store, subjectId);
      const job = await store.jobs.lockOf(kind, subjectId);
      if (job === null || !isOpen(job) || (await this.isDoneByOthers(store, job, id))) return null;
      // the worker itself may not have heard of it yet
      if (await store.workers.isDraining(worker)) {
        await this.enqueue(store, job, WAIT_SECONDS);
        return null;
      }
      if (mostPerUser !== null) {
        // the queue counts, too, but two workers may ask it at the same time
        await store.lock(`${kind} of ${job.createdBy}`);
        const others = (await store.jobs.running(kind, job.createdBy)) - Number(job.state === 'RUNNING');
        if (others >= mostPerUser) {
          await this.enqueue(store, job, WAIT_SECONDS);
          return null;
        }
      }
      const taken = await this.kind.subject(store, await store.jobs.take(job.id, worker, id));
      await this.kind.taken?.(store, taken);
      return taken;
    });
  }

  /**
   * Does a step that lasts; it is told to stop when another worker has the job or somebody cancelled it. One that does not listen is
   * left alone: what it stores is fenced, or the same whoever stores it.
   */
  async watched<R>(taken: T, interrupted: AbortSignal, step: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const abandoned = new AbortController();
    let isAsking = false;
    const watch = setInterval(async () => {
      // a database that hangs would have a question more every second
      if (isAsking) return;
      isAsking = true;
      // that the database is away is heard of when the results are stored
      const isOurs = await this.store.jobs.isHeld(this.kind.kind, taken).catch(() => true);
      isAsking = false;
      if (!isOurs) abandoned.abort(new NoLongerOurs());
    }, WATCH_MS);
    try {
      const signal = AbortSignal.any([interrupted, abandoned.signal]);
      return await unlessAborted(signal, step(signal));
    } catch (error) {
      throw abandoned.signal.aborted ? abandoned.signal.reason : error;
    } finally {
      clearInterval(watch);
    }
  }

  /**
   * Does a step that reads what it needs, again and again while the database or the store is away: an attempt that ended for it would
   * count among the fruitless ones, and the job be given up within the time of a restart.
   */
  patiently<R>(taken: T, delivery: Delivery, step: () => Promise<R>): Promise<R> {
    return this.watched(taken, delivery.stopping, (stopping) => patiently({ ...delivery, stopping }, step));
  }

  /**
   * Lets whoever has the job write something in the same transaction, after which a later attempt goes on. Throws NoLongerOurs, which
   * ends the transaction, if the job is no longer this worker's.
   */
  async save(store: Store, taken: Held): Promise<void> {
    const changes = { fruitfulAttempt: taken.attempt };
    if (!(await store.jobs.updateHeld(this.kind.kind, taken, changes))) throw new NoLongerOurs();
  }

  /** Whether the job is this worker's; if so, it is until the transaction ends. */
  isHeld(store: Store, taken: Held): Promise<boolean> {
    return store.jobs.isHeld(this.kind.kind, taken);
  }

  /** Ends the job with what it made; false, and nothing is stored, if it is no longer this worker's. */
  finish(taken: T, end: JobEnd, result = STORED): Promise<boolean> {
    const { failure, state } = end;
    const changes: Partial<Job> = { state, finishedAt: new Date() };
    const told = failure === null && this.kind.keepsSetback ? changes : { ...changes, failure };
    return this.store.transaction(async (store) => {
      await this.kind.lock?.(store, taken.id);
      if (!(await store.jobs.updateHeld(this.kind.kind, taken, told))) return false;
      await result(store);
      await this.kind.ended?.(store, taken, end);
      return true;
    });
  }

  /** Gives the job back to the queue: its worker is about to stop. */
  release(taken: Held): Promise<void> {
    return this.giveBack(taken, null, 0);
  }

  /** Keeps why an attempt failed that the queue will repeat; or that is queued anew, and not counted by it. */
  setBack(taken: Held, reason: string, anewAfterSeconds: number | null = null): Promise<void> {
    return this.giveBack(taken, reason, anewAfterSeconds);
  }

  private async giveBack(taken: Held, failure: string | null, anewAfterSeconds: number | null): Promise<void> {
    await this.store.transaction(async (store) => {
      const changes = { state: 'QUEUED', worker: null, failure } as const;
      if (!(await store.jobs.updateHeld(this.kind.kind, taken, changes)) || anewAfterSeconds === null) return;
      await this.enqueue(store, (await this.jobOf(store, taken.id))!, anewAfterSeconds);
    });
  }

  /** The queue gave the job up after several deliveries. While its attempts get on, it is queued again; else it has failed. */
  async lose(subjectId: string): Promise<void> {
    await this.store.transaction(async (store) => {
      await this.kind.lock?.(store, subjectId);
      const job = await store.jobs.lockOf(this.kind.kind, subjectId);
      if (job === null || !isOpen(job) || (await this.isDoneByOthers(store, job, null))) return;
      const { attempt, fruitfulAttempt, failure } = job;
      const getsOn = fruitfulAttempt > 0 && attempt - fruitfulAttempt < MOST_FRUITLESS_ATTEMPTS;
      // deliveries to workers that could not even begin, as those of an older schema, say nothing of the job
      if (getsOn || attempt === 0) {
        await this.enqueue(store, job);
        return;
      }
      const last = failure === null ? 'its workers died' : `last: ${failure}`;
      const why = `given up after ${attempt} attempts (${last}); ${this.kind.resumedBy} lets it go on`;
      const end = { state: 'FAILED', failure: why } as const;
      await store.jobs.update(job.id, { ...end, finishedAt: new Date() });
      await this.kind.ended?.(store, await this.kind.subject(store, job), end);
    });
  }

  private jobOf(store: Store, subjectId: string): Promise<Job | null> {
    return store.jobs.findOne({ kind: this.kind.kind, subjectId });
  }

  private enqueue(store: Store, job: Job, afterSeconds = 0): Promise<void> {
    const urgency = { priority: job.priority, isBegun: job.attempt > 0, afterSeconds };
    return store.queue.enqueue(this.kind.queued(job.subjectId), urgency, job);
  }

  /** Whether another delivery of the same job sees to it; should its worker die, the queue brings that one again. */
  private async isDoneByOthers(
    store: Store,
    { state, subjectId, delivery }: Job,
    mine: string | null,
  ): Promise<boolean> {
    if (state !== 'RUNNING' || delivery === null || delivery === mine) return false;
    return store.queue.isOpen(this.kind.queued(subjectId).kind, delivery);
  }
}

/** Tries until it works, or the worker stops: what took hours to make is not lost while the database or the store is away. */
export async function patiently<R>(
  { stopping, waits }: Pick<Delivery, 'stopping' | 'waits'>,
  step: () => Promise<R>,
): Promise<R> {
  for (let told = ''; ; ) {
    try {
      return await step();
    } catch (error) {
      if (!isPassing(error) || stopping.aborted) throw error;
      // a message may name a file that is another each time
      const reason = String(error.details.reason ?? error.message);
      if (reason !== told) waits?.(error.message);
      told = reason;
      await delay(TRY_AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

/** What a step comes to; or throws the reason of the signal as soon as that aborts, whatever the step then does. */
async function unlessAborted<R>(signal: AbortSignal, step: Promise<R>): Promise<R> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([step, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
