import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LocalFiles, WorkFolder } from '../registry/ports.ts';

/** Files that last as long as one piece of work, below one folder of this machine. */
export class LocalFolder implements LocalFiles {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** Removes what work left that was killed; call it while nothing works. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async workFolder(): Promise<WorkFolder> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const path = await mkdtemp(join(this.folder, 'work-'));
    return { path, remove: () => rm(path, { recursive: true, force: true }) };
  }

  save(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
    return pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  }

  async remove(path: string): Promise<void> {
    await rm(path);
  }
}
