import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import type { ErrorCode } from '../errors.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
}

/**
 * Refuses requests that a browser was tricked into: with DNS rebinding a foreign page reaches the loopback interface under
 * its own host name, and a foreign page's form, script or WebSocket carries its own origin.
 */
export function refusalOf({ host: given = '', origin }: IncomingHttpHeaders): Refusal | null {
  const host = hostName(`http://${given}`);
  if (host === null || !LOOPBACK.has(host)) return foreign(421, `the Host header is ${JSON.stringify(given)}`);
  if (origin !== undefined && origin !== `http://${given}`) {
    return foreign(403, `the request comes from the page ${JSON.stringify(origin)}`);
  }
  return null;
}

export const hostCheck: RequestHandler = (request, response, next) => {
  const refused = refusalOf(request.headers);
  if (refused === null) next();
  else response.status(refused.status).json(refused.body);
};

function hostName(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

function foreign(status: number, reason: string): Refusal {
  return refusal(
    status,
    'FORBIDDEN',
    `${reason}; this server answers 127.0.0.1 and localhost, and pages of its own, only`,
  );
}

/** An error outside GraphQL, in GraphQL's form. */
export function refusal(status: number, code: ErrorCode, message: string): Refusal {
  return { status, body: { errors: [{ message, extensions: { code } }] } };
}
