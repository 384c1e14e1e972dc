import { setTimeout as wait } from 'node:timers/promises';

/** Reads again and again, telling each time what was read, until it is over; answers with the last. */
export async function follow<T>(
  read: () => Promise<T>,
  isOver: (current: T) => boolean,
  tell: (current: T) => void,
  pollMs: number,
): Promise<T> {
  for (;;) {
    const current = await read();
    tell(current);
    if (isOver(current)) return current;
    await wait(pollMs);
  }
}

/** What may be told now and then only: the first time, and then after every pause of so many milliseconds. */
export function nowAndThen<T>(pauseMs: number, tell: (current: T) => void): (current: T) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (current) => {
    if (performance.now() - told < pauseMs) return;
    told = performance.now();
    tell(current);
  };
}
