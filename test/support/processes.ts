import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface LivingProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/**
 * Processes that have to do with a data folder: it is in their command line, in their environment or the folder they work
 * in. Those that ended and only wait to be asked how (state Z) are not among them.
 */
export function processesOf(dataFolder: string): LivingProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (stat === '' || state === 'Z' || state === 'X') return [];
      const command = read(`/proc/${name}/cmdline`);
      const traces = [command, read(`/proc/${name}/environ`), workingFolder(name)];
      if (!traces.some((trace) => trace.includes(dataFolder))) return [];
      return [{ pid: Number(name), parent: Number(parent), command: command.replaceAll('\0', ' ').trim() }];
    });
}

/** The processes of a server by what they do. */
export function workersOf(dataFolder: string): LivingProcess[] {
  return processesOf(dataFolder).filter(({ command }) => /main\.js worker$/.test(command));
}

export function computeProcessesOf(dataFolder: string): LivingProcess[] {
  return processesOf(dataFolder).filter(({ command }) => /compute-process\.js$/.test(command));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
