import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  checkGenerationParameters,
  type GenerationParameters,
  generateCluster,
  generatedCount,
} from '../../src/chemistry/s-blda/generator.ts';
import { grow } from '../../src/chemistry/s-blda/growth.ts';
import { type DistanceLaw, PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import { checkStructure } from '../../src/chemistry/structure.ts';
import { structureFingerprint, structureHash } from '../../src/chemistry/structure-identity.ts';
import { normalCdf } from '../../src/ml/statistics/statistics.ts';
import { Random } from '../../src/random.ts';

const PAPER_SIZES = [14, 16, 18, 20, 22, 24, 26, 28, 30, 40];
const paper = (changes: Partial<GenerationParameters> = {}): GenerationParameters => ({
  element: 'Na',
  sizes: PAPER_SIZES,
  clustersPerSize: 200,
  laws: PAPER_LAWS,
  seed: 20231105,
  ...changes,
});
const generate = (parameters: GenerationParameters) =>
  Array.from({ length: generatedCount(parameters) }, (_, index) => generateCluster(parameters, index).structure);

/** All distances of each atom from the others, ascending. */
function distances(positions: Float64Array): number[][] {
  const p = [...positions];
  const atoms = p.length / 3;
  return Array.from({ length: atoms }, (_, i) =>
    Array.from({ length: atoms }, (_, j) =>
      Math.hypot(p[3 * i] - p[3 * j], p[3 * i + 1] - p[3 * j + 1], p[3 * i + 2] - p[3 * j + 2]),
    )
      .filter((_, j) => j !== i)
      .sort((a, b) => a - b),
  );
}

/** Mean, standard deviation, and the Kolmogorov-Smirnov distance to the law. */
function compare(values: readonly number[], { meanAngstrom, standardDeviationAngstrom }: DistanceLaw) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const ks = [...values]
    .sort((a, b) => a - b)
    .reduce((largest, value, i) => {
      const expected = normalCdf((value - meanAngstrom) / standardDeviationAngstrom);
      return Math.max(largest, Math.abs(expected - i / values.length), Math.abs(expected - (i + 1) / values.length));
    }, 0);
  return { mean, deviation, ks };
}

const isConnected = (positions: Float64Array, reach: number) => {
  const atoms = positions.length / 3;
  const p = positions;
  const reached = new Set([0]);
  for (const i of reached) {
    for (let j = 0; j < atoms; j++) {
      if (Math.hypot(p[3 * i] - p[3 * j], p[3 * i + 1] - p[3 * j + 1], p[3 * i + 2] - p[3 * j + 2]) <= reach)
        reached.add(j);
    }
  }
  return reached.size === atoms;
};

describe("the paper's clusters", () => {
  const clusters = generate(paper());
  const bySize = new Map(
    PAPER_SIZES.map((size) => [
      size,
      clusters
        .filter(({ atomicNumbers }) => atomicNumbers.length === size)
        .flatMap(({ positionsAngstrom }) => distances(positionsAngstrom)),
    ]),
  );
  const pooled = [...bySize.values()].flat();

  const laws = [
    ['nearest', PAPER_LAWS.nearest, 0],
    ['next-nearest', PAPER_LAWS.nextNearest, 1],
  ] as const;
  describe.each(laws)('have the law of the %s neighbours', (_, law, rank) => {
    test.each(PAPER_SIZES)('with %i atoms', (size) => {
      const { mean, deviation, ks } = compare(
        bySize.get(size)!.map((sorted) => sorted[rank]),
        law,
      );
      expect(Math.abs(mean - law.meanAngstrom)).toBeLessThan(0.01);
      expect(Math.abs(deviation - 0.1)).toBeLessThan(0.01);
      expect(ks).toBeLessThan(0.06);
    });

    test('taken together', () => {
      expect(
        compare(
          pooled.map((sorted) => sorted[rank]),
          law,
        ).ks,
      ).toBeLessThan(0.03);
    });
  });

  test('are not what growth by the same laws alone would give', () => {
    const naive = Array.from({ length: 200 }, (_, seed) => grow(20, PAPER_LAWS, new Random(seed))!.positions)
      .flatMap(distances)
      .map(([nearest]) => nearest);
    const { mean, ks } = compare(naive, PAPER_LAWS.nearest);
    expect(mean).toBeLessThan(3.46);
    expect(ks).toBeGreaterThan(0.2);
  });

  test('have few atoms with more than 9 neighbours within 4.0 Å', () => {
    const crowded = pooled.filter((sorted) => sorted[9] <= 4);
    expect(crowded.length / pooled.length).toBeLessThan(0.015);
  });

  test('have no pair of atoms nearer than 3.1 Å', () => {
    expect(Math.min(...pooled.map(([nearest]) => nearest))).toBeGreaterThan(3.1);
  });

  test('are connected at 4.0 Å, around the origin', () => {
    for (const structure of clusters) {
      expect(isConnected(structure.positionsAngstrom, 4)).toBe(true);
      checkStructure(structure, 'a generated cluster');
      const centroid = [0, 1, 2].map((axis) => structure.positionsAngstrom.filter((_, k) => k % 3 === axis));
      for (const coordinates of centroid) {
        expect(Math.abs(coordinates.reduce((sum, each) => sum + each, 0))).toBeLessThan(1e-10);
      }
    }
  });

  test('are all different, turned and reordered ones counted as the same', () => {
    expect(new Set(clusters.map(structureFingerprint)).size).toBe(clusters.length);
  });

  test('lie in no preferred direction', () => {
    // the mean of x²/r² of many directions is a third, give or take 0.298/sqrt(n)
    const squares = clusters.map(({ positionsAngstrom: p }) => {
      const bond = [p[3] - p[0], p[4] - p[1], p[5] - p[2]];
      return bond[0] ** 2 / (bond[0] ** 2 + bond[1] ** 2 + bond[2] ** 2);
    });
    const mean = squares.reduce((sum, each) => sum + each, 0) / squares.length;
    expect(Math.abs(mean - 1 / 3)).toBeLessThan(0.03);
  });
});

describe('the same seed', () => {
  test('gives the same bytes on every machine', () => {
    const hash = createHash('sha256');
    for (const structure of generate(paper({ sizes: [1, 2, 3, 14, 40], clustersPerSize: 1, seed: 7 }))) {
      hash.update(structureHash(structure));
    }
    expect(hash.digest('hex')).toBe('8dee5f49932d78e5ca5b903bead651bcadf0ec7ecf0dd82e75a05ccd704ac7ca');
  });

  test('gives the same cluster whatever else is asked for', () => {
    const one = generateCluster(paper({ sizes: [20], clustersPerSize: 3 }), 2);
    const other = generateCluster(paper({ sizes: [40, 20], clustersPerSize: 10 }), 12);
    expect(one).toEqual(other);
    expect(one.label).toBe('s-blda-20231105-Na20-0003');
  });

  test('gives other clusters than another seed', () => {
    const [one, other] = [1, 2].map((seed) => generateCluster(paper({ seed }), 0).structure);
    expect(structureFingerprint(one)).not.toBe(structureFingerprint(other));
  });
});

describe('other clusters', () => {
  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])('of %i atoms have the means of the laws', (size) => {
    const all = generate(paper({ sizes: [size], clustersPerSize: 100 })).flatMap((each) =>
      distances(each.positionsAngstrom),
    );
    for (const [rank, law] of [PAPER_LAWS.nearest, PAPER_LAWS.nextNearest].entries()) {
      const { mean } = compare(
        all.map((sorted) => sorted[rank]),
        law,
      );
      expect(Math.abs(mean - law.meanAngstrom)).toBeLessThan(0.03);
    }
  });

  test('of two atoms have the first law', () => {
    const all = generate(paper({ sizes: [2] })).map((each) => distances(each.positionsAngstrom)[0][0]);
    expect(Math.abs(compare(all, PAPER_LAWS.nearest).mean - 3.5)).toBeLessThan(0.03);
  });

  test('of one atom are at the origin', () => {
    expect(generateCluster(paper({ sizes: [1], clustersPerSize: 1 }), 0).structure.positionsAngstrom).toEqual(
      new Float64Array(3),
    );
  });

  test('of narrow laws, which one attempt in ten meets, are found', () => {
    const clusters = generate(paper({ sizes: [40], clustersPerSize: 20, laws: lawsOf(3.5, 0.02, 3.6, 0.02) }));
    expect(clusters).toHaveLength(20);
  });

  test('of other laws have other names', () => {
    const [one, other] = [PAPER_LAWS, lawsOf(3.5, 0.1, 3.61, 0.1)].map(
      (laws) => generateCluster(paper({ sizes: [14], laws }), 0).label,
    );
    expect(one).toBe('s-blda-20231105-Na14-0001');
    expect(other).toMatch(/^s-blda-[0-9a-f]{6}-20231105-Na14-0001$/);
  });

  test('of 500 atoms have the laws too', () => {
    const [large] = generate(paper({ sizes: [500], clustersPerSize: 1 }));
    const all = distances(large.positionsAngstrom);
    const { mean, deviation, ks } = compare(
      all.map(([nearest]) => nearest),
      PAPER_LAWS.nearest,
    );
    expect(Math.abs(mean - 3.5)).toBeLessThan(0.01);
    expect(Math.abs(deviation - 0.1)).toBeLessThan(0.01);
    expect(ks).toBeLessThan(0.06);
    expect(isConnected(large.positionsAngstrom, 4)).toBe(true);
  });

  test('of another element have the laws that are given', () => {
    const laws = lawsOf(2.9, 0.06, 3, 0.07);
    const clusters = generate(paper({ element: 'li', sizes: [15, 24], clustersPerSize: 100, laws }));
    expect(clusters[0]).toMatchObject({ charge: 0, multiplicity: 2 });
    expect(clusters.every(({ atomicNumbers }) => atomicNumbers.every((z) => z === 3))).toBe(true);
    const all = clusters.flatMap((each) => distances(each.positionsAngstrom));
    for (const [rank, law] of [laws.nearest, laws.nextNearest].entries()) {
      const { mean, deviation, ks } = compare(
        all.map((sorted) => sorted[rank]),
        law,
      );
      expect(Math.abs(mean - law.meanAngstrom)).toBeLessThan(0.006);
      expect(Math.abs(deviation - law.standardDeviationAngstrom)).toBeLessThan(0.006);
      expect(ks).toBeLessThan(0.06);
    }
  });
});

function lawsOf(nearest: number, nearestDeviation: number, next: number, nextDeviation: number) {
  return {
    nearest: { meanAngstrom: nearest, standardDeviationAngstrom: nearestDeviation },
    nextNearest: { meanAngstrom: next, standardDeviationAngstrom: nextDeviation },
  };
}

describe('what cannot be is refused with the reason', () => {
  test.each<readonly [string, Partial<GenerationParameters>, string, RegExp]>([
    ['no element', { element: 'Xx' }, 'UNKNOWN_ELEMENT', /"Xx"/],
    ['no sizes', { sizes: [] }, 'BAD_USER_INPUT', /sizes is empty/],
    ['no atoms', { sizes: [0] }, 'BAD_USER_INPUT', /holds 0;/],
    ['fewer than no atoms', { sizes: [-3] }, 'BAD_USER_INPUT', /holds -3;/],
    ['half an atom', { sizes: [2.5] }, 'BAD_USER_INPUT', /holds 2\.5;/],
    ['too many atoms', { sizes: [1001], clustersPerSize: 1 }, 'BAD_USER_INPUT', /from 1 to 1000/],
    ['a size twice', { sizes: [14, 14] }, 'BAD_USER_INPUT', /14 twice/],
    ['no clusters', { clustersPerSize: 0 }, 'BAD_USER_INPUT', /clustersPerSize is 0/],
    ['a thousand million clusters', { clustersPerSize: 1e9 }, 'TOO_LARGE', /10000000000 clusters/],
    ['too many atoms in all', { sizes: [1000], clustersPerSize: 2001 }, 'TOO_LARGE', /2001000 atoms/],
    ['the same atom twice', { sizes: [1], clustersPerSize: 2 }, 'BAD_USER_INPUT', /one atom are the same/],
    ['no spread', { laws: lawsOf(3.5, 0, 3.6, 0.1) }, 'BAD_USER_INPUT', /standard deviation of nearest is 0 Å/],
    ['hardly any spread', { laws: lawsOf(3.5, 1e-6, 3.6, 1e-6) }, 'BAD_USER_INPUT', /give 0\.001 Å at least/],
    [
      'more spread than distance',
      { laws: lawsOf(3.5, 4, 3.6, 4) },
      'BAD_USER_INPUT',
      /give less than the mean, 3\.5 Å/,
    ],
    ['a negative spread', { laws: lawsOf(3.5, 0.1, 3.6, -1) }, 'BAD_USER_INPUT', /of nextNearest is -1 Å/],
    ['no distance', { laws: lawsOf(0, 0.1, 3.6, 0.1) }, 'BAD_USER_INPUT', /mean of nearest is 0 Å/],
    ['no number', { laws: lawsOf(Number.NaN, 0.1, 3.6, 0.1) }, 'BAD_USER_INPUT', /mean of nearest is NaN/],
    ['atoms on top of each other', { laws: lawsOf(1, 0.2, 1.2, 0.2) }, 'BAD_USER_INPUT', /would be 0\.200 Å apart/],
    ['means the wrong way round', { laws: lawsOf(3.6, 0.1, 3.5, 0.1) }, 'BAD_USER_INPUT', /nearer than the nearest/],
    ['distributions that cross', { laws: lawsOf(3.5, 0.2, 3.6, 0.05) }, 'BAD_USER_INPUT', /nearer than the nearest/],
    ['no seed', { seed: -1 }, 'BAD_USER_INPUT', /seed -1/],
  ])('%s', (_, changes, code, message) => {
    expect(() => checkGenerationParameters(paper(changes))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test.each([
    ['next-nearest neighbours far away', lawsOf(3.5, 0.1, 5, 0.1), /stay .* standard deviations away/],
    ['no room for a third atom', lawsOf(3, 0.2, 8, 0.2), /no room for another atom/],
  ])('%s', (_, laws, message) => {
    const parameters = paper({ sizes: [20], clustersPerSize: 1, laws });
    checkGenerationParameters(parameters);
    expect(() => generateCluster(parameters, 0)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) }),
    );
  });
});
