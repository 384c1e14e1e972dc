import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { GrowingFile, TemporaryFiles, WorkFolder } from '../registry/ports.ts';
import { cannotWrite, OpenGrowingFile } from './growing-file.ts';

/** Temporary files in a folder of their own; their names begin with the process that writes them. */
export class TemporaryFolder implements TemporaryFiles {
  constructor(private readonly folder: string) {}

  async create(): Promise<GrowingFile> {
    const path = this.newPath();
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      return new OpenGrowingFile(path, await open(path, 'wx+', 0o600));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  async workFolder(): Promise<WorkFolder> {
    const path = this.newPath();
    await mkdir(path, { recursive: true, mode: 0o700 });
    const pathOf = (name: string) => join(path, name);
    return {
      pathOf,
      save: (name, content) => pipeline(content, createWriteStream(pathOf(name), { flags: 'wx', mode: 0o600 })),
      remove: (name = '') => rm(pathOf(name), { recursive: true, force: true }),
    };
  }

  /** Removes what processes that have ended left behind. */
  async removeLeftovers(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      const match = /^(\d+)-[0-9a-f]+\.tmp$/.exec(name);
      if (match !== null && !isOtherProcess(Number(match[1]))) {
        await rm(join(this.folder, name), { recursive: true, force: true });
      }
    }
  }

  private newPath(): string {
    return join(this.folder, `${process.pid}-${randomBytes(8).toString('hex')}.tmp`);
  }
}

/** Whether a process of that number lives and is not this one, which has not yet written anything. */
function isOtherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
