import { NatriumError } from '../errors.ts';

/** What a generator yields, to which an end can be put while it waits. */
export function following<T>(
  updates: (stopped: AbortSignal) => AsyncGenerator<T, undefined, void>,
): AsyncIterableIterator<T> {
  const stop = new AbortController();
  const generator = updates(stop.signal);
  const iterator: AsyncIterableIterator<T> = {
    next: () => generator.next(),
    return: () => {
      // a generator that waits for news would not hear of it
      stop.abort();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** Tells one who waits that something has happened, also when it happened before the waiting. */
export class Bell {
  private hasRung = false;
  private wake: (() => void) | null = null;

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /** Once it has rung since the last time. */
  async rung(): Promise<void> {
    if (!this.hasRung) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.hasRung = false;
    this.wake = null;
  }
}

/** A database that is away comes back, and then there is news. */
export function unlessAway(error: unknown): null {
  if (error instanceof NatriumError && error.code === 'UNAVAILABLE') return null;
  throw error;
}
