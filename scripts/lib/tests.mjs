import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/** Runs vitest on files, or on all that its configuration names, and counts. `options` are vitest's own. */
export function runTests(paths, { options = [], env = process.env } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'natrium-test-'));
  const report = join(folder, 'report.json');
  // the runner keeps its temporary bundle of the configuration beside the installed packages, which may belong to another user
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--configLoader', 'runner', ...options];
  const { status } = spawnSync(
    process.execPath,
    [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...paths],
    { cwd: ROOT, stdio: 'inherit', env },
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
