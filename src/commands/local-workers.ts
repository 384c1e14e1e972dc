import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { COMPUTE_NICENESS } from '../jobs/forked-compute.ts';
import type { Log } from '../logging.ts';
import { LONGEST_STOP_MS } from './worker.ts';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
/** Before a worker that ended is replaced: doubled each time, unless it lived for a while. */
const SHORTEST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const A_WHILE_MS = 60_000;
const PATIENCE_MS = LONGEST_STOP_MS + 1000;

/** Keeps a number of worker processes alive beside the API, below its priority. */
export class LocalWorkers {
  private readonly children = new Map<number, ChildProcess>();
  private stopping = false;

  constructor(
    count: number,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly log: Log,
  ) {
    for (let slot = 1; slot <= count; slot++) this.start(slot);
  }

  /** Workers hand their trials back to the queue; one that does not end in time is killed. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.children.values()].map(endChild));
  }

  private start(slot: number, pause = SHORTEST_PAUSE_MS): void {
    const started = Date.now();
    const child = fork(MAIN, ['worker'], { env: this.environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.children.set(slot, child);
    if (child.pid !== undefined) setPriority(child.pid, COMPUTE_NICENESS);
    let isDrained = false;
    child.once('message', () => {
      isDrained = true;
    });
    const ended = (how: string) => {
      if (!this.children.delete(slot) || this.stopping) return;
      if (isDrained) {
        this.log.info(`worker ${slot} was drained; there is another when the server is started again`);
        return;
      }
      const next = Date.now() - started > A_WHILE_MS ? SHORTEST_PAUSE_MS : Math.min(2 * pause, LONGEST_PAUSE_MS);
      this.log.warn(`worker ${slot} ${how}; starting another in ${pause / 1000} s`);
      setTimeout(() => !this.stopping && this.start(slot, next), pause).unref();
    };
    child.once('exit', (code, signal) => ended(`ended with ${signal ?? `code ${code}`}`));
    // as where there are no more processes to be had
    child.once('error', (error) => ended(`could not be started (${error.message})`));
  }
}

function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.once('exit', () => {
      clearTimeout(impatience);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
