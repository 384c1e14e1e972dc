import { userInfo } from 'node:os';
import { NatriumError } from '../../errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import { runProgram } from './programs.ts';

/** The user and group `nobody` of every Linux: PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/** How PostgreSQL's programs are started from this process. */
export interface Confinement {
  /** put before every command; changes the user that the command believes to be, or nothing */
  readonly prefix: readonly string[];
  /** who must own the files of PostgreSQL, as this process sees it */
  readonly ownerUid: number;
  readonly ownerGid: number;
}

function hasPasswdEntry(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function candidates(owner: { readonly uid: number; readonly gid: number } | undefined): Confinement[] {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const mapped = {
    prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`],
    ownerUid: uid,
    ownerGid: gid,
  };
  // initdb looks its user up by name, and containers like to run under a uid that has none
  if (uid !== 0) return hasPasswdEntry() ? [{ prefix: [], ownerUid: uid, ownerGid: gid }] : [mapped];

  const runAs = owner !== undefined && owner.uid !== 0 ? owner : { uid: NOBODY, gid: NOBODY };
  const setUser = ['setpriv', `--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups'];
  const asUser = { prefix: setUser, ownerUid: runAs.uid, ownerGid: runAs.gid };
  // folders above the binaries and the data may be closed to others, as /root is
  const pastClosedFolders = {
    ...asUser,
    prefix: [...setUser, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
  };
  return runAs === owner ? [asUser, pastClosedFolders] : [mapped, asUser, pastClosedFolders];
}

/**
 * Chooses how to run PostgreSQL, by trying `postgres --version` in the data folder:
 * as an ordinary user, as it is; as root, in a user namespace where we are `nobody`; where namespaces are refused, under the
 * uid of `nobody`; and where a folder on the way is closed to that uid, with the one capability that opens it. Data that
 * belong to an ordinary user are used under that user, so that a single start by root does not lock the user out.
 *
 * @param owner who owns the existing database files; undefined when there are none
 * @returns the confinement and the server's version line, such as `postgres (PostgreSQL) 18.4`
 * @throws NatriumError UNAVAILABLE with the output of the last attempt when none works
 */
export async function chooseConfinement(
  binaries: PostgresBinaries,
  dataFolder: string,
  environment: Readonly<Record<string, string>>,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<{ readonly confinement: Confinement; readonly version: string }> {
  const refusals: string[] = [];
  for (const confinement of candidates(owner)) {
    const command = [
      ...[...confinement.prefix, 'setpriv', '--pdeathsig', 'INT'],
      ...['sh', '-c', 'cd "$1" && exec "$2" --version', 'sh', dataFolder, binaries.postgres],
    ];
    try {
      const { exitCode, output } = await runProgram(command, { cwd: dataFolder, env: environment });
      if (exitCode === 0) return { confinement, version: output };
      refusals.push(output);
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new NatriumError(
    'UNAVAILABLE',
    `The embedded PostgreSQL in ${binaries.nativeFolder} cannot be run (${refusals.join('; ')}). It needs unshare, setpriv ` +
      'and flock of util-linux, and a Linux with glibc. Set DATABASE_URL to use a PostgreSQL server instead.',
  );
}
