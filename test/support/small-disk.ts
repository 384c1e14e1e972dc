import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/** The command as one that has a disk of that size, in memory, at `folder`; nobody else sees it, and it ends with the command. */
export function onSmallDisk(folder: string, mebibytes: number, command: readonly string[]): string[] {
  const mount = `mount -t tmpfs -o size=${mebibytes}m tmpfs "$0" && exec "$@"`;
  return ['unshare', '--mount', 'sh', '-c', mount, folder, ...command];
}

/** Whether this user may mount a disk in a namespace of its own. */
export function canMount(): boolean {
  const [program, ...args] = onSmallDisk(tmpdir(), 1, ['true']);
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
