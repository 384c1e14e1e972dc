import { type EntityManager, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { NatriumError } from '../errors.ts';

/** Classes of SQLSTATE, and codes of Node, that say that the database is away rather than that the statement is wrong. */
const AWAY =
  /^(08...|25P03|57P0.|53300|55000|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** What pg says of a connection that broke, at once or when the next statement comes. */
const BROKEN =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect)/;

/** What an UPDATE or a DELETE is answered with: the rows that it returns, and how many it changed. */
export type Affected = readonly [rows: Record<string, unknown>[], count: number];

/**
 * Runs a statement; UNAVAILABLE if the database cannot be reached. The answer is the rows, or
 * {@link Affected}.
 */
export async function query<T = Record<string, unknown>[]>(
  manager: EntityManager,
  sql: string,
  values?: readonly unknown[],
): Promise<T> {
  try {
    return await manager.query<T>(sql, values as unknown[]);
  } catch (error) {
    throw asUnavailable(error);
  }
}

/** The error of a database that is away, for the caller; any other error as it is. */
export function asUnavailable(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  const away =
    (typeof code === 'string' && AWAY.test(code)) ||
    BROKEN.test(message ?? '') ||
    // TypeORM takes a transaction's connection away as soon as it hears that it broke
    error instanceof QueryRunnerAlreadyReleasedError ||
    error instanceof QueryRunnerProviderAlreadyReleasedError;
  return away
    ? new NatriumError('UNAVAILABLE', 'the database cannot be reached at the moment; try again', {}, { cause: error })
    : error;
}
