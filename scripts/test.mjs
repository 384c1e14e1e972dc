// npm test [-- PATH...]: lint, types, import rule, generated files, tests; with paths, only those tests.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ROOT } from './lib/run.mjs';
import { setUp } from './lib/set-up.mjs';

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

function runTests(paths) {
  const folder = mkdtempSync(join(tmpdir(), 'natrium-test-'));
  const report = join(folder, 'report.json');
  // the runner keeps its temporary bundle of the configuration beside the installed packages, which may belong to another user
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--configLoader', 'runner'];
  const { status } = spawnSync(
    process.execPath,
    [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...paths],
    { cwd: ROOT, stdio: 'inherit' },
  );
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // a file that could not be loaded has no tests to fail
    const brokenFiles = numFailedTests === 0 && status !== 0 ? Math.max(1, numFailedTestSuites) : 0;
    return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
