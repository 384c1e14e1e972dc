import type { EntityManager } from 'typeorm';
import type { Held, JobCollection as Port, RequestedJob } from '../registry/ports.ts';
import type { Job, JobAttempt, JobKind } from '../registry/records.ts';
import { JobEntity } from './entities/jobs.ts';
import { EntityCollection } from './entity-collection.ts';
import { Parameters } from './filter-sql.ts';
import type { Affected } from './query.ts';

/** Jobs, each held under an attempt number that is its fence. A trigger writes their attempts. */
export class JobCollection extends EntityCollection<Job> implements Port {
  constructor(manager: EntityManager) {
    super(manager, JobEntity);
  }

  async request(job: RequestedJob): Promise<Job> {
    const [row] = await this.run<Record<string, unknown>[]>(
      `INSERT INTO jobs (kind, subject_id, state, attempt, fruitful_attempt, priority, request_id, created_by)
       VALUES ($1, $2, 'QUEUED', 0, 0, $3, $4, $5)
       ON CONFLICT (kind, subject_id) DO UPDATE SET state = 'QUEUED', failure = NULL, finished_at = NULL,
         priority = excluded.priority, request_id = excluded.request_id
       RETURNING *`,
      [job.kind, job.subjectId, job.priority, job.requestId, job.createdBy],
    );
    return this.hydrate(row);
  }

  async lockOf(kind: JobKind, subjectId: string): Promise<Job | null> {
    const rows = await this.run<Record<string, unknown>[]>(
      'SELECT * FROM jobs WHERE kind = $1 AND subject_id = $2 FOR UPDATE',
      [kind, subjectId],
    );
    return rows.length === 0 ? null : this.hydrate(rows[0]);
  }

  async take(id: string, worker: string, delivery: string | null): Promise<Job> {
    const [rows] = await this.run<Affected>(
      `UPDATE jobs SET state = 'RUNNING', attempt = attempt + 1, worker = $2, delivery = $3,
         started_at = coalesce(started_at, now()) WHERE id = $1 RETURNING *`,
      [id, worker, delivery],
    );
    return this.hydrate(rows[0]);
  }

  async updateHeld(kind: JobKind, held: Held, changes: Partial<Job>): Promise<boolean> {
    const p = new Parameters();
    const set = this.assignments(changes, p);
    const [, count] = await this.run<Affected>(
      `UPDATE jobs SET ${set} WHERE kind = ${p.add(kind)} AND subject_id = ${p.add(held.id)}
       AND attempt = ${p.add(held.attempt)} AND state = 'RUNNING'`,
      p.values,
    );
    return count === 1;
  }

  async isHeld(kind: JobKind, held: Held): Promise<boolean> {
    const rows = await this.run<object[]>(
      `SELECT 1 FROM jobs WHERE kind = $1 AND subject_id = $2 AND attempt = $3 AND state = 'RUNNING' FOR NO KEY UPDATE`,
      [kind, held.id, held.attempt],
    );
    return rows.length === 1;
  }

  async running(kind: JobKind, createdBy: string): Promise<number> {
    const [row] = await this.run<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM jobs WHERE kind = $1 AND created_by = $2 AND state = 'RUNNING'`,
      [kind, createdBy],
    );
    return row.count;
  }

  ofSubjects(kind: JobKind, subjectIds: readonly string[]): Promise<Job[]> {
    return this.findIn('subjectId', subjectIds, `t.kind = '${kind}'`);
  }

  heldBy(workers: readonly string[]): Promise<Job[]> {
    return this.findIn('worker', workers, `t.state = 'RUNNING'`);
  }

  attemptsOf(jobIds: readonly string[]): Promise<JobAttempt[]> {
    return this.run(
      `SELECT job_id AS "jobId", number, worker, host, started_at AS "startedAt", ended_at AS "endedAt", ending, reason
       FROM job_attempts WHERE job_id = ANY($1::bigint[]) ORDER BY job_id, number`,
      [jobIds],
    );
  }
}
