import type { ChildProcess } from 'node:child_process';
import { type Environment, endOf, spawnCommand } from './command.ts';
import { until } from './server.ts';

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
  readonly environment?: Environment;
}

/** Starts a worker and waits until it takes jobs. */
export async function startTestWorker({
  databaseUrl,
  dataFolder,
  environment,
}: TestWorkerOptions): Promise<TestWorker> {
  const child = spawnCommand(['worker'], {
    DATABASE_URL: databaseUrl,
    NATRIUM_DATA_FOLDER: dataFolder,
    NATRIUM_LOG: 'text',
    ...environment,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const worker: TestWorker = {
    process: child,
    get name() {
      return /worker (\S+) is ready/.exec(output)![1];
    },
    output: () => output,
    ended: endOf(child),
  };
  const ready = until(async () => worker.output().includes('is ready'), 'a worker that is ready');
  const early = worker.ended.then((how) => {
    throw new Error(`the worker ended (${how}) before it was ready:\n${worker.output()}`);
  });
  try {
    await Promise.race([ready, early]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return worker;
}
