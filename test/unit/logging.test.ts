import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const HOOKS = fileURLToPath(new URL('../support/typescript-hooks.mjs', import.meta.url));
const LOGGING = new URL('../../src/logging.ts', import.meta.url).href;

/** What a process writes that logs by `script`. */
function logged(format: string, script: string): string {
  const program = `const { createLog } = await import('${LOGGING}'); const log = createLog('api', '${format}'); ${script}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', HOOKS, '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout;
}

test('a text of somebody else begins no line of its own, and does nothing to a terminal', () => {
  const name = String.raw`a\nerror: b\u001b[2J\u2028c`;
  expect(logged('text', `log.info('query by ${name}');`)).toBe(`query by a\\u000aerror: b\\u001b[2J\\u2028c\n`);
});

test('an error is told without the values of its statement', () => {
  const error = `Object.assign(new Error('no such row'), {
    code: '42P01', query: 'SELECT $1', parameters: ['hunter2'], driverError: { detail: 'hunter2' } })`;
  const line = logged('json', `log.error('a defect', { error: ${error} });`);
  expect(line).not.toContain('hunter2');
  expect(JSON.parse(line).error).toMatchObject({
    ...{ type: 'Error', message: 'no such row', code: '42P01', query: 'SELECT $1' },
    stack: expect.stringContaining('Error: no such row\n    at '),
  });
});
