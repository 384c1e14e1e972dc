import { randomBytes } from 'node:crypto';
import { chown, lchown, link, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NatriumError } from '../../errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { Confinement } from './confinement.ts';
import { runProgram } from './programs.ts';

/** The one role of the embedded database, a superuser of it. */
export const ROLE = 'natrium';
const HALF_MADE_PREFIX = 'postgres.initdb-';

function isErrorCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The password of the embedded database: 256 random bits, made at the first call and kept in `passwordFile` (mode 0600).
 * A crash leaves either no file or a whole one.
 */
export async function readOrCreatePassword(passwordFile: string): Promise<string> {
  for (;;) {
    try {
      const password = (await readFile(passwordFile, 'utf8')).trim();
      if (password !== '') return password;
      throw new NatriumError(
        'INVALID_STATE',
        `${passwordFile} is empty: restore it from a backup, or move the data folder away to begin with an empty database.`,
      );
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
    const draft = `${passwordFile}.${randomBytes(6).toString('hex')}`;
    await writeSynced(draft, `${randomBytes(32).toString('hex')}\n`);
    try {
      await link(draft, passwordFile);
      await syncFolder(dirname(passwordFile));
    } catch (error) {
      if (!isErrorCode(error, 'EEXIST')) throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** Who owns the database files in `folder`; undefined when there are none yet (no folder, or an empty one). */
export async function clusterOwner(folder: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    if ((await readdir(folder)).length === 0) return undefined;
    const { uid, gid } = await stat(folder);
    return { uid, gid };
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    if (!isErrorCode(error, 'EACCES', 'EPERM')) throw error;
    const { uid } = await stat(folder);
    throw new NatriumError(
      'INVALID_STATE',
      `The database in ${folder} belongs to uid ${uid}, and this is uid ${process.getuid?.()}: ` +
        'start Natrium as its owner, or set NATRIUM_DATA_FOLDER to another folder.',
    );
  }
}

/**
 * Refuses database files that these binaries cannot read.
 *
 * @param version the line of `postgres --version`
 * @throws NatriumError INVALID_STATE when the major versions differ, or `folder` holds something else than a database
 */
export async function requireSameMajorVersion(folder: string, version: string): Promise<void> {
  const ours = /PostgreSQL\) (\d+)/.exec(version)?.[1] ?? version;
  let theirs: string;
  try {
    theirs = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  } catch (cause) {
    throw new NatriumError(
      'INVALID_STATE',
      `${folder} holds no PostgreSQL database (PG_VERSION is missing): move it away, or set NATRIUM_DATA_FOLDER to another folder.`,
      {},
      { cause },
    );
  }
  if (theirs !== ours)
    throw new NatriumError(
      'INVALID_STATE',
      `The database in ${folder} is of PostgreSQL ${theirs}, and the embedded one is PostgreSQL ${ours}: use a Natrium that ` +
        `embeds PostgreSQL ${theirs}, run a PostgreSQL ${theirs} server on that folder and set DATABASE_URL to it, ` +
        'or set NATRIUM_DATA_FOLDER to another folder.',
      { found: theirs, expected: ours },
    );
}

/**
 * Makes an empty cluster in `folder`: UTF8, code-point order, with the case rules of Unicode built into PostgreSQL, so that no
 * locale of the machine matters; scram passwords; page checksums. It is made beside, synced, and appears by one rename;
 * what a crash left half-made is removed first.
 *
 * @throws NatriumError UNAVAILABLE with the output of initdb
 */
export async function createCluster(
  binaries: PostgresBinaries,
  confinement: Confinement,
  environment: Readonly<Record<string, string>>,
  folder: string,
  password: string,
): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent))
    if (name.startsWith(HALF_MADE_PREFIX))
      await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5 });

  const halfMade = await mkdtemp(join(parent, HALF_MADE_PREFIX));
  try {
    const passwordFile = join(halfMade, 'password');
    const data = join(halfMade, 'data');
    await writeSynced(passwordFile, password);
    await mkdir(data, { mode: 0o700 });
    for (const path of [halfMade, passwordFile, data]) await chown(path, confinement.ownerUid, confinement.ownerGid);
    const command = [
      ...[...confinement.prefix, 'setpriv', '--pdeathsig', 'INT', binaries.initdb, '-D', data],
      ...[`--username=${ROLE}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ];
    const { exitCode, output } = await runProgram(command, { cwd: parent, env: environment });
    if (exitCode !== 0)
      throw new NatriumError(
        'UNAVAILABLE',
        `The embedded database could not be created in ${folder}: ${output.split('\n').slice(-8).join('\n')}`,
      );
    await rename(data, folder);
    await syncFolder(parent);
  } finally {
    await rm(halfMade, { recursive: true, force: true });
  }
}

/** Gives the database files to `confinement`'s owner; the folder itself last, so that an interrupted change is taken up again. */
export async function giveCluster(folder: string, confinement: Confinement): Promise<void> {
  const { ownerUid, ownerGid } = confinement;
  if ((await stat(folder)).uid === ownerUid) return;
  for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), ownerUid, ownerGid);
  await chown(folder, ownerUid, ownerGid);
}

/**
 * Removes a `postmaster.pid` whose process id now belongs to another program, as happens after a reboot or in a new container:
 * PostgreSQL itself would take that program for a server and refuse to start.
 */
export async function removeForeignPidFile(folder: string): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  try {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
    // a PostgreSQL server works in its data folder
    const [ours, theirs] = [await stat(folder), await stat(`/proc/${pid}/cwd`)];
    if (ours.ino !== theirs.ino || ours.dev !== theirs.dev) await rm(pidFile);
  } catch {
    // no such file, no such process, or a process that we may not look at: PostgreSQL judges these rightly itself
  }
}
