import { Buffer } from 'node:buffer';
import * as http from 'node:http';
import * as https from 'node:https';
import { Client } from 'minio';
import { NatriumError } from '../errors.ts';
import {
  type ArtifactStore,
  artifactKey,
  isCorruptArtifact,
  missingArtifact,
  type StoredBytes,
  sha256Of,
  verifyArtifact,
} from './artifact-store.ts';
import { explainS3Error, s3CodeOf } from './s3-errors.ts';

const SILENCE_LIMIT_MILLISECONDS = 20_000;
const DEFAULT_REGION = 'us-east-1';
const CHECK_KEY = 'natrium-check';
const CHECK_BYTES = Buffer.from('Natrium can write here.\n');

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

/** The transport of the minio client, which has no time limit of its own: a silent connection ends with an error. */
function impatientTransport(
  module: typeof http | typeof https,
  limitMilliseconds: number,
): Pick<typeof http, 'request'> {
  const request = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const sent = module.request(options, onResponse);
    sent.setTimeout(limitMilliseconds, () => {
      sent.destroy(Object.assign(new Error(`nothing came for ${limitMilliseconds} ms`), { code: 'ETIMEDOUT' }));
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

/** Artifacts as objects of one bucket. Uses plain S3 requests only, so MinIO, versitygw, Ceph and AWS all serve. */
export class S3ArtifactStore implements ArtifactStore {
  readonly description: string;
  private readonly settings: S3Settings;
  private readonly client: Client;

  /** @throws NatriumError BAD_USER_INPUT when the endpoint is no address; nothing is sent yet */
  constructor(settings: S3Settings) {
    const endpoint = parseEndpoint(settings.endpoint);
    const useSSL = endpoint.protocol === 'https:';
    this.settings = settings;
    this.description = `the bucket ${settings.bucket} at ${endpoint.origin}`;
    this.client = new Client({
      endPoint: endpoint.hostname,
      port: endpoint.port === '' ? (useSSL ? 443 : 80) : Number(endpoint.port),
      useSSL,
      accessKey: settings.accessKey,
      secretKey: settings.secretKey,
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

  async put(bytes: Uint8Array): Promise<StoredBytes> {
    const sha256 = sha256Of(bytes);
    try {
      await this.get(sha256);
    } catch (error) {
      if (!isCorruptArtifact(error)) throw error;
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await this.guard(() => this.client.putObject(this.settings.bucket, artifactKey(sha256), body, body.byteLength));
      await this.get(sha256);
    }
    return { sha256, byteLength: bytes.byteLength };
  }

  async get(sha256: string): Promise<Uint8Array> {
    const key = artifactKey(sha256);
    const bytes = await this.guard(async () => {
      try {
        return await this.read(key);
      } catch (error) {
        if (s3CodeOf(error) === 'NoSuchKey') throw missingArtifact(sha256, this.description);
        throw error;
      }
    });
    verifyArtifact(bytes, sha256, this.description);
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    const key = artifactKey(sha256);
    return this.guard(async () => {
      try {
        await this.client.statObject(this.settings.bucket, key);
        return true;
      } catch (error) {
        // an answer to HEAD has no body, and so no reason: a second question finds it
        if ((await this.hasBucket()) && s3CodeOf(error) === 'NotFound') return false;
        throw error;
      }
    });
  }

  async check(): Promise<void> {
    await this.guard(async () => {
      const { bucket, createBucket } = this.settings;
      if (!(await this.hasBucket()) && createBucket) await this.makeBucket();
      await this.client.putObject(bucket, CHECK_KEY, CHECK_BYTES, CHECK_BYTES.byteLength);
      await this.read(CHECK_KEY);
    });
  }

  /** By GET, whose refusals have a body that names the reason; HEAD's have none. */
  private async hasBucket(): Promise<boolean> {
    try {
      await this.read(CHECK_KEY);
    } catch (error) {
      if (s3CodeOf(error) === 'NoSuchBucket') return false;
      if (s3CodeOf(error) !== 'NoSuchKey') throw error;
    }
    return true;
  }

  private async makeBucket(): Promise<void> {
    try {
      await this.client.makeBucket(this.settings.bucket, this.settings.region ?? DEFAULT_REGION);
    } catch (error) {
      // another server of ours may have made it in the meantime
      if (s3CodeOf(error) !== 'BucketAlreadyOwnedByYou') throw error;
    }
  }

  private async read(key: string): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.client.getObject(this.settings.bucket, key)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  private async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (error instanceof NatriumError) throw error;
      throw explainS3Error(error, this.description);
    }
  }
}
