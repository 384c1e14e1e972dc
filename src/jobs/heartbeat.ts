import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../logging.ts';
import type { Store } from '../registry/ports.ts';
import type { Worker } from '../registry/records.ts';

const BEAT_MS = 2000;

export interface HeartbeatParts {
  readonly store: Store;
  readonly worker: Pick<Worker, 'name' | 'host' | 'pid' | 'version'>;
  /** Number of the newest migration that this worker knows. */
  readonly knownSchema: string;
  readonly log: Log;
}

/** What the heartbeat of a worker may bring: it was asked to drain, or the database was migrated beneath it. */
export type News = 'DRAIN' | 'OTHER_SCHEMA';

/** Tells the registry that a worker lives, until there is news for it or it ends. */
export class Heartbeat {
  private readonly ending = new AbortController();

  constructor(private readonly parts: HeartbeatParts) {}

  begin(): Promise<void> {
    return this.parts.store.workers.enter(this.parts.worker);
  }

  /** Whether the database is still one that this worker knows. */
  async knowsDatabase(): Promise<boolean> {
    return (await this.parts.store.schemaVersion()) === this.parts.knownSchema;
  }

  /** Beats until there is news; null once it was told to end. Goes on beating after DRAIN. */
  async news(heard: News | null = null): Promise<News | null> {
    const { store, worker, log } = this.parts;
    const { signal } = this.ending;
    let isAway = false;
    while (!signal.aborted) {
      try {
        const beat = await store.workers.beat(worker.name);
        if (isAway) log.info(`worker ${worker.name}: the database is back`);
        isAway = false;
        if (!(await this.knowsDatabase())) return 'OTHER_SCHEMA';
        if (beat === null) await this.begin();
        if (beat?.isDraining && heard !== 'DRAIN') return 'DRAIN';
      } catch (error) {
        if (!isAway) log.warn(`worker ${worker.name}: ${(error as Error).message}`);
        isAway = true;
      }
      await delay(BEAT_MS, undefined, { signal }).catch(() => {});
    }
    return null;
  }

  async end(): Promise<void> {
    this.ending.abort();
    await this.parts.store.workers.leave(this.parts.worker.name);
  }
}
