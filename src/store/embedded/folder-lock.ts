import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { NatriumError } from '../../errors.ts';

/** The exit status by which our calls of `flock` say that somebody else holds the lock. */
export const LOCK_CONFLICT_EXIT_CODE = 75;

/** A lock on a data folder that ends with this process, however this process ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the kernel's lock on `lockFile`. Node has no flock(2), so a `cat` holds it, for as long as our end of its standard
 * input is open; unlike a file with a process id in it, such a lock is never stale and counts between containers too.
 * A server that was just killed still has it for some milliseconds, so a conflict is final only after 3 s.
 *
 * @param purpose the folder, as messages call it
 * @throws NatriumError INVALID_STATE when another process holds the lock, UNAVAILABLE when the folder cannot be locked
 */
export async function lockFolder(lockFile: string, purpose: string): Promise<FolderLock> {
  await (await open(lockFile, 'a', 0o600)).close();
  const holder = spawn(
    'flock',
    ['--no-fork', '--wait', '3', '--conflict-exit-code', String(LOCK_CONFLICT_EXIT_CODE), lockFile, 'cat'],
    // a group of its own: Ctrl-C in the terminal must not end the lock before the server has shut down
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const errors: Buffer[] = [];
  holder.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // a holder that gave up has closed its end; its exit status tells why
  holder.stdin.on('error', () => {});
  const ended = once(holder, 'close') as Promise<[number | null, string | null]>;
  holder.stdin.write('locked\n');
  const exit = await Promise.race([ended, once(holder.stdout, 'data').then(() => undefined)]);

  if (exit !== undefined) {
    if (exit[0] !== LOCK_CONFLICT_EXIT_CODE)
      throw new NatriumError(
        'UNAVAILABLE',
        `${purpose} cannot be locked: ${Buffer.concat(errors).toString('utf8').trim() || `flock ended with ${exit[0] ?? exit[1]}`}. ` +
          'Set NATRIUM_DATA_FOLDER to a folder on a local disk.',
      );
    const pid = (await readFile(lockFile, 'utf8')).trim();
    throw new NatriumError(
      'INVALID_STATE',
      `Another Natrium (pid ${pid || 'unknown'}) uses ${purpose}: stop it, or set NATRIUM_DATA_FOLDER to another folder.`,
      { pid },
    );
  }

  await writeFile(lockFile, `${process.pid}\n`);
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr]) (stream as Socket).unref();
  return {
    async release() {
      if (holder.exitCode !== null || holder.signalCode !== null) return;
      holder.ref();
      holder.stdin.end();
      await ended;
    },
  };
}
