import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { KEEP_ALIVE } from '../pool-options.ts';
import type * as ports from '../registry/ports.ts';

/** What triggers announce, with the id of the record: changes to training runs and their trials, and to jobs. */
export type Channel = keyof typeof WHAT;

const WHAT = { training_run_changed: 'changes of training runs', job_changed: 'changes of jobs' } as const;

/** Before listening is tried again: doubled each time. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** A second net: watchers are called without being told as well, should a connection be dead and nobody know. */
const UNTOLD_MS = 10_000;

/** Listens on one connection of its own, from the first watcher on; a connection that is lost is made anew. */
export class Changes implements ports.Changes {
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly closing = new AbortController();
  private listening: Promise<void> | null = null;
  private untold: NodeJS.Timeout | null = null;

  constructor(
    private readonly channel: Channel,
    private readonly databaseUrl: string,
    private readonly application: string,
    private readonly log: (line: string) => void,
  ) {}

  /** How many watch. */
  get size(): number {
    let size = 0;
    for (const watchers of this.watchers.values()) size += watchers.size;
    return size;
  }

  watch(id: string, changed: () => void): () => void {
    // a function of its own, so that the same one can be given twice
    const watcher = () => changed();
    const watchers = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, watchers.add(watcher));
    this.listening ??= this.keepListening();
    this.untold ??= setInterval(() => this.tellAll(), UNTOLD_MS).unref();
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watchers.get(id) === watchers) this.watchers.delete(id);
    };
  }

  async close(): Promise<void> {
    this.closing.abort();
    if (this.untold !== null) clearInterval(this.untold);
    await this.listening;
  }

  private async keepListening(): Promise<void> {
    const { signal } = this.closing;
    let pause = SHORTEST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.listen(() => {
          pause = SHORTEST_PAUSE_MS;
        });
      } catch (error) {
        if (signal.aborted) return;
        this.log(`${WHAT[this.channel]}: ${(error as Error).message}; listening again in ${pause} ms`);
      }
      await delay(pause, undefined, { signal }).catch(() => {});
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** Settles when the connection has ended. */
  private async listen(listening: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: `${this.application}, listening`,
      connectionTimeoutMillis: 10_000,
      ...KEEP_ALIVE,
    });
    const ended = new Promise<void>((resolve, reject) => client.on('end', resolve).on('error', reject));
    // heard of below, if nothing else is wrong before
    ended.catch(() => {});
    const end = () => void client.end();
    this.closing.signal.addEventListener('abort', end);
    try {
      client.on('notification', ({ payload }) => tell(this.watchers.get(payload ?? '')));
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
      listening();
      // what happened while nobody listened
      this.tellAll();
      await ended;
    } finally {
      this.closing.signal.removeEventListener('abort', end);
      await client.end().catch(() => {});
    }
  }

  private tellAll(): void {
    for (const watchers of this.watchers.values()) tell(watchers);
  }
}

function tell(watchers: Iterable<() => void> = []): void {
  for (const watcher of watchers) watcher();
}
