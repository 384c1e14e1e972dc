import * as http from 'node:http';
import * as https from 'node:https';
import { Client } from 'minio';
import { NatriumError } from '../errors.ts';
import { explainS3Error } from './s3-errors.ts';

const SILENCE_LIMIT_MILLISECONDS = 20_000;
/** What larger files are sent in, some parts held in memory at a time; S3 takes 10,000 of them. */
const PART_BYTES = 8 << 20;
export const DEFAULT_REGION = 'us-east-1';

/** How to reach a bucket of MinIO or of any other S3. */
export interface S3Settings {
  /** such as `http://127.0.0.1:9000`: scheme, host and port, no path */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** `us-east-1` unless the store is told another */
  readonly region?: string;
  /** whether `check` may make a missing bucket */
  readonly createBucket: boolean;
  /** a connection on which nothing moves for so long is given up; 20 s unless told another */
  readonly silenceLimitMilliseconds?: number;
}

/**
 * Statuses on which the minio client throws the answer away, with the reason that it gives, to try again; and one that it
 * does not know and reads.
 */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 520]);
const READ_STATUS = 599;

/** The store's clock minus ours, in milliseconds, as its last answer had it. */
type ClockListener = (offsetMilliseconds: number) => void;

/**
 * The transport of the minio client, which has no time limit of its own: a silent connection ends with an error, unless it is
 * silent because whoever reads the answer has not yet taken what came.
 */
function impatientTransport(
  module: typeof http | typeof https,
  limitMilliseconds: number,
  onClock: ClockListener,
): Pick<typeof http, 'request'> {
  const request = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    let answer: http.IncomingMessage | null = null;
    const sent = module.request(options, (response) => {
      answer = response;
      const date = Date.parse(response.headers.date ?? '');
      if (!Number.isNaN(date)) onClock(date - Date.now());
      const givesReason = /xml/.test(response.headers['content-type'] ?? '');
      if (givesReason && RETRIED_STATUSES.has(response.statusCode!)) response.statusCode = READ_STATUS;
      onResponse(response);
    });
    sent.setTimeout(limitMilliseconds, () => {
      if (answer !== null && answer.readableLength > 0) sent.socket?.setTimeout(limitMilliseconds);
      else sent.destroy(Object.assign(new Error(`nothing came for ${limitMilliseconds} ms`), { code: 'ETIMEDOUT' }));
    });
    return sent;
  };
  return { request: request as typeof http.request };
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url !== undefined && url.href === `${url.origin}/`;
  if (url === undefined || !isPlain || !['http:', 'https:'].includes(url.protocol)) throw noAddress();
  return url;
}

function noAddress(cause?: unknown): NatriumError {
  return new NatriumError(
    'BAD_USER_INPUT',
    'S3_ENDPOINT is no address of an S3: write it as http://HOST:PORT or https://HOST, without a path, user or password.',
    {},
    { cause },
  );
}

/** The client refuses some names of hosts by an error of its own. */
function newClient(options: ConstructorParameters<typeof Client>[0]): Client {
  try {
    return new Client(options);
  } catch (cause) {
    throw noAddress(cause);
  }
}

/** A bucket of an S3, and what its refusals mean. */
export class S3Connection {
  /** Where the bytes are, in words; no secret. */
  readonly description: string;
  readonly client: Client;
  private clockOffsetMilliseconds = 0;

  /** @throws NatriumError BAD_USER_INPUT when the endpoint is no address; nothing is sent yet */
  constructor(settings: S3Settings) {
    const endpoint = parseEndpoint(settings.endpoint);
    const useSSL = endpoint.protocol === 'https:';
    this.description = `the bucket ${settings.bucket} at ${endpoint.origin}`;
    this.client = newClient({
      // the client puts an IPv6 address into brackets itself
      endPoint: endpoint.hostname.replace(/^\[|\]$/g, ''),
      port: endpoint.port === '' ? (useSSL ? 443 : 80) : Number(endpoint.port),
      useSSL,
      accessKey: settings.accessKey,
      secretKey: settings.secretKey,
      partSize: PART_BYTES,
      // given always: the client would otherwise ask for the bucket's region, which needs one more permission
      region: settings.region ?? DEFAULT_REGION,
      transport: impatientTransport(
        useSSL ? https : http,
        settings.silenceLimitMilliseconds ?? SILENCE_LIMIT_MILLISECONDS,
        (offset) => {
          this.clockOffsetMilliseconds = offset;
        },
      ),
      // the client's retries hide the answer's reason and write to the console
      retryOptions: { disableRetry: true },
    });
  }

  /** What `operation` answers; whatever goes wrong is a NatriumError. */
  async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw this.explain(error);
    }
  }

  explain(error: unknown): NatriumError {
    if (error instanceof NatriumError) return error;
    return explainS3Error(error, this.description, this.clockOffsetMilliseconds);
  }
}
