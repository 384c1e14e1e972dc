import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Operations, PoolState, QueueDepth, RunningTrials } from '../registry/operations.ts';
import { query } from './query.ts';
import { refuseOtherSchema, schemaOf } from './schema-version.ts';
import { WorkerCollection } from './worker-collection.ts';

/** pg-boss keeps its jobs in a schema of its own; `state` is an enum in the order of a job's life. */
const QUEUES = `
  SELECT queue.name AS kind,
    count(job.id) FILTER (WHERE job.state < 'active')::int AS waiting,
    count(job.id) FILTER (WHERE job.state = 'active')::int AS running,
    coalesce(extract(epoch FROM now() - min(job.created_on) FILTER (WHERE job.state < 'active')), 0)::float8
      AS "oldestWaitingSeconds"
  FROM pgboss.queue AS queue
  LEFT JOIN pgboss.job AS job ON job.name = queue.name AND job.state IN ('created', 'retry', 'active')
  WHERE NOT starts_with(queue.name, '__')
  GROUP BY queue.name ORDER BY queue.name`;

/** A trial's progress counts epochs for SchNet, and alphas for Lasso, which has no mini-batches. */
const RUNNING_TRIALS = `
  SELECT count(*)::int AS count,
    coalesce(sum(
      (trial.progress->>'step')::float8 * ceil(coalesce(train.clusters / (run.hyperparameters->>'batchSize')::float8, 1))
      / nullif((trial.progress->>'seconds')::float8, 0)
    ), 0)::float8 AS "stepsPerSecond"
  FROM trials AS trial
  JOIN training_runs AS run ON run.id = trial.training_run_id
  JOIN dataset_versions AS version ON version.id = run.dataset_version_id
  CROSS JOIN LATERAL (
    SELECT (count->>'clusters')::float8 AS clusters FROM jsonb_array_elements(version.split_counts) AS count
    WHERE count->>'split' = 'train'
  ) AS train
  WHERE trial.state = 'RUNNING'`;

/** What the database tells those who run the servers. */
export class DatabaseWatch implements Omit<Operations, 'checkArtifacts' | 'checkSameArtifacts'> {
  constructor(private readonly dataSource: DataSource) {}

  queues(): Promise<QueueDepth[]> {
    return query<QueueDepth[]>(this.dataSource.manager, QUEUES);
  }

  async runningTrials(): Promise<RunningTrials> {
    const [trials] = await query<RunningTrials[]>(this.dataSource.manager, RUNNING_TRIALS);
    return trials;
  }

  workers(): Promise<number> {
    return new WorkerCollection(this.dataSource.manager).alive();
  }

  pool(): PoolState {
    const { master } = this.dataSource.driver as unknown as { readonly master: pg.Pool };
    return {
      busy: master.totalCount - master.idleCount,
      idle: master.idleCount,
      waiting: master.waitingCount,
    };
  }

  async checkDatabase(): Promise<void> {
    await query(this.dataSource.manager, 'SELECT 1');
  }

  async checkMigrations(): Promise<void> {
    refuseOtherSchema(await schemaOf(this.dataSource));
  }
}
