import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { NatriumError } from '../errors.ts';
import { type Caller, LOCAL_ADMIN } from '../registry/caller.ts';
import type { Registry } from '../registry/registry.ts';

/** A database that does not answer in this time is away: Prometheus itself waits for 10 s. */
const PATIENCE_MS = 2000;
/** A token that was good when it was last looked up lets metrics be read for so long without the database. */
const REMEMBERED_MS = 3_600_000;

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

/**
 * As `authentication`, for what is asked every few seconds and is most wanted while the database, which knows the tokens, is away:
 * until it is back, whoever was let in lately is let in.
 */
export function scraperAuthentication(by: Authentication): RequestHandler {
  const known = new Map<string, { readonly caller: Caller; readonly at: number }>();
  return async (request, response, next) => {
    const { authorization = '' } = request.headers;
    forgetOld(known);
    try {
      const caller = await soon(callerOf(by, request.headers.authorization));
      known.set(authorization, { caller, at: performance.now() });
    } catch (error) {
      const isAway = error instanceof NatriumError && error.code === 'UNAVAILABLE';
      if (!isAway) known.delete(authorization);
      if (!known.has(authorization)) throw error;
    }
    response.locals.caller = known.get(authorization)!.caller;
    next();
  };
}

function forgetOld(known: Map<string, { readonly at: number }>): void {
  for (const [authorization, { at }] of known) {
    if (performance.now() - at > REMEMBERED_MS) known.delete(authorization);
  }
}

/** What is promised, or UNAVAILABLE if it takes too long. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: waiting.signal }).then(() => {
    throw new NatriumError('UNAVAILABLE', `the database has not answered for ${PATIENCE_MS / 1000} s; try again`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    waiting.abort();
  }
}
