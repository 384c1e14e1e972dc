import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { NatriumError } from '../../errors.ts';

/** How a program ended: `exitCode` is null when a signal ended it; `output` is stdout and stderr together. */
export interface ProgramResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * Runs a program to its end, without a shell.
 *
 * @throws the error of `spawn` when the program cannot be started at all
 */
export function runProgram(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8').trim() }));
  });
}

/** Whether `name` is an executable file in one of the folders of PATH. */
export async function isOnPath(name: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(folder, name), constants.X_OK);
      return true;
    } catch {}
  }
  return false;
}

/**
 * Makes sure that the programs that hold PostgreSQL are there.
 *
 * @throws NatriumError UNAVAILABLE naming the missing ones and util-linux, the package that they come in
 */
export async function requireUtilLinux(): Promise<void> {
  const missing: string[] = [];
  for (const name of ['flock', 'setpriv']) if (!(await isOnPath(name))) missing.push(name);
  if (missing.length > 0)
    throw new NatriumError(
      'UNAVAILABLE',
      `The embedded PostgreSQL needs ${missing.join(' and ')}, which PATH does not hold: ` +
        'install util-linux, or set DATABASE_URL to a PostgreSQL server.',
    );
}
