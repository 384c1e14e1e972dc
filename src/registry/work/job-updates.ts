import { NatriumError } from '../../errors.ts';
import { Bell, following, unlessAway } from '../following.ts';
import type { Changes, Store } from '../ports.ts';
import type { Job } from '../records.ts';
import { isOpen } from './run-state.ts';

/** Follows jobs for those who watch them. */
export class JobUpdates {
  constructor(
    private readonly store: Store,
    private readonly changes: Changes,
  ) {}

  /**
   * A job as it is, and then as often as it has changed since, until it has ended. Changes that come faster than they are taken are
   * told together.
   *
   * @throws NatriumError NOT_FOUND, before the first update
   */
  async follow(jobId: string): Promise<AsyncIterableIterator<Job>> {
    await this.find(jobId);
    return following((stopped) => this.updates(jobId, stopped));
  }

  private async *updates(jobId: string, stopped: AbortSignal): AsyncGenerator<Job, undefined, void> {
    const bell = new Bell();
    stopped.addEventListener('abort', () => bell.ring());
    const stopWatching = this.changes.watch(jobId, () => bell.ring());
    let told = '';
    try {
      while (!stopped.aborted) {
        const job = await this.find(jobId).catch(unlessAway);
        if (job !== null && textOf(job) !== told) {
          told = textOf(job);
          yield job;
          if (!isOpen(job)) return;
        }
        await bell.rung();
      }
    } finally {
      stopWatching();
    }
  }

  private async find(jobId: string): Promise<Job> {
    const [job] = await this.store.jobs.getMany([jobId]);
    if (!job) throw new NatriumError('NOT_FOUND', `there is no job ${jobId}; jobs lists them`);
    return job;
  }
}

function textOf({ state, attempt, worker, failure, priority }: Job): string {
  return JSON.stringify([state, attempt, worker, failure, priority]);
}
