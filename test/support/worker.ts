import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until, withoutSettings } from './server.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A `natrium worker` in a process of its own. */
export interface TestWorker {
  readonly process: ChildProcess;
  readonly name: string;
  /** Everything it printed so far. */
  readonly output: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export interface TestWorkerOptions {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a worker; whether it comes up is for the caller to find out. */
export function spawnTestWorker({ databaseUrl, dataFolder, environment }: TestWorkerOptions): TestWorker {
  const child = spawn(process.execPath, [MAIN, 'worker'], {
    env: {
      ...withoutSettings(process.env),
      DATABASE_URL: databaseUrl,
      NATRIUM_DATA_FOLDER: dataFolder,
      NATRIUM_LOG: 'text',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return {
    process: child,
    get name() {
      return /worker (\S+) is ready/.exec(output)![1];
    },
    output: () => output,
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
  };
}

/** Starts a worker and waits until it takes jobs. */
export async function startTestWorker(options: TestWorkerOptions): Promise<TestWorker> {
  const worker = spawnTestWorker(options);
  const ready = until(async () => worker.output().includes('is ready'), 'a worker that is ready');
  const early = worker.ended.then((how) => {
    throw new Error(`the worker ended (${how}) before it was ready:\n${worker.output()}`);
  });
  await Promise.race([ready, early]);
  early.catch(() => {});
  return worker;
}
