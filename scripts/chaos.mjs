// npm run chaos [-- --small] [--seed N] [--only NAME]: kills, freezes and takes away what a lab's servers are made of, and looks
// whether anything was lost. --small is what CI runs, eight minutes at most; without it there are more points, and longer ones.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { ROOT } from './lib/run.mjs';
import { setUp } from './lib/set-up.mjs';
import { runTests } from './lib/tests.mjs';

const scenarios = readdirSync(join(ROOT, 'test/chaos'))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.test.ts'.length));

const { small, seed, only } = readOptions();
await setUp();
build();
const began = Date.now();
const { passed, failed, skipped } = runTests(
  (only ?? scenarios).map((name) => `test/chaos/${name}.test.ts`),
  {
    options: ['--config', 'test/chaos/vitest.config.ts'],
    env: { ...process.env, CHAOS_SEED: String(seed), CHAOS_SIZE: small ? 'small' : 'large' },
  },
);
console.log(`\nseed ${seed}, ${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        small: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        only: { type: 'string', multiple: true },
      },
    });
    if (!/^\d{1,15}$/.test(values.seed)) throw new Error(`--seed ${values.seed} is no whole number`);
    const unknown = values.only?.find((name) => !scenarios.includes(name));
    if (unknown !== undefined) throw new Error(`no scenario ${unknown}; there are ${scenarios.join(', ')}`);
    return values;
  } catch (error) {
    console.error(`natrium: ${error.message}`);
    process.exit(1);
  }
}
