import { EventEmitter } from 'node:events';
import { type FileHandle, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { NatriumError } from '../errors.ts';
import type { GrowingFile } from '../registry/ports.ts';

const CHUNK_BYTES = 1 << 16;

export function cannotWrite(path: string, cause: unknown): NatriumError {
  return new NatriumError(
    'UNAVAILABLE',
    `The temporary file ${path} cannot be written (${(cause as Error).message}): make room there, or set ` +
      'NATRIUM_DATA_FOLDER to another folder.',
    {},
    { cause },
  );
}

export class OpenGrowingFile implements GrowingFile {
  /** Bytes that readers may have. */
  written = 0;
  outcome: 'GROWING' | 'FINISHED' | Error = 'GROWING';
  /** Says `change` when one of the two above does. */
  readonly news = new EventEmitter().setMaxListeners(0);
  private users = 1;

  constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < bytes.byteLength; ) {
        const { bytesWritten } = await this.handle.write(bytes, sent, bytes.byteLength - sent, this.written + sent);
        sent += bytesWritten;
      }
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.written += bytes.byteLength;
    this.news.emit('change');
  }

  finish(): void {
    this.outcome = 'FINISHED';
    this.news.emit('change');
  }

  fail(error: Error): void {
    this.outcome = error;
    this.news.emit('change');
  }

  follow(): Readable {
    this.users++;
    return new Follower(this);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.release();
  }

  /** Bytes from `position` on that are there, at most a chunk. */
  async read(position: number): Promise<Uint8Array> {
    const length = Math.min(CHUNK_BYTES, this.written - position);
    const { buffer, bytesRead } = await this.handle.read(Buffer.allocUnsafe(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  }

  async release(): Promise<void> {
    if (--this.users === 0) await this.handle.close();
  }
}

class Follower extends Readable {
  private position = 0;
  private readonly look = () => this._read();

  constructor(private readonly file: OpenGrowingFile) {
    super();
  }

  override _read(): void {
    const { outcome, written, news } = this.file;
    if (outcome instanceof Error) this.destroy(outcome);
    else if (this.position < written) void this.pass();
    else if (outcome === 'FINISHED') this.push(null);
    else news.once('change', this.look);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.file.news.off('change', this.look);
    this.file.release().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    );
  }

  private async pass(): Promise<void> {
    try {
      const chunk = await this.file.read(this.position);
      this.position += chunk.byteLength;
      this.push(chunk);
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
