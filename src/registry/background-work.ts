import { NatriumError } from '../errors.ts';
import { type Caller, SYSTEM } from './caller.ts';
import type { FencedCollection, Job, Store } from './ports.ts';
import type { ItemWork } from './records.ts';
import { givenUp, isOpen } from './run-state.ts';

/** How often it is asked whether a step is still wanted. */
const WATCH_MS = 1000;

/** One kind of background work: how it is called, stored and queued. */
export interface WorkKind<T extends ItemWork> {
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
export class BackgroundWork<T extends ItemWork> {
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
      // whoever cancelled it has said so; whoever has it now goes on
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

  /** Does a step that lasts; it is told to stop when this worker has lost the work or somebody cancelled it. */
  async watched<R>(taken: T, interrupted: AbortSignal, step: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const abandoned = new AbortController();
    const watch = setInterval(async () => {
      // that the database is away is heard of when the results are stored
      const [now] = await this.kind
        .records(this.store)
        .getMany([taken.id])
        .catch(() => [taken]);
      if (now?.state !== 'RUNNING' || now.attempt !== taken.attempt) abandoned.abort(new NoLongerOurs());
    }, WATCH_MS);
    try {
      return await step(AbortSignal.any([interrupted, abandoned.signal]));
    } finally {
      clearInterval(watch);
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
    await this.finish(taken, { state: 'FAILED', failure: `${givenUp(taken)}; ${this.kind.resumedBy} lets it go on` });
  }

  private take(id: string, worker: string): Promise<T | null> {
    return this.store.transaction(async (store) => {
      await this.lock(store, id);
      return this.kind.records(store).take(id, { worker } as Partial<T>);
    });
  }

  private finish(taken: T, changes: Pick<ItemWork, 'state' | 'failure'>): Promise<boolean> {
    return this.update(this.store, taken, { ...changes, finishedAt: new Date() });
  }

  private async release(taken: T): Promise<void> {
    await this.store.transaction(async (store) => {
      if (await this.update(store, taken, { state: 'QUEUED', worker: null })) {
        await store.jobs.enqueue(this.kind.job(taken.id), true);
      }
    });
  }

  private update(store: Store, taken: T, changes: Partial<ItemWork>): Promise<boolean> {
    return this.kind.records(store).updateHeld(taken.id, taken.attempt, changes as Partial<T>);
  }

  private change(store: Store, id: string, changes: Partial<ItemWork>): Promise<void> {
    return this.kind.records(store).update(id, changes as Partial<T>);
  }

  /** Whoever changes the state of the work holds this lock. */
  private lock(store: Store, id: string): Promise<void> {
    return store.lock(`${this.kind.name}:${id}`);
  }
}
