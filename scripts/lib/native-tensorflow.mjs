import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './run.mjs';
import { runWatched } from './watched-installer.mjs';

const NAME = 'node_modules/@tensorflow/tfjs-node';

/** Version and integrity of @tensorflow/tfjs-node, as locked. */
export const LOCKED = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages[NAME];

/** N-API version of the binding: the highest that tfjs-node 4.22.0 looks for. */
export const NAPI_VERSION = 8;

/** Version of PyPI's tensorflow-cpu that a binding of our own is built against. */
export const TENSORFLOW_VERSION = '2.15.1';

/** Where scripts/native-tensorflow.mjs leaves the binding, with libtensorflow beside it. */
export const BUILT = join(
  process.env.TEST_CACHE_FOLDER || join(homedir(), '.cache', 'natrium'),
  `tfjs-node-${LOCKED.version}-tensorflow-${TENSORFLOW_VERSION}`,
);

const DEFAULTS = {
  packageFolder: join(ROOT, NAME),
  built: BUILT,
  nodeVersion: process.versions.node,
  // libtensorflow has some 100 MB
  limits: { firstBytesSeconds: 8, quietSeconds: 20, totalSeconds: 180 },
  log: console.log,
};

/**
 * Gives the optional @tensorflow/tfjs-node its native part: the one that scripts/native-tensorflow.mjs has built, or what the
 * package's own installer fetches, watched, because npm would wait for ever behind a firewall that answers nothing. Without
 * it `engine: TENSORFLOW` computes on tfjs' WebAssembly backend.
 */
export async function installNativeTensorflow(options = {}) {
  const { packageFolder, built, nodeVersion, limits, log } = { ...DEFAULTS, ...options };
  if (!existsSync(packageFolder)) return;
  const without = 'engine TENSORFLOW will compute on WebAssembly';
  if (!runsOn(nodeVersion)) {
    log(`native TensorFlow does not run on Node ${nodeVersion}, only on 20 and 22; ${without}`);
    return;
  }
  if (existsSync(built) && linkBuilt(packageFolder, built)) {
    log(`native TensorFlow is linked from ${built}`);
    return;
  }
  log(`fetching native TensorFlow (optional, ${limits.totalSeconds} s at most) ...`);
  // its installer looks for node-pre-gyp on the path
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path };
  let failure = await runWatched(['scripts/install.js'], { cwd: packageFolder, env, limits });
  if (failure === undefined && !loads(packageFolder)) failure = 'what came does not load here';
  if (failure === undefined) {
    log('native TensorFlow is installed');
    return;
  }
  // half a library would be taken for a whole one by the next attempt
  for (const part of ['lib', 'deps', 'build']) rmSync(join(packageFolder, part), { recursive: true, force: true });
  log(
    `native TensorFlow cannot be fetched: ${failure}; ${without} (scripts/native-tensorflow.mjs can build it from PyPI)`,
  );
}

/** tfjs-node 4.22.0 calls functions that Node 23 has removed. */
export function runsOn(nodeVersion) {
  return Number(nodeVersion.split('.')[0]) < 23;
}

/** Puts a built binding where the package looks for it, unless it has one; answers whether the package loads then. */
export function linkBuilt(packageFolder = DEFAULTS.packageFolder, built = BUILT) {
  const place = join(packageFolder, 'lib', `napi-v${NAPI_VERSION}`);
  if (!existsSync(place)) {
    // a link into a cache that is gone
    rmSync(place, { force: true });
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(built, place);
  }
  if (loads(packageFolder)) return true;
  rmSync(place, { recursive: true, force: true });
  return false;
}

/** In a process of its own: libtensorflow ends the process on a processor that it does not support. */
function loads(packageFolder) {
  const check = spawnSync(process.execPath, ['-e', 'require(process.cwd())'], {
    cwd: packageFolder,
    stdio: 'ignore',
    timeout: 60_000,
  });
  return check.status === 0;
}
