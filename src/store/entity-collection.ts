import type { EntityManager, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import type { Collection, New, Page, PageRequest } from '../registry/ports.ts';
import { filterSql, Parameters } from './filter-sql.ts';
import { query } from './query.ts';

/** A statement has 65,535 parameters at most. */
const ROWS_PER_INSERT = 1000;

/** One table, read and written with SQL made from its entity's metadata. */
export class EntityCollection<T extends { readonly id: string }> implements Collection<T> {
  private readonly metadata: EntityMetadata;
  protected readonly table: string;

  constructor(
    private readonly manager: EntityManager,
    entity: EntityTarget<ObjectLiteral>,
    /** Fields beyond the columns that filters may use, as SQL over alias t. */
    private readonly derived: Readonly<Record<string, string>> = {},
  ) {
    this.metadata = manager.connection.getMetadata(entity);
    this.table = this.metadata.tableName;
  }

  async getMany(ids: readonly string[]): Promise<(T | null)[]> {
    const rows = await this.select(`t.id = ANY($1::bigint[])`, [ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findOne(where: Partial<T>): Promise<T | null> {
    const p = new Parameters();
    return (await this.select(`${this.equalSql(where, p)} ORDER BY t.id LIMIT 1`, p.values))[0] ?? null;
  }

  findAll(where: Partial<T>): Promise<T[]> {
    const p = new Parameters();
    return this.select(`${this.equalSql(where, p)} ORDER BY t.id`, p.values);
  }

  findIn<K extends keyof T & string>(field: K, values: readonly T[K][], extra = 'TRUE'): Promise<T[]> {
    return this.select(`t.${this.column(field)} = ANY($1) AND ${extra} ORDER BY t.id`, [values]);
  }

  async page({ first, after, filter, newestFirst }: PageRequest): Promise<Page<T>> {
    const p = new Parameters();
    const condition = filterSql(filter, this.filterColumns(), p);
    const counted = [...p.values];
    const [further, direction] = newestFirst ? ['<', 'DESC'] : ['>', 'ASC'];
    const start = after === null ? 'TRUE' : `t.id ${further} ${p.add(after)}`;
    const rows = await this.select(
      `${condition} AND ${start} ORDER BY t.id ${direction} LIMIT ${p.add(first + 1)}`,
      p.values,
    );
    return {
      items: rows.slice(0, first),
      hasNextPage: rows.length > first,
      totalCount: async () => {
        const [row] = await query(this.manager, `SELECT count(*) FROM ${this.table} t WHERE ${condition}`, counted);
        return Number(row.count);
      },
    };
  }

  async ids(filter: PageRequest['filter'], limit: number, extra = 'TRUE'): Promise<string[]> {
    const p = new Parameters();
    const condition = filterSql(filter, this.filterColumns(), p);
    const rows = await query<{ id: string }[]>(
      this.manager,
      `SELECT t.id FROM ${this.table} t WHERE ${condition} AND ${extra} ORDER BY t.id LIMIT ${p.add(limit)}`,
      p.values,
    );
    return rows.map((row) => row.id);
  }

  async idsBy(field: keyof T & string, values: readonly string[]): Promise<Map<string, string>> {
    const column = this.column(field);
    const rows = await query<{ id: string; value: string }[]>(
      this.manager,
      `SELECT id, ${column} AS value FROM ${this.table} WHERE ${column} = ANY($1)`,
      [values],
    );
    return new Map(rows.map((row) => [row.value, row.id]));
  }

  async insert(value: New<T>): Promise<T> {
    return (await this.insertWith(value, ''))!;
  }

  async insertMany(values: readonly New<T>[], field: keyof T & string): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    if (values.length === 0) return ids;
    const fields = Object.keys(values[0]);
    const columns = fields.map((each) => this.column(each)).join(', ');
    for (let start = 0; start < values.length; start += ROWS_PER_INSERT) {
      const p = new Parameters();
      const rows = values
        .slice(start, start + ROWS_PER_INSERT)
        .map((value) => fields.map((each) => p.add(this.parameter(each, value[each as keyof New<T>]))).join(', '));
      const inserted = await query<{ id: string; value: string }[]>(
        this.manager,
        `INSERT INTO ${this.table} (${columns}) VALUES (${rows.join('), (')})
         RETURNING id, ${this.column(field)} AS value`,
        p.values,
      );
      for (const row of inserted) ids.set(row.value, row.id);
    }
    return ids;
  }

  insertUnlessExists(value: New<T>, unique: readonly (keyof T & string)[]): Promise<T | null> {
    return this.insertWith(value, `ON CONFLICT (${unique.map((field) => this.column(field)).join(', ')}) DO NOTHING`);
  }

  async update(id: string, changes: Partial<T>): Promise<void> {
    const p = new Parameters();
    const set = this.assignments(changes, p);
    await query(this.manager, `UPDATE ${this.table} SET ${set} WHERE id = ${p.add(id)}`, p.values);
  }

  /** `column = $n` for each change, for an UPDATE. */
  protected assignments(changes: Partial<T>, p: Parameters): string {
    return Object.entries(changes)
      .map(([field, value]) => `${this.column(field)} = ${p.add(this.parameter(field, value))}`)
      .join(', ');
  }

  protected hydrate(row: Record<string, unknown>): T {
    const record: Record<string, unknown> = {};
    for (const column of this.metadata.columns) record[column.propertyName] = row[column.databaseName];
    return record as unknown as T;
  }

  /** Runs a statement where the collection's own run: in its transaction, if it has one. */
  protected run<R>(sql: string, values: readonly unknown[]): Promise<R> {
    return query<R>(this.manager, sql, values);
  }

  private async insertWith(value: New<T>, onConflict: string): Promise<T | null> {
    const p = new Parameters();
    const entries = Object.entries(value);
    const columns = entries.map(([field]) => this.column(field)).join(', ');
    const values = entries.map(([field, each]) => p.add(this.parameter(field, each))).join(', ');
    const rows = await query(
      this.manager,
      `INSERT INTO ${this.table} (${columns}) VALUES (${values}) ${onConflict} RETURNING *`,
      p.values,
    );
    return rows.length === 0 ? null : this.hydrate(rows[0]);
  }

  private async select(rest: string, values: readonly unknown[]): Promise<T[]> {
    const rows = await query(this.manager, `SELECT t.* FROM ${this.table} t WHERE ${rest}`, values as unknown[]);
    return rows.map((row: Record<string, unknown>) => this.hydrate(row));
  }

  private equalSql(where: Partial<T>, p: Parameters): string {
    const parts = Object.entries(where).map(([field, value]) =>
      value === null ? `t.${this.column(field)} IS NULL` : `t.${this.column(field)} = ${p.add(value)}`,
    );
    return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
  }

  private column(field: string): string {
    return this.metadata.findColumnWithPropertyName(field)!.databaseName;
  }

  private parameter(field: string, value: unknown): unknown {
    if (value === null) return null;
    const { type, isArray } = this.metadata.findColumnWithPropertyName(field)!;
    if (type === 'jsonb') return JSON.stringify(value);
    // pg would put every number in quotes
    return isArray && type === 'double precision' ? `{${(value as readonly number[]).join(',')}}` : value;
  }

  private filterColumns(): Record<string, string> {
    const own = this.metadata.columns.map((column) => [column.propertyName, `t.${column.databaseName}`]);
    return { ...Object.fromEntries(own), ...this.derived };
  }
}
