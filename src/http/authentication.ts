import type { RequestHandler } from 'express';
import { NatriumError } from '../errors.ts';
import { type Caller, LOCAL_ADMIN } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';

export interface Authentication {
  readonly registry: Registry;
  readonly isLocalOnly: boolean;
}

/**
 * A bearer token says who calls; without one it is the local admin, if only programs on this machine reach the server.
 *
 * @throws NatriumError UNAUTHENTICATED
 */
export async function callerOf({ registry, isLocalOnly }: Authentication, authorization: unknown): Promise<Caller> {
  if (authorization === undefined) {
    if (isLocalOnly) return LOCAL_ADMIN;
    throw new NatriumError(
      'UNAUTHENTICATED',
      'a token is needed: send the header Authorization: Bearer TOKEN; the first one is in admin-token of the data folder',
    );
  }
  const match = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization) : null;
  if (match === null) throw new NatriumError('UNAUTHENTICATED', 'the Authorization header must be: Bearer TOKEN');
  return registry.access.authenticate(match[1]);
}

/** Puts the caller of a request into `response.locals`. */
export function authentication(by: Authentication): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await callerOf(by, request.headers.authorization);
    next();
  };
}
