import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import {
  type ArtifactStore,
  artifactKey,
  type ByteRange,
  isCorruptArtifact,
  missingArtifact,
  type StoredBytes,
  sha256Of,
  shortArtifact,
  verifyArtifact,
} from './artifact-store.ts';
import { draftOf, explainFileError, makeFolderDurably, moveDurably, writeDurably } from './durable-files.ts';
import { checkedStream, checkRange, Hashed } from './streams.ts';

async function openArtifact(path: string, sha256: string, description: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missingArtifact(sha256, description);
    throw error;
  }
}

/** Closes the file if it cannot be told. */
async function sizeOf(handle: FileHandle): Promise<number> {
  try {
    return (await handle.stat()).size;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Artifacts as files below one folder of a local disk. */
export class FileArtifactStore implements ArtifactStore {
  readonly description: string;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.description = `the folder ${this.folder}`;
  }

  async put(bytes: Uint8Array): Promise<StoredBytes> {
    const sha256 = sha256Of(bytes);
    try {
      await this.get(sha256);
    } catch (error) {
      if (!isCorruptArtifact(error)) throw error;
      await this.guard(() => this.write(this.pathOf(sha256), bytes));
      await this.get(sha256);
    }
    return { sha256, byteLength: bytes.byteLength };
  }

  async get(sha256: string): Promise<Uint8Array> {
    const path = this.pathOf(sha256);
    const bytes = await this.guard(async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missingArtifact(sha256, this.description);
        throw error;
      }
    });
    verifyArtifact(bytes, sha256, this.description);
    return bytes;
  }

  async putFile(path: string): Promise<StoredBytes> {
    const source = await open(path, 'r');
    const draft = this.newDraft();
    try {
      const stored = await this.guard(async () => {
        await makeFolderDurably(this.folder);
        const content = new Hashed(source.createReadStream({ start: 0, autoClose: false }));
        await writeDurably(draft, content);
        return content.result();
      });
      try {
        await this.verify(stored.sha256);
      } catch (error) {
        if (!isCorruptArtifact(error)) throw error;
        await this.guard(() => moveDurably(draft, this.pathOf(stored.sha256)));
        await this.verify(stored.sha256);
      }
      return stored;
    } finally {
      await source.close();
      // where the folder cannot be used there is no draft either
      await rm(draft, { force: true }).catch(() => {});
    }
  }

  async read(sha256: string, range?: ByteRange): Promise<Readable> {
    const path = this.pathOf(sha256);
    if (range !== undefined) checkRange(range);
    return this.guard(async () => {
      const handle = await openArtifact(path, sha256, this.description);
      if (range !== undefined && (await sizeOf(handle)) < range.end) {
        await handle.close();
        throw shortArtifact(sha256, this.description, range);
      }
      // the end of a stream of a file is its last byte, which an empty range has not
      if (range !== undefined && range.start === range.end) {
        await handle.close();
        return Readable.from([]);
      }
      const bounds = range === undefined ? { start: 0 } : { start: range.start, end: range.end - 1 };
      const source = handle.createReadStream(bounds);
      const explain = (error: unknown) => this.explain(error);
      return checkedStream(source, { sha256, range: range ?? null, description: this.description, explain });
    });
  }

  async has(sha256: string): Promise<boolean> {
    const path = this.pathOf(sha256);
    return this.guard(async () => {
      try {
        return (await stat(path)).isFile();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    });
  }

  async check(): Promise<void> {
    await this.guard(async () => {
      // named as a draft, which is removed some day where this process cannot
      const probe = draftOf(join(this.folder, 'check'));
      await this.write(probe, Buffer.from('Natrium can write here.\n'));
      await rm(probe);
    });
  }

  private pathOf(sha256: string): string {
    return join(this.folder, artifactKey(sha256));
  }

  /** All in one folder, so that those that were left behind are found. */
  private newDraft(): string {
    return draftOf(join(this.folder, 'draft'));
  }

  private async write(path: string, bytes: Uint8Array): Promise<void> {
    const draft = this.newDraft();
    await makeFolderDurably(this.folder);
    try {
      await writeDurably(draft, bytes);
      await moveDurably(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  private async verify(sha256: string): Promise<void> {
    for await (const _ of await this.read(sha256));
  }

  private async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw this.explain(error);
    }
  }

  private explain(error: unknown): unknown {
    return explainFileError(error, this.description);
  }
}
