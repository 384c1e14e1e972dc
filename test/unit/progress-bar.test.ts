import { expect, test } from 'vitest';
import { ProgressBar } from '../../src/commands/progress-bar.ts';

test('on a terminal a progress bar is one line, written anew and no longer than the terminal is wide', () => {
  let written = '';
  const lines: string[] = [];
  const terminal = { isTTY: true, columns: 60, write: (text: string) => (written += text) };
  const bar = new ProgressBar(terminal, (line) => lines.push(line));
  bar.show({ share: 0, text: 'nothing yet' });
  bar.show({ share: 0.5, text: `5 of 10 trainings done, ${'much more '.repeat(10)}` });
  bar.end();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told
  const shown = written.split(/\r\u001b\[2K/);
  expect(shown).toEqual([
    '',
    `[${'.'.repeat(30)}]   0 %  nothing yet`,
    expect.stringMatching(/^\[#{15}\.{15}\] {2}50 % {2}5 of 10 trainin/),
    '',
  ]);
  expect(Math.max(...shown.map((line) => line.length))).toBe(59);
  expect([written.includes('\n'), lines]).toEqual([false, []]);
});

test('of a terminal that does not say how wide it is nothing is cut off', () => {
  let written = '';
  const bar = new ProgressBar({ isTTY: true, columns: 0, write: (text: string) => (written += text) }, () => {});
  bar.show({ share: 0.5, text: '5 of 10 trainings done' });
  expect(written).toMatch(/ 5 of 10 trainings done$/);
});

test('elsewhere it is a line now and then', () => {
  const lines: string[] = [];
  const bar = new ProgressBar({ write: () => expect.unreachable() }, (line) => lines.push(line));
  for (const share of [0.123, 0.2, 0.3]) bar.show({ share, text: 'of it' });
  bar.end();
  expect(lines).toEqual(['12 % of it']);
});
