import type { RequestHandler } from 'express';
import { NatriumError } from '../errors.ts';
import type { Operations } from '../registry/operations.ts';

/** Requests that come faster share one look at the database. */
const FRESH_MS = 1000;

/**
 * Refuses requests while the database is at a schema that this program does not know, as after a newer server has migrated it:
 * UNAVAILABLE, since another server can answer. That the database is away is for the request itself to find.
 */
export function refuseOtherSchema(operations: Pick<Operations, 'checkMigrations'>): RequestHandler {
  let looked: { readonly refusal: Promise<NatriumError | null>; readonly at: number } | null = null;
  return async (_request, _response, next) => {
    if (looked === null || performance.now() - looked.at > FRESH_MS) {
      looked = { refusal: refusalBy(operations), at: performance.now() };
    }
    const refusal = await looked.refusal;
    if (refusal !== null) throw refusal;
    next();
  };
}

async function refusalBy(operations: Pick<Operations, 'checkMigrations'>): Promise<NatriumError | null> {
  try {
    await operations.checkMigrations();
    return null;
  } catch (error) {
    if (!(error instanceof NatriumError) || error.code !== 'INVALID_STATE') return null;
    return new NatriumError('UNAVAILABLE', error.message);
  }
}
