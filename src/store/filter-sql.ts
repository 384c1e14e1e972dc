import { NatriumError } from '../errors.ts';
import type { FieldOperators, Filter } from '../registry/ports.ts';

const MAX_CONDITIONS = 200;
const MAX_DEPTH = 10;

/** Collects the parameters of one statement. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

const COMPARISONS: Record<keyof FieldOperators, (column: string, value: unknown, p: Parameters) => string> = {
  equals: (column, value, p) => `${column} = ${p.add(value)}`,
  notEquals: (column, value, p) => `${column} IS DISTINCT FROM ${p.add(value)}`,
  in: (column, value, p) => `${column} = ANY(${p.add(value)})`,
  lessThan: (column, value, p) => `${column} < ${p.add(value)}`,
  atMost: (column, value, p) => `${column} <= ${p.add(value)}`,
  greaterThan: (column, value, p) => `${column} > ${p.add(value)}`,
  atLeast: (column, value, p) => `${column} >= ${p.add(value)}`,
  contains: (column, value, p) => `strpos(lower(${column}), lower(${p.add(value)})) > 0`,
  startsWith: (column, value, p) => `starts_with(${column}, ${p.add(value)})`,
  isNull: (column, value) => `${column} IS ${value ? '' : 'NOT '}NULL`,
};

/**
 * SQL condition of a filter over alias `t`. `columns` maps the fields that may be used to SQL expressions; an unknown
 * field or a filter too large is refused.
 */
export function filterSql(filter: Filter | null, columns: Readonly<Record<string, string>>, p: Parameters): string {
  let conditions = 0;

  function walk(node: Filter, depth: number): string {
    if (depth > MAX_DEPTH) {
      throw new NatriumError('BAD_USER_INPUT', `the filter is nested deeper than ${MAX_DEPTH} levels; flatten it`);
    }
    const parts: string[] = [];
    for (const [key, value] of Object.entries(node)) {
      if (value === null || value === undefined) continue;
      if (key === 'and' || key === 'or') {
        const inner = (value as readonly Filter[]).map((each) => walk(each, depth + 1));
        const empty = key === 'and' ? 'TRUE' : 'FALSE';
        parts.push(inner.length === 0 ? empty : `(${inner.join(key === 'and' ? ' AND ' : ' OR ')})`);
      } else if (key === 'not') {
        parts.push(`NOT coalesce(${walk(value as Filter, depth + 1)}, FALSE)`);
      } else {
        parts.push(...field(key, value as FieldOperators));
      }
    }
    return parts.length === 0 ? 'TRUE' : `(${parts.join(' AND ')})`;
  }

  function field(name: string, operators: FieldOperators): string[] {
    const column = columns[name];
    if (column === undefined) throw new NatriumError('BAD_USER_INPUT', `there is no filter on ${name}`);
    return Object.entries(operators)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([operator, value]) => {
        if (++conditions > MAX_CONDITIONS) {
          throw new NatriumError('BAD_USER_INPUT', `the filter has more than ${MAX_CONDITIONS} conditions; use in`);
        }
        return COMPARISONS[operator as keyof FieldOperators](column, value, p);
      });
  }

  return filter === null ? 'TRUE' : walk(filter, 0);
}
