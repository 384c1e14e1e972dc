import { PgBoss } from 'pg-boss';
import { NatriumError } from '../errors.ts';
import type { Job } from '../registry/ports.ts';

/** Each queue with the one to which its job goes when it has failed too often; the latter first, so that it exists. */
const QUEUES: readonly (readonly [Job['kind'], Job['kind'] | null])[] = [
  ['lost-trial', null],
  ['lost-completion', null],
  ['lost-import', null],
  ['lost-cluster-run', null],
  ['trial', 'lost-trial'],
  ['completion', 'lost-completion'],
  ['import', 'lost-import'],
  ['cluster-run', 'lost-cluster-run'],
];

/** A job whose worker is silent for so long goes to another one. */
const HEARTBEAT_SECONDS = 20;
const SUPERVISE_SECONDS = 5;
const POLL_SECONDS = 0.5;
/** For jobs in hand to be given back. */
const STOP_MS = 9000;
const LONGEST_JOB_SECONDS = 23 * 3600;

type Query = (sql: string, values?: unknown[]) => Promise<unknown[]>;

/** Jobs on PostgreSQL by pg-boss: the only scheduler there is. */
export class Queue {
  private readonly boss: PgBoss;

  constructor(
    databaseUrl: string,
    application: string,
    private readonly log: (line: string) => void,
  ) {
    this.boss = new PgBoss({
      connectionString: databaseUrl,
      application_name: application,
      max: 4,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      schedule: false,
    });
    this.boss.on('error', (error) => log(`job queue: ${error.message}`));
  }

  async start(): Promise<void> {
    await this.boss.start();
    for (const [queue, deadLetter] of QUEUES) {
      await this.boss.createQueue(queue, {
        ...(deadLetter !== null && { deadLetter }),
        retryLimit: 3,
        retryDelay: 1,
        retryBackoff: true,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        expireInSeconds: LONGEST_JOB_SECONDS,
      });
    }
  }

  /** Queues a job through a query function, so that it joins whatever transaction that belongs to. */
  enqueue = async (job: Job, isBegun: boolean, query: Query): Promise<void> => {
    const { kind, ...data } = job;
    const executeSql = async (sql: string, values?: unknown[]) => ({ rows: (await query(sql, values)) as never[] });
    const id = await this.boss.send(kind, data, { priority: Number(isBegun), db: { executeSql } });
    if (id === null) throw new NatriumError('UNAVAILABLE', `the job queue did not take a ${kind} job; try again`);
  };

  /** Handles jobs of one kind, one at a time. A handler that throws has its job tried again, three times at most. */
  async work<K extends Job['kind']>(
    kind: K,
    handler: (job: Extract<Job, { kind: K }>, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    await this.boss.work<object>(kind, { batchSize: 1, pollingIntervalSeconds: POLL_SECONDS }, async ([job]) => {
      try {
        await handler({ kind, ...job.data } as Extract<Job, { kind: K }>, job.signal);
      } catch (error) {
        this.log(`job ${kind} ${JSON.stringify(job.data)} failed: ${(error as Error).stack}`);
        throw error;
      }
    });
  }

  async stop(): Promise<void> {
    // nothing is taken any more; jobs in hand are given back meanwhile
    await this.boss.stop({ graceful: true, close: true, timeout: STOP_MS });
  }
}
