import type { EntityManager } from 'typeorm';
import type { WorkerCollection as Port } from '../registry/ports.ts';
import type { Worker, WorkerStatus } from '../registry/records.ts';
import { WorkerEntity } from './entities/jobs.ts';
import { EntityCollection } from './entity-collection.ts';
import type { Affected } from './query.ts';

/** A worker that has said nothing for so long is gone. */
const SILENCE_SECONDS = 15;

const STATE = `CASE WHEN ended_at IS NOT NULL OR heartbeat_at < now() - ${SILENCE_SECONDS} * interval '1 second' THEN 'GONE'
  WHEN draining_at IS NOT NULL THEN 'DRAINING' ELSE 'ALIVE' END`;

/** Worker processes by what they say of themselves; those that ended are kept for a day. */
export class WorkerCollection extends EntityCollection<Worker> implements Port {
  constructor(manager: EntityManager) {
    super(manager, WorkerEntity);
  }

  async enter({ name, host, pid, version }: Pick<Worker, 'name' | 'host' | 'pid' | 'version'>): Promise<void> {
    await this.run(`DELETE FROM workers WHERE heartbeat_at < now() - interval '1 day'`, []);
    // a container that is started again has the name of the one before
    await this.run(
      `INSERT INTO workers (name, host, pid, version) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, version = excluded.version, started_at = now(),
         heartbeat_at = now(), draining_at = NULL, drained_by = NULL, ended_at = NULL`,
      [name, host, pid, version],
    );
  }

  async beat(name: string): Promise<{ readonly isDraining: boolean } | null> {
    const [rows] = await this.run<Affected>(
      `UPDATE workers SET heartbeat_at = now() WHERE name = $1 RETURNING draining_at IS NOT NULL AS "isDraining"`,
      [name],
    );
    return (rows[0] as { isDraining: boolean } | undefined) ?? null;
  }

  async leave(name: string): Promise<void> {
    await this.run(`UPDATE workers SET ended_at = now() WHERE name = $1`, [name]);
  }

  async drain(name: string, by: string): Promise<void> {
    await this.run(
      `UPDATE workers SET draining_at = coalesce(draining_at, now()), drained_by = coalesce(drained_by, $2)
       WHERE name = $1`,
      [name, by],
    );
  }

  async isDraining(name: string): Promise<boolean> {
    const rows = await this.run<object[]>(`SELECT 1 FROM workers WHERE name = $1 AND draining_at IS NOT NULL`, [name]);
    return rows.length === 1;
  }

  statuses(): Promise<WorkerStatus[]> {
    return this.run(
      `SELECT name, host, pid, version, started_at AS "startedAt", heartbeat_at AS "heartbeatAt", drained_by AS "drainedBy",
         ${STATE} AS state
       FROM workers ORDER BY id`,
      [],
    );
  }

  async alive(): Promise<number> {
    const [row] = await this.run<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM workers WHERE ${STATE} = 'ALIVE'`,
      [],
    );
    return row.count;
  }
}
