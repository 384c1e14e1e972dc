import { PgBoss } from 'pg-boss';
import { NatriumError } from '../errors.ts';
import type { Log } from '../logging.ts';
import type { JobQueue, QueuedJob } from '../registry/ports.ts';
import { forRequest } from '../request-scope.ts';

/** Each queue with the one to which its job goes when it has failed too often; the latter first, so that it exists. */
const QUEUES: readonly (readonly [QueuedJob['kind'], QueuedJob['kind'] | null])[] = [
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
/** Often enough that a database that was away for a while hears of it before it gives the job to another. */
const HEARTBEAT_REFRESH_SECONDS = 4;
const SUPERVISE_SECONDS = 5;
const POLL_SECONDS = 0.5;
/** For jobs in hand to be given back. */
const STOP_MS = 9000;
/** pg-boss forgets jobs that nobody took for two weeks unless told otherwise. */
const LONGEST_WAIT_SECONDS = 10 * 365 * 24 * 3600;
const LONGEST_JOB_SECONDS = 23 * 3600;

/** A job as the queue brings it: with the id of its delivery, and of the request that asked for it. */
export type Delivered<K extends QueuedJob['kind']> = Extract<QueuedJob, { kind: K }> & {
  readonly delivery: string;
  readonly requestId?: string | null;
};

type Query = (sql: string, values?: unknown[]) => Promise<unknown[]>;

/** Jobs on PostgreSQL by pg-boss: the only scheduler there is. */
export class Queue {
  private readonly boss: PgBoss;

  constructor(
    databaseUrl: string,
    application: string,
    private readonly log: Log,
  ) {
    this.boss = new PgBoss({
      connectionString: databaseUrl,
      application_name: application,
      max: 4,
      // a database whose machine has vanished says no word of it
      ...{ keepAlive: true, keepAliveInitialDelayMillis: 10_000 },
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      schedule: false,
    });
    this.boss.on('error', (error) => log.error(`job queue: ${error.message}`));
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
  async enqueue(
    query: Query,
    ...[job, { priority, isBegun, afterSeconds }, { createdBy, requestId }]: Parameters<JobQueue['enqueue']>
  ): Promise<void> {
    const { kind, ...subject } = job;
    const executeSql = async (sql: string, values?: unknown[]) => ({ rows: (await query(sql, values)) as never[] });
    const id = await this.boss.send(
      kind,
      { ...subject, requestId },
      {
        priority: 2 * priority + Number(isBegun),
        startAfter: afterSeconds,
        group: { id: createdBy },
        retentionSeconds: LONGEST_WAIT_SECONDS,
        db: { executeSql },
      },
    );
    if (id === null) throw new NatriumError('UNAVAILABLE', `the job queue did not take a ${kind} job; try again`);
  }

  async isOpen(kind: QueuedJob['kind'], delivery: string): Promise<boolean> {
    const [job] = await this.boss.findJobs(kind, { id: delivery });
    return job !== undefined && ['created', 'retry', 'active'].includes(job.state);
  }

  /**
   * Handles jobs of one kind, one at a time. A handler that throws has its job tried again, three times at most.
   *
   * @param mostPerUser so many that one user asked for are handled at once, by all workers together; null: as many as can be
   */
  async work<K extends QueuedJob['kind']>(
    kind: K,
    handler: (job: Delivered<K>) => Promise<void>,
    mostPerUser: number | null = null,
  ): Promise<void> {
    const options = {
      batchSize: 1,
      pollingIntervalSeconds: POLL_SECONDS,
      heartbeatRefreshSeconds: HEARTBEAT_REFRESH_SECONDS,
      ...(mostPerUser !== null && { groupConcurrency: mostPerUser }),
    };
    await this.boss.work<{ requestId?: string | null }>(kind, options, ([job]) =>
      forRequest(job.data.requestId ?? undefined, async () => {
        try {
          await handler({ ...job.data, kind, delivery: job.id } as Delivered<K>);
        } catch (error) {
          this.log.error(`job ${kind} ${JSON.stringify(job.data)} failed`, { error });
          throw error;
        }
      }),
    );
  }

  /** Takes nothing more; settles when what is in hand is done. */
  async drain(): Promise<void> {
    await Promise.all(QUEUES.map(([queue]) => this.boss.offWork(queue, { wait: true })));
  }

  async stop(): Promise<void> {
    // nothing is taken any more; jobs in hand are given back meanwhile
    await this.boss.stop({ graceful: true, close: true, timeout: STOP_MS });
  }
}
