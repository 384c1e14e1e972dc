import type { RequestHandler } from 'express';
import { NatriumError } from '../errors.ts';
import { type Caller, LOCAL_ADMIN } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * A bearer token says who calls; on the loopback interface, without one, it is the local admin.
 *
 * @throws NatriumError UNAUTHENTICATED
 */
export async function callerOf(registry: Registry, authorization: unknown): Promise<Caller> {
  if (authorization === undefined) return LOCAL_ADMIN;
  const match = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization) : null;
  if (match === null) throw new NatriumError('UNAUTHENTICATED', 'the Authorization header must be: Bearer TOKEN');
  return registry.access.authenticate(match[1]);
}

/** Puts the caller of a request into `response.locals`. */
export function authentication(registry: Registry): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await callerOf(registry, request.headers.authorization);
    next();
  };
}
