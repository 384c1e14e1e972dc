import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isWithinTolerance } from '../../src/ml/golden-row.ts';
import { compareWithStatisticsGolden, isStatisticsGoldenFile } from '../../src/ml/statistics/golden.ts';

const FILE = new URL('../golden/statistics.json', import.meta.url);
const json: { about: string; statistics: Record<string, object[]> } = JSON.parse(readFileSync(FILE, 'utf8'));

describe('the golden file of scipy and scikit-learn', () => {
  it('says what made it, and is small', () => {
    expect(json.about).toMatch(
      /^test\/golden\/statistics\.py on scipy \d+\S*, scikit-learn \d+\S*, numpy \d+\S*, Python 3/,
    );
    expect(statSync(FILE).size).toBeLessThan(300_000);
    expect(isStatisticsGoldenFile(json)).toBe(true);
    expect(isStatisticsGoldenFile(null)).toBe(false);
  });

  it('agrees with ours in every row', () => {
    const rows = compareWithStatisticsGolden(json);
    expect(rows.length).toBeGreaterThan(140);
    expect(rows.filter((row) => !isWithinTolerance(row))).toEqual([]);
  });

  it.each(Object.keys(json.statistics))('differs from ours once its %s are changed', (part) => {
    const [one] = structuredClone(json.statistics[part]) as Record<string, number | number[]>[];
    for (const [key, value] of Object.entries(one)) {
      if (/^(rmse|mode|wasserstein1|supremum|meanZ)$/.test(key)) one[key] = (value as number) + 0.1;
      if (key === 'edges') (value as number[])[0] -= 0.1;
    }
    const others = Object.fromEntries(Object.keys(json.statistics).map((other) => [other, []]));
    const rows = compareWithStatisticsGolden({ statistics: { ...others, [part]: [one] } });
    expect(rows.filter((row) => !isWithinTolerance(row))).toHaveLength(1);
  });
});
