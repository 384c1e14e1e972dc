import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareWithGoldenFiles } from '../../src/commands/golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'natrium-golden-'));
afterAll(() => rmSync(folder, { recursive: true }));

const committed = JSON.parse(readFileSync(new URL('../golden/lasso-datasets.json', import.meta.url), 'utf8'));

/** Of the first data set, with a change. */
function written(name: string, change: (dataset: Record<string, unknown>) => void): string {
  const dataset = structuredClone(committed.lassoDatasets[0]);
  change(dataset);
  return writtenText(name, JSON.stringify({ lassoDatasets: [dataset] }));
}

function writtenText(name: string, text: string): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, text);
  return path;
}

describe('natrium golden', () => {
  it('tells each deviation', async () => {
    const lines: string[] = [];
    await compareWithGoldenFiles([written('right', () => undefined)], (line) => lines.push(line));
    expect(lines.filter((line) => line.endsWith('ok'))).toHaveLength(5);
  });

  it.each([
    ['cut', '{"lassoDatasets":[{"name":"diab', 'MALFORMED_FILE'],
    ['another', '{"points":[1]}', 'MALFORMED_FILE'],
    ['without data sets', '{"lassoDatasets":[]}', 'MALFORMED_FILE'],
    ['without a part', '{"lassoDatasets":[{"name":"diabetes"}]}', 'MALFORMED_FILE'],
    [
      'of empty statistics',
      '{"statistics":{"regressions":[],"distributions":[],"pairs":[],"generalizedLogistics":[],"histograms":[],"calibrations":[]}}',
      'MALFORMED_FILE',
    ],
  ])('refuses a file that is %s, and names it', async (name, text, code) => {
    const path = writtenText(name, text);
    await expect(compareWithGoldenFiles([path], () => undefined)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(path),
    });
  });

  it.each([
    ['fewer columns', { columns: 9 }, 'MALFORMED_FILE'],
    ['columns below 0', { columns: -10 }, 'MALFORMED_FILE'],
    ['fewer targets', { target: [1, 2] }, 'BAD_USER_INPUT'],
    ['no fits', { fits: [] }, 'INVALID_HYPERPARAMETER'],
  ])('refuses a data set with %s, and names the file', async (name, change, code) => {
    const path = written(name, (dataset) => Object.assign(dataset, change));
    await expect(compareWithGoldenFiles([path], () => undefined)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(path),
    });
  });

  it('fails where there are no predictions to compare with', async () => {
    const path = written('silent', (dataset) => {
      for (const fit of dataset.fits as { predictions: number[] }[]) fit.predictions = [];
    });
    await expect(compareWithGoldenFiles([path], () => undefined)).rejects.toThrow('1 quantities are out of tolerance');
  });
});
