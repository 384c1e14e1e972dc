import { describe, expect, test } from 'vitest';
import type { Structure } from '../../src/chemistry/structure.ts';
import { reachOfFeatures, trainedDistances, UnseenDistances } from '../../src/ml/trained-distances.ts';
import { Random } from '../../src/random.ts';
import { randomStructure } from '../contract/schnet-engine.ts';

const NA = 11;
const CL = 17;

function structure(elements: readonly number[], ...positions: readonly number[][]): Structure {
  return {
    atomicNumbers: elements,
    positionsAngstrom: Float64Array.from(positions.flat()),
    charge: 0,
    multiplicity: 1,
  };
}

/** A row of atoms at these places along x. */
function row(elements: readonly number[], ...x: readonly number[]): Structure {
  return structure(elements, ...x.map((at) => [at, 0, 0]));
}

function kinds(trained: ReturnType<typeof trainedDistances>, cluster: Structure): string[] {
  return new UnseenDistances(trained).of(cluster).map(({ kind }) => kind);
}

describe('what a model saw of distances', () => {
  const random = new Random(1);
  const clusters = Array.from({ length: 40 }, (_, k) =>
    randomStructure(
      random,
      Array.from({ length: 1 + (k % 7) }, () => [NA, CL, 8][random.integer(3)]),
      5,
    ),
  );
  const reach = { reachAngstrom: 6 };

  test('is the range of each pair of elements within reach', () => {
    const { ranges, isolatedElements } = trainedDistances(reach, clusters);
    const plain = new Map<string, number[]>();
    const alone = new Set<number>();
    for (const { atomicNumbers, positionsAngstrom: p } of clusters) {
      atomicNumbers.forEach((a, i) => {
        const near = atomicNumbers.flatMap((b, j) => {
          const d = Math.hypot(...[0, 1, 2].map((axis) => p[3 * i + axis] - p[3 * j + axis]));
          return i !== j && d < 6 ? [{ b, d }] : [];
        });
        if (near.length === 0) alone.add(a);
        for (const { b, d } of near) {
          const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
          plain.set(key, [...(plain.get(key) ?? []), d]);
        }
      });
    }
    expect(ranges).toHaveLength(plain.size);
    for (const { elements, shortestAngstrom, longestAngstrom } of ranges) {
      const all = plain.get(elements.join(' '))!;
      expect(shortestAngstrom).toBeCloseTo(Math.min(...all), 12);
      expect(longestAngstrom).toBeCloseTo(Math.max(...all), 12);
    }
    expect(isolatedElements).toEqual([...alone].sort((a, b) => a - b));
    expect(ranges.length).toBeGreaterThan(4);
    expect(alone.size).toBeGreaterThan(0);
  });

  test('does not depend on the order of clusters, and goes through JSON', () => {
    const trained = trainedDistances(reach, clusters);
    expect(trainedDistances(reach, new Random(2).shuffle([...clusters]))).toEqual(trained);
    expect(JSON.parse(JSON.stringify(trained))).toEqual(trained);
  });

  test('flags none of its own clusters, nor their copies in other digits', () => {
    const trained = JSON.parse(JSON.stringify(trainedDistances(reach, clusters)));
    for (const each of clusters) {
      expect(kinds(trained, each)).toEqual([]);
      const printed = each.positionsAngstrom.map((x) => Number((100 + x).toFixed(3)));
      expect(kinds(trained, { ...each, positionsAngstrom: printed })).toEqual([]);
    }
  });
});

describe('what a model has not seen', () => {
  const trained = trainedDistances({ reachAngstrom: 6 }, [
    row([NA, NA, NA], 0, 3, 7),
    row([CL, CL], 0, 3),
    row([CL], 0),
  ]);

  test.each<[string, Structure, string[]]>([
    ['the same', row([NA, NA, NA], 0, 3, 7), []],
    ['a distance between', row([NA, NA], 0, 3.5), []],
    ['a shorter one', row([NA, NA], 0, 2.9), ['SHORTER']],
    ['a longer one that is seen', row([NA, NA, NA], 0, 3, 7.1), ['LONGER']],
    ['one at the edge of the tolerance', row([NA, NA, NA], 0, 2.991, 7), []],
    ['one beyond it', row([NA, NA], 0, 2.989), ['SHORTER']],
    ['one out of reach', row([NA, NA, NA, NA], 0, 3, 9, 12), []],
    ['elements that were never together', row([NA, CL], 0, 3.2), ['NEW_PAIR']],
    ['the same out of reach', row([NA, NA, CL], 0, 3, 9.1), []],
    ['the same hardly in reach', row([NA, NA, CL], 0, 3, 8.995), []],
    ['an atom alone', row([NA, NA, NA], 0, 3, 30), ['ISOLATED']],
    ['an atom alone, as was seen', row([NA, NA, CL], 0, 3, 30), []],
    ['all at once', row([NA, NA, NA, CL, NA], 0, 2, 6.5, 8, 40), ['SHORTER', 'LONGER', 'NEW_PAIR', 'ISOLATED']],
  ])('%s', (_what, cluster, expected) => {
    expect(kinds(trained, cluster)).toEqual(expected);
  });

  test('is told by its plainest case and a count, however large the cluster', () => {
    const range = { elements: [NA, NA], shortestAngstrom: 3, longestAngstrom: 4 };
    expect(new UnseenDistances(trained).of(row([NA, NA, NA, NA], 0, 2.5, 4.5, 5.25))).toEqual([
      { kind: 'SHORTER', atoms: [2, 3], distanceAngstrom: 0.75, count: 4, range, excessAngstrom: 2.25 },
      { kind: 'LONGER', atoms: [0, 3], distanceAngstrom: 5.25, count: 2, range, excessAngstrom: 1.25 },
    ]);
    const crowd = row(Array(500).fill(NA), ...Array.from({ length: 500 }, (_, i) => i / 1000));
    expect(new UnseenDistances(trained).of(crowd)).toMatchObject([{ kind: 'SHORTER', count: (500 * 499) / 2 }]);
  });
});

describe('what coordination numbers see', () => {
  const numbers = { radiiAngstrom: [3, 5], smearingAngstrom: 0.1 };

  test('ends a little behind the largest radius', () => {
    const reach = reachOfFeatures({ runningCoordinationNumbers: numbers })!;
    expect(reach.reachAngstrom).toBeCloseTo(5.4, 12);
    expect(trainedDistances(reach, [row([NA, NA, NA], 0, 3, 9)]).ranges).toEqual([
      { elements: [NA, NA], shortestAngstrom: 3, longestAngstrom: 3 },
    ]);
    expect(reachOfFeatures({ runningCoordinationNumbers: null })).toBeNull();
  });

  test('is of the neighbour elements only', () => {
    const reach = reachOfFeatures({ runningCoordinationNumbers: { ...numbers, neighborElements: ['Cl'] } })!;
    expect(reach.neighborElements).toEqual([CL]);
    // the chlorine sees no chlorine, the sodium next to a sodium sees nothing
    const trained = trainedDistances(reach, [row([NA, CL], 0, 2.5), row([NA, NA], 0, 3)]);
    expect(trained.ranges.map(({ elements }) => elements)).toEqual([[NA, CL]]);
    expect(trained.isolatedElements).toEqual([NA, CL]);
    expect(kinds(trained, row([NA, NA], 0, 0.6))).toEqual([]);
    expect(kinds(trained, row([CL, CL], 0, 2.5))).toEqual(['NEW_PAIR']);
  });
});
