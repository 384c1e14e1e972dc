import { link, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NatriumError } from '../errors.ts';
import type { UploadStore } from '../registry/ports.ts';
import { draftOf, explainFileError, makeFolderDurably, moveDurably, writeDurably } from './durable-files.ts';
import { nothingPut } from './uploads.ts';

/** Uploads as files below one folder of a local disk; the API takes them in, see `src/http/uploads.ts`. */
export class FileUploadStore implements UploadStore {
  private readonly folder: string;
  private readonly description: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.description = `the folder ${this.folder}`;
  }

  async address(key: string): Promise<string> {
    return `/uploads/${key}`;
  }

  /** Takes the bytes in, durably; nothing of them stays if `content` breaks off. Bytes that were put before are replaced. */
  async receive(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.pathOf(key);
    const draft = draftOf(path);
    try {
      await makeFolderDurably(this.folder);
      await writeDurably(draft, content);
      await moveDurably(draft, path);
    } catch (error) {
      throw explainFileError(error, this.description);
    } finally {
      await rm(draft, { force: true });
    }
  }

  async byteLength(key: string): Promise<number | null> {
    try {
      return (await stat(this.pathOf(key))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw explainFileError(error, this.description);
    }
  }

  async fetch(key: string, path: string): Promise<void> {
    try {
      // a second name, not a copy: work folders are on the same disk
      await link(this.pathOf(key), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw nothingPut();
      throw explainFileError(error, this.description);
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  private pathOf(key: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) throw new NatriumError('NOT_FOUND', 'there is no such upload');
    return join(this.folder, key);
  }
}
