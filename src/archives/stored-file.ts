import type { FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 64 * 1024;
const WINDOWS = 3;
const CHUNK_BYTES = 128 * 1024;

interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Reads an open file at any place. Small reads that lie near to each other cost one access to the disk. */
export class StoredFile {
  // the latest first: the directory of a zip archive is read in turn with its members
  private windows: readonly Window[] = [];

  constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  /** `length` bytes from `start`, from 0; fewer at the end of the file. */
  async at(start: number, length: number): Promise<Buffer> {
    if (!(start >= 0 && start < this.size)) return Buffer.alloc(0);
    if (length > WINDOW_BYTES) return this.read(start, length);
    const isInside = (window: Window): boolean =>
      start >= window.start && start + length <= window.start + window.bytes.length;
    const window = this.windows.find(isInside) ?? { start, bytes: await this.read(start, WINDOW_BYTES) };
    this.windows = [window, ...this.windows.filter((other) => other !== window)].slice(0, WINDOWS);
    return window.bytes.subarray(start - window.start, start - window.start + length);
  }

  /** The bytes from `start` to before `end`; ends early where the file does. */
  async *range(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; ) {
      const length = Math.min(end - position, CHUNK_BYTES);
      const chunk = await this.at(position, length);
      if (chunk.length === 0) return;
      position += chunk.length;
      yield chunk;
    }
  }

  private async read(start: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(length, this.size - start));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}
