import type { Fenced, FencedCollection as Port } from '../registry/ports.ts';
import { EntityCollection } from './entity-collection.ts';
import { Parameters } from './filter-sql.ts';
import type { Affected } from './query.ts';

/** The records of work that workers take, each under an attempt number that is its fence. */
export class FencedCollection<T extends Fenced> extends EntityCollection<T> implements Port<T> {
  async take(id: string, changes: Partial<T>): Promise<T | null> {
    const p = new Parameters();
    const set = this.assignments(changes, p);
    const [rows] = await this.run<Affected>(
      `UPDATE ${this.table} SET state = 'RUNNING', attempt = attempt + 1, started_at = coalesce(started_at, now()), ${set}
       WHERE id = ${p.add(id)} AND state IN ('QUEUED', 'RUNNING') RETURNING *`,
      p.values,
    );
    return rows.length === 0 ? null : this.hydrate(rows[0]);
  }

  async updateHeld(id: string, attempt: number, changes: Partial<T>): Promise<boolean> {
    const p = new Parameters();
    const set = this.assignments(changes, p);
    const [, count] = await this.run<Affected>(
      `UPDATE ${this.table} SET ${set} WHERE id = ${p.add(id)} AND attempt = ${p.add(attempt)} AND state = 'RUNNING'`,
      p.values,
    );
    return count === 1;
  }
}
