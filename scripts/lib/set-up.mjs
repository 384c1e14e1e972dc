import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

const STAMP = join(ROOT, 'node_modules', '.natrium-lock-sha256');

/** Node versions that all dependencies run on; the same as `engines` in package.json. */
function isSupported([major, minor]) {
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || (major === 24 && minor >= 11) || major > 24;
}

/** Installs the dependencies if package-lock.json is not what is installed. */
export async function setUp() {
  const version = process.versions.node;
  if (!isSupported(version.split('.').map(Number))) {
    console.error(`natrium: Node ${version} is too old or between releases; use 20.19+, 22.13+ or 24.11+`);
    process.exit(1);
  }
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  // npm ci would empty the folder that the link leads to, and whoever else uses it
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error('natrium: node_modules is a link to a folder with other dependencies; remove the link and try again');
    process.exit(1);
  }
  console.log('installing dependencies (about 500 packages; a minute or two the first time) ...');
  await npmCi();
  const { installNativeTensorflow } = await import('./native-tensorflow.mjs');
  await installNativeTensorflow();
  writeFileSync(STAMP, wanted);
}

function npmCi() {
  // npm names itself to the scripts it runs; a direct call finds it on the path
  const npm = process.env.npm_execpath;
  const [program, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const started = Date.now();
  const child = spawn(program, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const progress = setInterval(() => console.log(`... ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(progress);
      if (code === 0) resolve();
      else {
        console.error('natrium: npm ci failed; see above');
        process.exit(1);
      }
    });
  });
}
