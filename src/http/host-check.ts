import type { RequestHandler } from 'express';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses requests that a browser was tricked into: with DNS rebinding a foreign page reaches the loopback interface under
 * its own host name, and a foreign page's form or script carries its own origin.
 */
export const hostCheck: RequestHandler = (request, response, next) => {
  const host = hostName(`http://${request.headers.host ?? ''}`);
  if (host === null || !LOOPBACK.has(host)) {
    response.status(421).json(refusal(`the Host header is ${JSON.stringify(request.headers.host ?? '')}`));
    return;
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${request.headers.host}`) {
    response.status(403).json(refusal(`the request comes from the page ${JSON.stringify(origin)}`));
    return;
  }
  next();
};

function hostName(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

function refusal(reason: string): object {
  const message = `${reason}; this server answers 127.0.0.1 and localhost, and pages of its own, only`;
  return { errors: [{ message, extensions: { code: 'FORBIDDEN' } }] };
}
