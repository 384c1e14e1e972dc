import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

const PACKAGE = join(ROOT, 'node_modules/@tensorflow/tfjs-node');
const REACH_SECONDS = 5;
const INSTALL_SECONDS = 180;

/**
 * Fetches the native part of the optional @tensorflow/tfjs-node with its own installer, in bounded time: npm would wait for
 * ever behind a firewall that answers nothing. Without it SchNet trains on tfjs' WebAssembly backend.
 */
export async function installNativeTensorflow() {
  if (!existsSync(PACKAGE) || Number(process.versions.node.split('.')[0]) >= 23) return;
  const { host } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).binary;
  const reached = await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(REACH_SECONDS * 1000) }).then(
    () => true,
    () => false,
  );
  const installed = reached && (await runInstaller());
  console.log(
    installed
      ? 'native TensorFlow is installed'
      : 'native TensorFlow cannot be fetched here; SchNet will train on the WebAssembly backend',
  );
}

function runInstaller() {
  console.log(`fetching native TensorFlow (optional, ${INSTALL_SECONDS} s at most) ...`);
  const child = spawn(process.execPath, ['scripts/install.js'], { cwd: PACKAGE, stdio: 'ignore', detached: true });
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      // the installer has children of its own
      process.kill(-child.pid, 'SIGKILL');
    }, INSTALL_SECONDS * 1000);
    child.once('error', () => resolve(false));
    child.once('exit', (code) => {
      clearTimeout(limit);
      resolve(code === 0);
    });
  });
}
