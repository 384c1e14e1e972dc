import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs a program of Node's that downloads into its working folder, and ends it with all its children when nothing has
 * arrived for `firstBytesSeconds`, nothing more for `quietSeconds`, or not everything within `totalSeconds`. Answers why it
 * did not succeed; undefined if it did.
 */
export function runWatched(args, { cwd, env = process.env, limits }) {
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'ignore', detached: true });
  const end = () => {
    try {
      // the installer has children of its own
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // they have ended
    }
  };
  const passOn = (signal) => {
    end();
    process.kill(process.pid, signal);
  };
  process.once('SIGINT', passOn).once('SIGTERM', passOn);

  const started = Date.now();
  const sizeBefore = bytesIn(cwd);
  let size = sizeBefore;
  let grown = started;
  let reason;
  const watch = setInterval(() => {
    const now = Date.now();
    const sizeNow = bytesIn(cwd);
    if (sizeNow !== size) [size, grown] = [sizeNow, now];
    const quiet = size === sizeBefore ? limits.firstBytesSeconds : limits.quietSeconds;
    if (now - grown > 1000 * quiet) {
      reason = size === sizeBefore ? `nothing arrived in ${quiet} s` : `nothing more arrived for ${quiet} s`;
    } else if (now - started > 1000 * limits.totalSeconds) {
      reason = `it takes more than ${limits.totalSeconds} s`;
    }
    if (reason !== undefined) end();
  }, 100);

  return new Promise((resolve) => {
    const settle = (failure) => {
      clearInterval(watch);
      process.off('SIGINT', passOn).off('SIGTERM', passOn);
      end();
      resolve(reason ?? failure);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code) =>
      settle(code === 0 ? undefined : 'its host cannot be reached, or has nothing for this platform'),
    );
  });
}

function bytesIn(folder) {
  try {
    return readdirSync(folder, { recursive: true })
      .map((name) => statSync(join(folder, name)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  } catch {
    // something was removed or renamed meanwhile: no size is equal to this one
    return Number.NaN;
  }
}
