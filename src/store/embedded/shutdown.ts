import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_LIMIT_MILLISECONDS = 30_000;

/** Ends PostgreSQL: a fast shutdown; after 30 s an immediate one, from which the next start recovers; then the kernel's. */
export async function shutDown(child: ChildProcess): Promise<void> {
  child.ref();
  for (const [signal, limit] of [
    ['SIGINT', STOP_LIMIT_MILLISECONDS],
    ['SIGQUIT', 10_000],
    ['SIGKILL', STOP_LIMIT_MILLISECONDS],
  ] as const) {
    if (hasEnded(child)) return;
    const patience = new AbortController();
    const ended = once(child, 'exit', { signal: patience.signal }).catch(() => {});
    child.kill(signal);
    await Promise.race([ended, delay(limit, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
  }
}

/** Whether the process is gone, or was never started. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** How an ended process ended, in words. */
export function endOf(child: ChildProcess): string {
  return child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
}
