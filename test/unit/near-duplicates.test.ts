import { describe, expect, it } from 'vitest';
import { findNearDuplicates, findNearDuplicatesBetween, ShapeTable } from '../../src/chemistry/near-duplicates.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { distanceProfile, profileLength, structureDifference } from '../../src/chemistry/structure-difference.ts';
import { centroidDistances, structureShape } from '../../src/chemistry/structure-shape.ts';
import { Random } from '../../src/random.ts';
import { copyOf, moved, randomCluster, randomRotation, rounded, structureOf } from '../support/random-clusters.ts';

const ELEMENTS = [11, 11, 11, 19, 19, 17];

describe('structureDifference', () => {
  it.each([1, 2, 3, 7, 20, 60])('of copies is rounding only: other frame, mirrored, other order (%i atoms)', (size) => {
    const random = new Random(size);
    for (let k = 0; k < 20; k++) {
      const cluster = randomCluster(random, size, ELEMENTS);
      expect(structureDifference(cluster, copyOf(cluster, random))).toBeLessThan(1e-12);
    }
  });

  it.each([1e-4, 0.01, 0.3])('is at most 2 d where atoms move by %f Å at most, and not much less', (d) => {
    const random = new Random(5);
    let largest = 0;
    for (let k = 0; k < 100; k++) {
      const cluster = randomCluster(random, 2 + (k % 30), ELEMENTS);
      const difference = structureDifference(cluster, copyOf(moved(cluster, d, random), random));
      expect(difference).toBeLessThanOrEqual(2 * d + 1e-12);
      largest = Math.max(largest, difference);
    }
    expect(largest).toBeGreaterThan(d);
  });

  it('is 2 d where the two atoms of a pair move apart', () => {
    const [near, far] = [3, 3.5].map((x) => structureOf([11, 19], [0, 0, 0, x, 0, 0]));
    expect(structureDifference(near, far)).toBeCloseTo(0.5, 12);
  });

  it('is infinite for other elements, another number of atoms and another charge', () => {
    const cluster = structureOf([11, 11, 19], [0, 0, 0, 3, 0, 0, 0, 4, 0]);
    const others = [
      { ...cluster, atomicNumbers: [11, 19, 19] },
      { ...cluster, charge: 1 },
      structureOf([11, 19], [0, 0, 0, 3, 0, 0]),
    ];
    expect(others.map((other) => structureDifference(cluster, other))).toEqual([Infinity, Infinity, Infinity]);
    expect(structureDifference(cluster, { ...cluster, atomicNumbers: [11, 19, 11] })).toBeGreaterThan(0.5);
  });

  it('tells structures apart that have the same distances, from the centroid too, in another arrangement', () => {
    // found by trying all sets of five points of a 4 x 4 grid
    const [a, b] = [
      [0, 0, 0, 1, 0, 2, 2, 3, 3, 1],
      [0, 0, 0, 1, 0, 3, 2, 2, 3, 2],
    ].map((grid) =>
      structureOf(
        Array(5).fill(11),
        Array.from({ length: 5 }, (_, i) => [3 * grid[2 * i], 3 * grid[2 * i + 1], 0]).flat(),
      ),
    );
    const distances = ({ positionsAngstrom: p }: Structure) =>
      [0, 1, 2, 3, 4].flatMap((i) =>
        [0, 1, 2, 3, 4].slice(0, i).map((j) => Math.hypot(p[3 * i] - p[3 * j], p[3 * i + 1] - p[3 * j + 1])),
      );
    const sorted = (lengths: ArrayLike<number>) => Array.from(lengths, (length) => expect.closeTo(length, 12));
    expect(distances(a).sort()).toEqual(sorted(distances(b).sort()));
    expect([...centroidDistances(a.positionsAngstrom).sort()]).toEqual(
      sorted(centroidDistances(b.positionsAngstrom).sort()),
    );
    // of the sums of the distances of an atom on the grid, to four others of it, 3 Å wide
    expect(structureDifference(a, b)).toBeCloseTo((3 * (10.398346 - 9.767829)) / 4, 6);
  });

  it('of large clusters is found from the centroid only', () => {
    const random = new Random(3);
    const cluster = randomCluster(random, 501, ELEMENTS);
    const difference = structureDifference(cluster, copyOf(moved(cluster, 0.01, random), random));
    expect(difference).toBeGreaterThan(0.003);
    expect(difference).toBeLessThanOrEqual(0.02);
    expect(distanceProfile(cluster)).toHaveLength(profileLength(501));
    const sodium = randomCluster(random, 500, [11]);
    expect(distanceProfile(sodium)).toHaveLength(profileLength(500));
  });
});

describe('structureShape', () => {
  it('holds lengths that never differ by more than the structures do', () => {
    const random = new Random(9);
    for (let k = 0; k < 200; k++) {
      const cluster = randomCluster(random, 1 + (k % 25), ELEMENTS);
      const other = copyOf(moved(cluster, 0.2, random), random);
      const difference = structureDifference(cluster, other) + 1e-12;
      const [a, b] = [cluster, other].map(({ positionsAngstrom }) => structureShape(positionsAngstrom));
      const lengths = (shape: typeof a) => [shape.radiusOfGyrationAngstrom, ...shape.centroidDistanceQuantilesAngstrom];
      for (const [i, length] of lengths(a).entries()) expect(Math.abs(length - lengths(b)[i])).toBeLessThan(difference);
    }
  });

  it('is that of a known body', () => {
    const cross = [2, 0, 0, -2, 0, 0, 0, 1, 0, 0, -1, 0].map((x, k) => x + [5, -7, 11][k % 3]);
    const { radiusOfGyrationAngstrom, centroidDistanceQuantilesAngstrom } = structureShape(cross);
    expect(radiusOfGyrationAngstrom).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(centroidDistanceQuantilesAngstrom).toEqual([1, 1, 1, 1, 2, 2, 2].map((x) => expect.closeTo(x, 12)));
    expect(structureShape([4, 5, 6])).toEqual({
      radiusOfGyrationAngstrom: 0,
      centroidDistanceQuantilesAngstrom: Array(7).fill(0),
    });
  });
});

describe('findNearDuplicates', () => {
  it.each([1e-3, 0.01, 0.05])('finds every copy with noise of %f Å, and nothing else', (noise) => {
    const random = new Random(11);
    const clusters = Array.from({ length: 300 }, (_, k) => randomCluster(random, 6 + (k % 12), ELEMENTS));
    const copies = clusters.slice(0, 100).map((each) => copyOf(moved(each, noise, random), random));
    const found = findNearDuplicates([...clusters, ...copies], 2 * noise);
    expect(found.map(({ first, second }) => [first, second]).sort(([a], [b]) => a - b)).toEqual(
      copies.map((_, k) => [k, clusters.length + k]),
    );
    const differences = found.map((each) => each.differenceAngstrom);
    expect(differences).toEqual(differences.toSorted((a, b) => a - b));
    for (const { first, second, differenceAngstrom } of found) {
      expect(differenceAngstrom).toBe(structureDifference(clusters[first], copies[second - clusters.length]));
    }
  });

  it('finds copies that were printed with three decimals, of which the fingerprint knows nothing', () => {
    const random = new Random(12);
    const clusters = Array.from({ length: 50 }, () => randomCluster(random, 20, [11]));
    const copies = clusters.map((each) => rounded(copyOf(each, random), 3));
    const pairs = findNearDuplicatesBetween(clusters, copies, 2 * Math.sqrt(3) * 0.5e-3);
    expect(pairs.map(({ first, second }) => [first, second]).sort(([a], [b]) => a - b)).toEqual(
      clusters.map((_, k) => [k, k]),
    );
    expect(findNearDuplicates([...clusters, ...copies], 0)).toEqual([]);
  });

  it('forgives a tolerance of 0 the rounding of a turn', () => {
    const random = new Random(13);
    const cluster = randomCluster(random, 30, ELEMENTS);
    expect(findNearDuplicates([cluster, copyOf(cluster, random)], 0)).toHaveLength(1);
  });

  it('compares single atoms and pairs of atoms as well', () => {
    const atoms = [11, 11, 19].map((z, k) => structureOf([z], [k, 0, 0]));
    expect(findNearDuplicates(atoms, 0.01)).toEqual([{ first: 0, second: 1, differenceAngstrom: 0 }]);
    const dimers = [3, 3.011, 3.005, 3.5].map((x) => structureOf([11, 11], [0, 0, 0, 0, x, 0]));
    const found = findNearDuplicates(dimers, 0.01).map(({ first, second }) => [first, second]);
    expect(found).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(findNearDuplicates([], 1)).toEqual([]);
  });

  it('keeps other charges and elements apart, and the lists of two', () => {
    const random = new Random(14);
    const cluster = randomCluster(random, 8, [11]);
    const charged = { ...cluster, charge: 1 };
    const potassium = { ...cluster, atomicNumbers: Array(8).fill(19) };
    expect(findNearDuplicates([cluster, charged, potassium], 1)).toEqual([]);
    expect(findNearDuplicatesBetween([cluster, cluster, charged], [potassium, charged], 0.1)).toEqual([
      { first: 2, second: 1, differenceAngstrom: 0 },
    ]);
  });

  it('agrees with comparing all with all, whatever the tolerance', () => {
    const random = new Random(15);
    const clusters = Array.from({ length: 150 }, () => randomCluster(random, 3, [11]));
    for (const tolerance of [0.003, 0.1, 0.4, 1]) {
      const all = clusters.flatMap((a, i) =>
        clusters.slice(i + 1).flatMap((b, k) => (structureDifference(a, b) <= tolerance ? [`${i} ${i + 1 + k}`] : [])),
      );
      const found = findNearDuplicates(clusters, tolerance).map(({ first, second }) => `${first} ${second}`);
      expect(found.sort()).toEqual(all.sort());
      if (tolerance > 0.1) expect(all.length).toBeGreaterThan(10);
    }
  });
});

it('a search looks at few of all pairs, and compares hardly any in full', () => {
  const random = new Random(16);
  const table = new ShapeTable();
  const count = 4000;
  for (let k = 0; k < count; k++)
    table.add('Na20 0', 0, structureShape(randomCluster(random, 20, [11]).positionsAngstrom));
  const portions = [...table.candidates(0.02, false)];
  // eight million pairs; a portion comes when 65,536 of them were looked at
  expect(portions.length).toBeLessThanOrEqual(2);
  expect(portions.flat().length).toBeLessThan(10);
});

it('a random rotation is one', () => {
  const random = new Random(17);
  const [a, b, c] = randomRotation(random);
  const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, x, k) => sum + x * v[k], 0);
  expect([dot(a, a), dot(b, b), dot(c, c), dot(a, b), dot(a, c), dot(b, c)]).toEqual(
    [1, 1, 1, 0, 0, 0].map((x) => expect.closeTo(x, 12)),
  );
});
