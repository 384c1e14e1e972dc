import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Environment = Readonly<Record<string, string>>;
export type Command = ChildProcessByStdio<null, Readable, Readable>;

/** How a command ended, and what it had printed. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of natrium in a process of its own; `detached`: in a group of its own as well. */
export function spawnCommand(
  args: readonly string[],
  environment: Environment,
  options: { readonly detached?: boolean; readonly timeout?: number } = {},
): Command {
  return spawn(process.execPath, [MAIN, ...args], {
    ...options,
    env: { ...withoutSettings(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The outcome of a command that was just begun. */
export async function outcomeOf(command: Command): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    command[stream].on('data', (chunk) => {
      output[stream] += chunk;
    });
  }
  const [code] = (await once(command, 'close')) as [number | null];
  return { code, ...output };
}

/** Runs a command against the server of a data folder; `output` is all that it printed, errors at the end. */
export async function runCommand(
  args: readonly string[],
  dataFolder: string,
): Promise<{ code: number | null; output: string }> {
  const { code, stdout, stderr } = await outcomeOf(spawnCommand(args, { NATRIUM_DATA_FOLDER: dataFolder }));
  return { code, output: stdout + stderr };
}

/** The exit code of a process, or the signal that ended it, once all that it had said has been read. */
export async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = await once(child, 'exit');
  // what is left in its pipes comes with the next look at them; their end may not come, since others can hold them
  for (let look = 0; look < 2; look++) await new Promise(setImmediate);
  return code ?? signal;
}

/** The environment without the settings of a Natrium that this machine may run. */
export function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(NATRIUM_|DATABASE_URL$|S3_)/.test(name)),
  );
}
