import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'minio';
import { NatriumError } from '../errors.ts';
import {
  type ArtifactStore,
  artifactKey,
  type ByteRange,
  isCorruptArtifact,
  missingArtifact,
  type StoredBytes,
  sha256Of,
  shortArtifact,
  unreadableArtifact,
  verifyArtifact,
} from './artifact-store.ts';
import { DEFAULT_REGION, S3Connection, type S3Settings } from './s3-client.ts';
import { s3CodeOf } from './s3-errors.ts';
import { checkedStream, checkRange, Hashed } from './streams.ts';

const CHECK_KEY = 'natrium-check';
const CHECK_BYTES = Buffer.from('Natrium can write here.\n');

/** What a store says of an upload that somebody else has ended meanwhile; it is done again. */
const ENDED_BY_ANOTHER: ReadonlySet<string> = new Set(['NoSuchUpload', 'InvalidPart']);
const MOST_ATTEMPTS = 5;

/** While versitygw replaces an object by the same one, there is none for a moment. */
const MISSING_PAUSE_MS = 200;
const MISSING_READS = 3;

/**
 * What MinIO says of an object in which its own checksums find damage, by an answer or by breaking off; it says so of trouble of
 * its own as well.
 */
const SAID_OF_UNREADABLE: ReadonlySet<unknown> = new Set(['InternalError', 'SlowDownRead', 'ECONNRESET']);

/** Artifacts as objects of one bucket. Uses plain S3 requests only, so MinIO, versitygw, Ceph and AWS all serve. */
export class S3ArtifactStore implements ArtifactStore {
  readonly description: string;
  private readonly settings: S3Settings;
  private readonly connection: S3Connection;
  private readonly client: Client;

  /** @throws NatriumError BAD_USER_INPUT when the endpoint is no address; nothing is sent yet */
  constructor(settings: S3Settings) {
    this.settings = settings;
    this.connection = new S3Connection(settings);
    this.description = this.connection.description;
    this.client = this.connection.client;
  }

  async put(bytes: Uint8Array): Promise<StoredBytes> {
    const sha256 = sha256Of(bytes);
    try {
      await this.getNow(sha256);
    } catch (error) {
      if (!isCorruptArtifact(error)) throw error;
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await this.send(sha256, (key) => this.client.putObject(this.settings.bucket, key, body, body.byteLength));
    }
    return { sha256, byteLength: bytes.byteLength };
  }

  async putFile(path: string): Promise<StoredBytes> {
    const file = await open(path, 'r');
    try {
      const content = new Hashed(file.createReadStream({ start: 0, autoClose: false }));
      for await (const _ of content);
      const stored = content.result();
      try {
        await this.verifyNow(stored.sha256);
      } catch (error) {
        if (!isCorruptArtifact(error)) throw error;
        await this.send(stored.sha256, (key) => this.sendFile(key, file, stored.byteLength));
      }
      return stored;
    } finally {
      await file.close();
    }
  }

  read(sha256: string, range?: ByteRange): Promise<Readable> {
    return unlessReplaced(() => this.readNow(sha256, range));
  }

  get(sha256: string): Promise<Uint8Array> {
    return unlessReplaced(() => this.getNow(sha256));
  }

  private async readNow(sha256: string, range?: ByteRange): Promise<Readable> {
    const key = artifactKey(sha256);
    if (range !== undefined) checkRange(range);
    const { description } = this;
    if (range !== undefined && range.start === range.end) {
      if (!(await this.has(sha256))) throw missingArtifact(sha256, description);
      return Readable.from([]);
    }
    return this.unlessUnreadable(sha256, async () => {
      try {
        const source = await this.request(key, range);
        const explain = (error: unknown) => this.connection.explain(error);
        return checkedStream(source, { sha256, range: range ?? null, description, explain });
      } catch (error) {
        if (s3CodeOf(error) === 'NoSuchKey') throw missingArtifact(sha256, description);
        if (s3CodeOf(error) === 'InvalidRange') throw shortArtifact(sha256, description, range!);
        throw error;
      }
    });
  }

  private async getNow(sha256: string): Promise<Uint8Array> {
    const key = artifactKey(sha256);
    const bytes = await this.unlessUnreadable(sha256, async () => {
      try {
        return await this.readWhole(key);
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
    return this.connection.guard(async () => {
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
    await this.connection.guard(async () => {
      const { bucket, createBucket } = this.settings;
      if (!(await this.hasBucket()) && createBucket) await this.makeBucket();
      await this.client.putObject(bucket, CHECK_KEY, CHECK_BYTES, CHECK_BYTES.byteLength);
      await this.readWhole(CHECK_KEY);
    });
  }

  /** By GET, whose refusals have a body that names the reason; HEAD's have none. */
  private async hasBucket(): Promise<boolean> {
    try {
      await this.readWhole(CHECK_KEY);
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
      // another server of ours may have made it in the meantime, which stores answer in many ways
      if (await this.hasBucket()) return;
      if (s3CodeOf(error) !== 'AccessDenied') throw error;
      throw new NatriumError(
        'UNAVAILABLE',
        `The artifact store in ${this.description} cannot be used: the bucket does not exist, and this access key may not make it: ` +
          'create it, or check S3_BUCKET.',
        { reason: 'NoSuchBucket' },
        { cause: error },
      );
    }
  }

  private request(key: string, range?: ByteRange): Promise<Readable> {
    const { bucket } = this.settings;
    return range === undefined
      ? this.client.getObject(bucket, key)
      : this.client.getPartialObject(bucket, key, range.start, range.end - range.start);
  }

  private async readWhole(key: string): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.request(key)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  private verify(sha256: string): Promise<void> {
    return unlessReplaced(() => this.verifyNow(sha256));
  }

  private async verifyNow(sha256: string): Promise<void> {
    await this.unlessUnreadable(sha256, async () => {
      for await (const _ of await this.readNow(sha256));
    });
  }

  /** What `read` answers. An object that cannot be read, twice, while another can, is told from a store that is in trouble. */
  private async unlessUnreadable<T>(sha256: string, read: () => Promise<T>): Promise<T> {
    const attempt = () => this.connection.guard(read);
    try {
      return await attempt();
    } catch (error) {
      if (!isSaidOfUnreadable(error)) throw error;
    }
    await this.connection.guard(() => this.hasBucket());
    try {
      return await attempt();
    } catch (error) {
      throw isSaidOfUnreadable(error) ? unreadableArtifact(sha256, this.description, error) : error;
    }
  }

  /** Stores by `upload` and reads back. */
  private async send(sha256: string, upload: (key: string) => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.connection.guard(() => upload(artifactKey(sha256)));
        break;
      } catch (error) {
        // the client joins an unfinished upload of the same key, which another server of ours may just have finished, or be finishing
        const isStored = await this.verify(sha256).then(
          () => true,
          () => false,
        );
        if (isStored) return;
        if (attempt === MOST_ATTEMPTS || !ENDED_BY_ANOTHER.has(s3CodeOf((error as NatriumError).cause))) throw error;
      }
    }
    await this.verify(sha256);
  }

  private async sendFile(key: string, file: FileHandle, byteLength: number): Promise<void> {
    const content = file.createReadStream({ start: 0, autoClose: false });
    // the client does not listen to errors of what it sends, and would wait for ever
    const broken = new Promise<never>((_, reject) => content.once('error', reject));
    await Promise.race([broken, this.client.putObject(this.settings.bucket, key, content, byteLength)]);
  }
}

function isSaidOfUnreadable(error: unknown): boolean {
  return error instanceof NatriumError && error.code === 'UNAVAILABLE' && SAID_OF_UNREADABLE.has(error.details.reason);
}

/** What `read` answers; an object that is missing is looked for again. */
async function unlessReplaced<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!isMissing(error) || attempt === MISSING_READS) throw error;
    }
    await delay(MISSING_PAUSE_MS);
  }
}

function isMissing(error: unknown): boolean {
  return isCorruptArtifact(error) && error.details.reason === 'missing';
}
