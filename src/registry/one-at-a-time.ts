import { setImmediate } from 'node:timers/promises';

/** Does work that holds the process for some tens of milliseconds piece by piece, so that other requests come in between. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  do<T>(work: () => T): Promise<T> {
    const done = this.last.then(() => setImmediate()).then(work);
    this.last = done.catch(() => {});
    return done;
  }
}
