import { NatriumError } from '../errors.ts';
import { type Caller, SYSTEM } from './caller.ts';
import type { Fenced, FencedCollection, Job, Store } from './ports.ts';
import { isOpen } from './run-state.ts';

/** What the records of background work have in common. */
export interface Work extends Fenced {
  readonly worker: string | null;
  readonly failure: string | null;
  readonly finishedAt: Date | null;
}

/** One kind of background work: how it is called, stored and queued. */
export interface WorkKind<T extends Work> {
  readonly name: string;
  readonly listedBy: string;
  readonly resumedBy: string;
  records(store: Store): FencedCollection<T>;
  job(id: string): Job;
}

export interface Interruptions {
  /** The worker is about to end: the work goes back to the queue. */
  readonly stopping: AbortSignal;
  /** The queue gave the work to somebody else. */
  readonly lost: AbortSignal;
}

/** The work was cancelled, or another worker has it. */
export class NoLongerOurs extends Error {}

/** Whether trying again would end in the same way. */
export function isFinal(error: unknown): error is NatriumError {
  return error instanceof NatriumError && error.code !== 'UNAVAILABLE';
}

/**
 * Work that is requested in one transaction, taken by a worker under an attempt number, and goes on where it stopped when it
 * was interrupted, cancelled or has failed. The work itself stores its results and how far it is in one transaction.
 */
export class BackgroundWork<T extends Work> {
  constructor(
    private readonly store: Store,
    private readonly kind: WorkKind<T>,
  ) {}

  async find(id: string, store = this.store): Promise<T> {
    const [found] = await this.kind.records(store).getMany([id]);
    if (!found)
      throw new NatriumError('NOT_FOUND', `there is no ${this.kind.name} ${id}; ${this.kind.listedBy} lists them`);
    return found;
  }

  /** Ends the work where it is; what it stored stays. */
  async cancel(store: Store, caller: Caller, id: string): Promise<void> {
    await this.lock(store, id);
    const running = await this.find(id, store);
    if (running.state === 'CANCELLED') return;
    if (!isOpen(running)) {
      throw new NatriumError('INVALID_STATE', `the ${this.kind.name} has ${running.state.toLowerCase()} already`);
    }
    await this.change(store, id, {
      state: 'CANCELLED',
      failure: `cancelled by ${caller.name}`,
      finishedAt: new Date(),
    });
  }

  /** Lets failed or cancelled work go on where it stopped. */
  async resume(store: Store, id: string): Promise<void> {
    await this.lock(store, id);
    const stopped = await this.find(id, store);
    if (stopped.state !== 'FAILED' && stopped.state !== 'CANCELLED') {
      throw new NatriumError(
        'INVALID_STATE',
        `the ${this.kind.name} is ${stopped.state.toLowerCase()}; only one that failed or was cancelled can be resumed`,
      );
    }
    await this.change(store, id, { state: 'QUEUED', failure: null, finishedAt: null });
    await store.jobs.enqueue(this.kind.job(id));
  }

  /** A worker does all that is left of it. */
  async run(
    id: string,
    worker: string,
    { stopping, lost }: Interruptions,
    work: (taken: T, interrupted: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const taken = await this.take(id, worker);
    if (taken === null) return;
    try {
      await work(taken, AbortSignal.any([stopping, lost]));
      await this.finish(taken, { state: 'SUCCEEDED', failure: null });
    } catch (error) {
      if (error instanceof NoLongerOurs) return;
      if (stopping.aborted) {
        await this.release(taken);
      } else if (isFinal(error)) {
        await this.finish(taken, { state: 'FAILED', failure: error.message });
      } else {
        await this.update(this.store, taken, { failure: (error as Error).message });
        throw error;
      }
    }
  }

  /** Writes to work that this worker has. Throws NoLongerOurs, which ends the transaction, if it has it no more. */
  async save(store: Store, taken: T, changes: Partial<T>): Promise<void> {
    if (!(await this.kind.records(store).updateHeld(taken.id, taken.attempt, changes))) throw new NoLongerOurs();
  }

  /** The queue gave the work up after several attempts. */
  async lose(id: string): Promise<void> {
    const taken = await this.take(id, SYSTEM.name);
    if (taken === null) return;
    const last = taken.failure === null ? 'its workers died' : `last: ${taken.failure}`;
    const failure = `given up after ${taken.attempt - 1} attempts (${last}); ${this.kind.resumedBy} lets it go on`;
    await this.finish(taken, { state: 'FAILED', failure });
  }

  private take(id: string, worker: string): Promise<T | null> {
    return this.store.transaction(async (store) => {
      await this.lock(store, id);
      return this.kind.records(store).take(id, { worker } as Partial<T>);
    });
  }

  private finish(taken: T, changes: Pick<Work, 'state' | 'failure'>): Promise<boolean> {
    return this.update(this.store, taken, { ...changes, finishedAt: new Date() });
  }

  private async release(taken: T): Promise<void> {
    await this.store.transaction(async (store) => {
      if (await this.update(store, taken, { state: 'QUEUED', worker: null })) {
        await store.jobs.enqueue(this.kind.job(taken.id));
      }
    });
  }

  private update(store: Store, taken: T, changes: Partial<Work>): Promise<boolean> {
    return this.kind.records(store).updateHeld(taken.id, taken.attempt, changes as Partial<T>);
  }

  private change(store: Store, id: string, changes: Partial<Work>): Promise<void> {
    return this.kind.records(store).update(id, changes as Partial<T>);
  }

  /** Whoever changes the state of the work holds this lock. */
  private lock(store: Store, id: string): Promise<void> {
    return store.lock(`${this.kind.name}:${id}`);
  }
}
