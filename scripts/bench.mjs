// npm run bench -- NAME...: measures against peers in one run, a line a figure; all benchmarks unless some are named.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ROOT } from './lib/run.mjs';
import { setUp } from './lib/set-up.mjs';

const known = readdirSync(join(ROOT, 'bench'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));
const names = process.argv.slice(2);
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`natrium: no benchmark ${unknown}; there are ${known.join(', ')}`);
  process.exit(1);
}

await setUp();
build();
let short = false;
for (const name of names.length > 0 ? names : known) {
  const { status } = spawnSync(process.execPath, [join('bench', `${name}.mjs`)], { cwd: ROOT, stdio: 'inherit' });
  short ||= status !== 0;
}
process.exit(short ? 1 : 0);
