import type { EntityManager } from 'typeorm';
import type { EntityCollection } from './entity-collection.ts';
import { Parameters } from './filter-sql.ts';
import { type Affected, query } from './query.ts';

interface Work {
  readonly id: string;
}

/** Takes open work: raises its attempt number, which is the fence. Null if it is finished or cancelled. */
export async function takeWork<T extends Work>(
  manager: EntityManager,
  work: EntityCollection<T>,
  id: string,
  changes: Partial<T>,
): Promise<T | null> {
  const p = new Parameters();
  const set = work.assignments(changes, p);
  const [rows] = await query<Affected>(
    manager,
    `UPDATE ${work.table} SET state = 'RUNNING', attempt = attempt + 1, started_at = coalesce(started_at, now()), ${set}
     WHERE id = ${p.add(id)} AND state IN ('QUEUED', 'RUNNING') RETURNING *`,
    p.values,
  );
  return rows.length === 0 ? null : work.hydrate(rows[0]);
}

/** Writes to work that is running under this attempt; false if it is not any more. */
export async function updateWork<T extends Work>(
  manager: EntityManager,
  work: EntityCollection<T>,
  id: string,
  attempt: number,
  changes: Partial<T>,
): Promise<boolean> {
  const p = new Parameters();
  const set = work.assignments(changes, p);
  const [, count] = await query<Affected>(
    manager,
    `UPDATE ${work.table} SET ${set} WHERE id = ${p.add(id)} AND attempt = ${p.add(attempt)} AND state = 'RUNNING'`,
    p.values,
  );
  return count === 1;
}
