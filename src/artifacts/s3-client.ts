import * as http from 'node:http';
import * as https from 'node:https';
import { Client } from 'minio';
import { NatriumError } from '../errors.ts';

const SILENCE_LIMIT_MILLISECONDS = 20_000;
/** What larger files are sent in, each part held in memory; S3 takes 10,000 of them. */
const PART_BYTES = 16 << 20;
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
 * The transport of the minio client, which has no time limit of its own: a silent connection ends with an error, unless it is
 * silent because whoever reads the answer has not yet taken what came.
 */
function impatientTransport(
  module: typeof http | typeof https,
  limitMilliseconds: number,
): Pick<typeof http, 'request'> {
  const request = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    let answer: http.IncomingMessage | null = null;
    const sent = module.request(options, (response) => {
      answer = response;
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
  const isPlain = url !== undefined && url.pathname === '/' && url.search === '' && url.username === '';
  if (url === undefined || !isPlain || !['http:', 'https:'].includes(url.protocol))
    throw new NatriumError(
      'BAD_USER_INPUT',
      'S3_ENDPOINT is no address of an S3: write it as http://HOST:PORT or https://HOST, without a path, user or password.',
    );
  return url;
}

/** A bucket in words, for messages. */
export function describeBucket({ bucket, endpoint }: S3Settings): string {
  return `the bucket ${bucket} at ${parseEndpoint(endpoint).origin}`;
}

/** @throws NatriumError BAD_USER_INPUT when the endpoint is no address; nothing is sent yet */
export function openS3Client(settings: S3Settings): Client {
  const endpoint = parseEndpoint(settings.endpoint);
  const useSSL = endpoint.protocol === 'https:';
  return new Client({
    endPoint: endpoint.hostname,
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
    ),
    // the client's retries hide the answer's reason and write to the console
    retryOptions: { disableRetry: true },
  });
}
