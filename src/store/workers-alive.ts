import type { EntityManager } from 'typeorm';
import { query } from './query.ts';

const PREFIX = 'natrium worker ';

/**
 * What a worker calls itself towards PostgreSQL, by which living workers are counted. PostgreSQL keeps 63 bytes, so the process
 * comes before the host, whose name may be longer.
 */
export function workerApplication(host: string, pid: number): string {
  return `${PREFIX}${pid}@${host}`;
}

/** Workers that are connected to this database; a worker has several connections, of one name from one address. */
export async function workersAlive(manager: EntityManager): Promise<number> {
  const [row] = await query<{ workers: number }[]>(
    manager,
    `SELECT count(DISTINCT (application_name, client_addr))::int AS workers FROM pg_stat_activity
     WHERE datname = current_database() AND starts_with(application_name, $1)`,
    [PREFIX],
  );
  return row.workers;
}
