// npm test [-- PATH...]: lint, types, import rule, generated files, tests; with paths, only those tests.

import { spawnSync } from 'node:child_process';
import { build } from './lib/build.mjs';
import { ROOT } from './lib/run.mjs';
import { setUp } from './lib/set-up.mjs';
import { runTests } from './lib/tests.mjs';

const paths = process.argv.slice(2);
await setUp();
build();

const results = [];
if (paths.length === 0) {
  // the linter's configuration holds the import rule as well
  check('lint and import rule', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']);
  check('types of the tests', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']);
  check('types of the playground', ['node_modules/typescript/bin/tsc', '-p', 'web/playground']);
  check('generated files', ['dist/main.js', 'generated-files', '--check']);
}
const tests = runTests(paths);

const passed = results.filter((result) => result).length + tests.passed;
const failed = results.length - results.filter((result) => result).length + tests.failed;
console.log(`\n${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function check(name, args) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  results.push(status === 0);
}
