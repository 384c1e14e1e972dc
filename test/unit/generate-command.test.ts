import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunkOf, readItems } from '../../src/chemistry/formats.ts';
import { generateCluster } from '../../src/chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import { syntheticLevelOfTheory, syntheticShieldings, withNoise } from '../../src/chemistry/synthetic-shieldings.ts';
import { generateFile } from '../../src/commands/generate.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'natrium generate '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command; the lines that it printed. */
async function run(...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  await generateFile(args, (line) => void lines.push(line));
  return lines;
}

test('writes the clusters of the seed, bit for bit, and says what their distances are', async () => {
  const file = join(folder, 'some.extxyz');
  const lines = await run('--sizes', '20,1,2', '--per-size', '1', '--seed', '5', file);
  const parameters = { element: 'Na', sizes: [20, 1, 2], clustersPerSize: 1, laws: PAPER_LAWS, seed: 5 };
  const read = [];
  for await (const item of readItems(chunkOf(readFileSync(file)), 'some.extxyz', 'EXTXYZ')) read.push(item);
  expect(read).toHaveLength(3);
  for (const [i, item] of read.entries()) {
    if ('error' in item) throw item.error;
    const { structure, label, provenance } = generateCluster(parameters, i);
    expect(item.record).toMatchObject({ structure, label, provenance });
  }
  expect(lines[0]).toBe(`${file}: 3 clusters`);
  expect(lines[1]).toMatch(
    /^ {4}20 atoms {2}nearest 3\.[45]\d\d ± 0\.[01]\d\d Å \(KS 0\.\d{3}\) {2}next-nearest 3\.[56]/,
  );
  expect(lines.slice(2)).toEqual(['     1 atoms', expect.stringMatching(/^ {5}2 atoms {2}nearest [^n]+$/)]);
  expect(readdirSync(folder)).toEqual(['some.extxyz']);
});

test('writes as asked', async () => {
  const file = join(folder, 'lithium.extxyz');
  await run(
    '--element',
    'Li',
    '--sizes',
    '15',
    '--per-size',
    '2',
    '--nearest',
    '2.9,0.06',
    '--next-nearest',
    '3,0.07',
    file,
  );
  const text = readFileSync(file, 'utf8');
  expect(text.match(/^Li /gm)).toHaveLength(30);
  expect(text).toMatch(/id=s-blda-[0-9a-f]{6}-1-Li15-0002 charge=0 multiplicity=2/);
});

test('replaces a file only if it may', async () => {
  const file = join(folder, 'there.extxyz');
  writeFileSync(file, 'mine');
  const args = ['--sizes', '3', '--per-size', '1', file];
  await expect(run(...args)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  await run('--overwrite', ...args);
  expect(readFileSync(file, 'utf8')).toMatch(/^3\n/);
});

test.each<readonly [string, readonly string[], RegExp]>([
  ['no file', [], /name one file for the clusters, not 0/],
  ['an unknown option', ['--foo', 'x'], /--foo.*--help/],
  ['a size that is none', ['--sizes', '14,a', 'x'], /--sizes holds "a", which is no number/],
  ['an empty size', ['--sizes', '14,', 'x'], /--sizes holds "", which is no number/],
  ['no atoms', ['--sizes', '0', 'x'], /sizes holds 0/],
  ['one number for a law', ['--nearest', '3.5', 'x'], /--nearest is "3.5"; give a mean and a deviation/],
  ['no spread', ['--nearest', '3.5,0', 'x'], /standard deviation of nearest is 0 Å/],
  ['too many clusters', ['--per-size', '1e9', 'x'], /10000000000 clusters/],
  ['a folder that is not there', ['--sizes', '3', '/nowhere/x'], /cannot write \/nowhere\/x/],
])('refuses %s', async (_, args, message) => {
  await expect(run(...args)).rejects.toThrow(message);
});

test('leaves nothing behind where the laws cannot be met', async () => {
  const file = join(folder, 'impossible.extxyz');
  await expect(run('--sizes', '3,20', '--per-size', '1', '--next-nearest', '5,0.1', file)).rejects.toThrow(
    /no cluster of/,
  );
  expect(readdirSync(folder).filter((name) => name.startsWith('impossible'))).toEqual([]);
});

test('invents shieldings, which name themselves synthetic', async () => {
  const options = ['--sizes', '12', '--per-size', '2', '--seed', '3'];
  const [plain, clean, noisy] = ['plain', 'clean', 'noisy'].map((name) => join(folder, `${name}.extxyz`));
  await run(...options, plain);
  await run(...options, '--synthetic-shieldings', clean);
  await run(...options, '--synthetic-shieldings', '--noise', '2.5', noisy);
  const records = async (file: string) => {
    const read = [];
    for await (const item of readItems(chunkOf(readFileSync(file)), file, 'EXTXYZ')) {
      if ('error' in item) throw item.error;
      read.push(item.record);
    }
    return read;
  };
  const [bare, exact, blurred] = [await records(plain), await records(clean), await records(noisy)];
  exact.forEach(({ structure, shieldingsPpm, levelOfTheory }, i) => {
    expect(structure).toEqual(bare[i].structure);
    expect(shieldingsPpm).toEqual(syntheticShieldings(structure));
    expect(levelOfTheory).toEqual(syntheticLevelOfTheory(0));
  });
  blurred.forEach(({ structure, shieldingsPpm, levelOfTheory, label }) => {
    expect(shieldingsPpm).toEqual(withNoise(syntheticShieldings(structure), 2.5, 3, label!));
    expect(levelOfTheory).toEqual(syntheticLevelOfTheory(2.5));
  });
});
