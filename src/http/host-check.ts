import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import type { ErrorCode } from '../errors.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** Where the server listens and how it is called. */
export interface Reach {
  readonly host: string;
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[];
}

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
}

/** Whether only programs on this machine reach the server, so that one without a token may be the local admin. */
export function isLocalOnly({ host, publicUrl, allowedHosts }: Reach): boolean {
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  return isLoopback && publicUrl === null && allowedHosts.length === 0;
}

/**
 * Refuses requests that a browser was tricked into: with DNS rebinding a foreign page reaches this server under its own host
 * name, and a foreign page's form, script or WebSocket carries its own origin.
 */
export class HostCheck {
  private readonly publicUrl: URL | null;
  private readonly names: ReadonlySet<string>;

  constructor({ host, publicUrl, allowedHosts }: Reach) {
    this.publicUrl = publicUrl === null ? null : new URL(publicUrl);
    const own = isIP(host) === 6 ? `[${host}]` : host;
    const names = [
      ...LOOPBACK_NAMES,
      ...(isWildcard(host) ? [] : [own]),
      ...(this.publicUrl === null ? [] : [this.publicUrl.hostname]),
      ...allowedHosts,
    ];
    // an IPv6 address may be written in many ways, and is compared in one
    this.names = new Set(names.map((name) => hostName(`http://${name}`) ?? name));
  }

  /** Null if the request is answered. */
  refusalOf({ host: given = '', origin }: IncomingHttpHeaders): Refusal | null {
    const name = hostName(`http://${given}`);
    if (name === null || !this.names.has(name)) {
      const message = `the Host header is ${JSON.stringify(given)}; this server answers ${this.known()} only`;
      return refusal(421, 'FORBIDDEN', `${message}: NATRIUM_ALLOWED_HOSTS lists further names`);
    }
    if (origin !== undefined && origin !== `http://${given}` && origin !== this.publicUrl?.origin) {
      const message = `the request comes from the page ${JSON.stringify(origin)}; this server answers its own pages only`;
      return refusal(403, 'FORBIDDEN', message);
    }
    return null;
  }

  /** The address by which the caller, whose Host header this is, reaches the server. */
  baseUrl(host: string): string {
    return hostName(`http://${host}`) === this.publicUrl?.hostname ? this.publicUrl!.origin : `http://${host}`;
  }

  readonly handler: RequestHandler = (request, response, next) => {
    const refused = this.refusalOf(request.headers);
    if (refused === null) next();
    else response.status(refused.status).json(refused.body);
  };

  private known(): string {
    const [last, ...others] = [...this.names].filter((name) => name !== '[::1]').reverse();
    return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function hostName(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

/** An error outside GraphQL, in GraphQL's form. */
export function refusal(status: number, code: ErrorCode, message: string): Refusal {
  return { status, body: { errors: [{ message, extensions: { code } }] } };
}
