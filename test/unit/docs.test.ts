import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const MARKDOWN = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  'examples/na-dft/README.md',
];
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

describe('the documentation', () => {
  test('README lists every setting with its default and meaning, and no other', () => {
    const rows = [...README.matchAll(/^\| `([A-Z0-9_]+)` \| (.*) \| (.*) \|$/gm)].map((row) => row.slice(1, 4));
    const settings = Object.entries(SETTINGS).map(([name, { default: value, meaning }]) => [
      name,
      value || '-',
      meaning,
    ]);
    expect(rows).toEqual(settings);
  });

  test('commands that are named exist', () => {
    const named = MARKDOWN.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/`npm (?:run )?([a-z]+)/g)].map((match) => match[1]),
    );
    const known = [...Object.keys(PACKAGE.scripts), 'ci', 'install'];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(MARKDOWN)('%s links to files that exist', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1]);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
  });

  test.each(MARKDOWN)('%s names folders and files of src, test and scripts that exist', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const paths = [...text.matchAll(/`((?:src|test|scripts|migrations|examples|web|docs)\/[\w./-]+)`/g)].map(
      (match) => match[1],
    );
    expect(paths.filter((path) => !/NNNN/.test(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
