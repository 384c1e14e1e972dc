import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NatriumError } from '../errors.ts';

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
export async function makeFolderDurably(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade) return;
  }
}

const DRAFT = /\.[0-9a-f]{16}\.tmp$/;
/** Nothing is written for so long. */
const LONGEST_DRAFT_MS = 24 * 3600 * 1000;

/** A crash between these three leaves the old state or the new one, and at worst a `.tmp` file beside. */
export function draftOf(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.tmp`;
}

/** Removes the drafts in a folder that nobody has written to for a day: those of processes that were killed. */
export async function removeOldDrafts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const path of names.filter((name) => DRAFT.test(name)).map((name) => join(folder, name))) {
    // a process that still lives may just have moved it
    const written = await stat(path).catch(() => null);
    if (written !== null && Date.now() - written.mtimeMs > LONGEST_DRAFT_MS) await rm(path, { force: true });
  }
}

export async function writeDurably(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function moveDurably(draft: string, path: string): Promise<void> {
  await makeFolderDurably(dirname(path));
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** An error of the file system as UNAVAILABLE, which says what to do; any other error as it is. */
export function explainFileError(error: unknown, description: string): unknown {
  if (error instanceof NatriumError || !(error instanceof Error && 'syscall' in error)) return error;
  const code = String((error as NodeJS.ErrnoException).code);
  return new NatriumError(
    'UNAVAILABLE',
    `The artifact store in ${description} cannot be used (${error.message}): ` +
      `${WAY_OUT_OF_CODE[code] ?? 'check the folder'}, or set NATRIUM_DATA_FOLDER to another folder.`,
    { reason: code },
    { cause: error },
  );
}
