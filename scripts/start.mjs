// npm start: installs and builds what is missing, then becomes the server.

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from './lib/build.mjs';
import { setUp } from './lib/set-up.mjs';

const ancestors = npmAncestors();
await setUp();
build();
process.argv.splice(2, Infinity, 'serve');
await import('../dist/main.js');
await endWithNpm();

/** npm, and the shell it may put between us, from the inside out; none when npm did not start this. */
function npmAncestors() {
  if (process.env.npm_lifecycle_event !== 'start') return [];
  const parent = process.ppid;
  const shell = /^(sh|dash|bash)$/.test(nameOf(parent));
  return shell ? [parent, parentOf(parent)] : [parent];
}

/** A killed npm takes nobody with it, so the server looks whether it is still there. */
async function endWithNpm() {
  if (ancestors.length === 0) return;
  for (;;) {
    await wait(500, undefined, { ref: false });
    const chain = [process.ppid, ...ancestors.slice(0, -1).map(parentOf)];
    if (chain.some((pid, i) => pid !== ancestors[i])) {
      console.log('npm is gone: stopping');
      process.kill(process.pid, 'SIGTERM');
      return;
    }
  }
}

function status(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function nameOf(pid) {
  return /^Name:\s+(.*)$/m.exec(status(pid))?.[1] ?? '';
}

function parentOf(pid) {
  return Number(/^PPid:\s+(\d+)$/m.exec(status(pid))?.[1] ?? 0);
}
