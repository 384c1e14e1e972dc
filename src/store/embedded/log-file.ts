import { copyFile, open, readFile, stat, truncate } from 'node:fs/promises';

const LOG_LIMIT_BYTES = 8 * 1024 * 1024;
const CHECK_INTERVAL_MILLISECONDS = 60_000;

/** PostgreSQL's log: it writes to the file by itself; we keep it bounded and read its end. */
export interface LogFile {
  readonly path: string;
  /** open for appending; hand it to the child as stderr */
  readonly fileDescriptor: number;
  /** the last lines written since `openLogFile`, for messages */
  tail(): Promise<string>;
  /** closes our handle and ends the watch over the size */
  close(): Promise<void>;
}

async function bound(path: string): Promise<boolean> {
  if ((await stat(path)).size <= LOG_LIMIT_BYTES) return false;
  // copied and emptied, not renamed: PostgreSQL goes on appending to the file that it has open
  await copyFile(path, `${path}.1`);
  await truncate(path);
  return true;
}

/** Opens (mode 0600) or creates the log; beyond 8 MiB its content moves to `<path>.1`, checked now and every minute. */
export async function openLogFile(path: string): Promise<LogFile> {
  const handle = await open(path, 'a', 0o600);
  await bound(path);
  let startByte = (await handle.stat()).size;
  const timer = setInterval(() => {
    bound(path).then(
      (emptied) => {
        if (emptied) startByte = 0;
      },
      // a log that cannot be bounded now (a full disk, say) is no reason to stop serving; the next minute tries again
      () => {},
    );
  }, CHECK_INTERVAL_MILLISECONDS);
  timer.unref();
  return {
    path,
    fileDescriptor: handle.fd,
    async tail() {
      const written = (await readFile(path)).subarray(startByte).toString('utf8').trimEnd();
      return written.split('\n').slice(-12).join('\n');
    },
    async close() {
      clearInterval(timer);
      await handle.close();
    },
  };
}
