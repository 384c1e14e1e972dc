import { setImmediate } from 'node:timers/promises';

/** Does work that holds the process for some tens of milliseconds piece by piece, so that other requests come in between. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  do<T>(work: () => T): Promise<T> {
    const done = this.last.then(() => setImmediate()).then(work);
    this.last = done.catch(() => {});
    return done;
  }

  /** Work that says itself where others may come in between. */
  async inSteps<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = await this.do(() => steps.next());
      if (step.done) return step.value;
    }
  }
}
