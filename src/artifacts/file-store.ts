import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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

const WAY_OUT_OF_CODE: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on its disk',
  EDQUOT: 'raise the disk quota, or make room under it',
  EACCES: 'give the user that runs Natrium the right to write there',
  EPERM: 'give the user that runs Natrium the right to write there',
  EROFS: 'mount its disk for writing',
  ENOTDIR: 'choose a path on which every part is a folder',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENFILE: 'raise the limit of open files of the system',
  EIO: 'look at the system log: its disk reports errors',
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes `folder` with its parents; every entry that is new is on the disk when this returns. */
async function makeFolderDurably(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade) return;
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
      const probe = join(this.folder, `check-${randomBytes(8).toString('hex')}`);
      await this.write(probe, Buffer.from('Natrium can write here.\n'));
      await rm(probe);
    });
  }

  private pathOf(sha256: string): string {
    return join(this.folder, artifactKey(sha256));
  }

  /** Atomic and durable: a crash leaves the old state or the new one, and at worst a `.tmp` file beside. */
  private async write(path: string, bytes: Uint8Array): Promise<void> {
    const folder = dirname(path);
    await makeFolderDurably(folder);
    const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, path);
      await syncFolder(folder);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Turns errors of the file system into UNAVAILABLE, which says what to do. */
  private async guard<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (error instanceof NatriumError || !(error instanceof Error && 'syscall' in error)) throw error;
      const code = String((error as NodeJS.ErrnoException).code);
      throw new NatriumError(
        'UNAVAILABLE',
        `The artifact store in ${this.description} cannot be used (${error.message}): ` +
          `${WAY_OUT_OF_CODE[code] ?? 'check the folder'}, or set NATRIUM_DATA_FOLDER to another folder.`,
        { reason: code },
        { cause: error },
      );
    }
  }
}
