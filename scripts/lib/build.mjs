import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode } from './run.mjs';

const STAMP = join(ROOT, 'dist', '.sources-sha256');

/** Compiles what has changed since the last time; says so only when there is something to do. */
export function build() {
  const fingerprint = sourcesSha256();
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== fingerprint) {
    console.log('compiling src/ into dist/ ...');
    for (const folder of compiledFolders()) rmSync(folder, { recursive: true, force: true });
    runNode([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
    runNode([join(ROOT, 'scripts/compile-kernels.mjs')]);
    chmodSync(join(ROOT, 'dist/main.js'), 0o755);
    writeFileSync(STAMP, fingerprint);
  }
  runNode([join(ROOT, 'scripts/bundle-playground.mjs')]);
}

/** What an earlier compilation left; a file that has lost its source must not stay importable. */
function compiledFolders() {
  if (!existsSync(join(ROOT, 'dist'))) return [];
  return readdirSync(join(ROOT, 'dist'))
    .filter((name) => name !== 'playground')
    .map((name) => join(ROOT, 'dist', name));
}

function sourcesSha256() {
  const hash = createHash('sha256');
  const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((file) => file.endsWith('.ts'));
  for (const file of [...files.map((file) => join('src', file)), 'tsconfig.json', 'package-lock.json'].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}
