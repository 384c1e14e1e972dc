import { describe, expect, it } from 'vitest';
import { atomicNumberOf } from '../../src/chemistry/elements.ts';
import { type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { RadiusGrid } from '../../src/ml/features/radius-grid.ts';
import {
  CoordinationCounter,
  type CoordinationDefinition,
  coordinationWidth,
  runningCoordinationNumbers,
} from '../../src/ml/features/running-coordination-numbers.ts';
import { tabulatedNormalCdf } from '../../src/ml/features/tabulated-normal-cdf.ts';
import { normalCdf } from '../../src/ml/statistics/statistics.ts';
import { Random } from '../../src/random.ts';

const ELEMENTS = ['Na', 'H', 'K', 'Cl'];
const TOLERANCE = 1e-12;

/** The formula as written, for the first atoms: every pair, every radius, element after element. */
function asWritten(
  structure: Structure,
  definition: CoordinationDefinition,
  atoms = Number.POSITIVE_INFINITY,
): number[] {
  const { atomicNumbers, positionsAngstrom: p } = structure;
  const { radiiAngstrom, smearingAngstrom, neighborElements } = definition;
  const columns = (neighborElements?.map((symbol) => atomicNumberOf(symbol)!) ?? [null]).flatMap((element) =>
    radiiAngstrom.map((radius) => ({ element, radius })),
  );
  return atomicNumbers.slice(0, atoms).flatMap((_, i) =>
    columns.map(({ element, radius }) => {
      let sum = 0;
      atomicNumbers.forEach((z, j) => {
        if (i === j || (element !== null && z !== element)) return;
        const [dx, dy, dz] = [0, 1, 2].map((axis) => p[3 * i + axis] - p[3 * j + axis]);
        sum += normalCdf((radius - Math.sqrt(dx * dx + dy * dy + dz * dz)) / smearingAngstrom);
      });
      return sum;
    }),
  );
}

function randomCluster(random: Random, atoms: number, elements = ['Na']): Structure {
  const edge = 4 * Math.cbrt(atoms);
  const symbols = Array.from({ length: atoms }, () => elements[random.integer(elements.length)]);
  return structureFromSymbols(
    symbols,
    Array.from({ length: 3 * atoms }, () => edge * random.uniform()),
  );
}

/** Strictly ascending; the gaps span six decades. */
function irregularRadii(random: Random, count: number): number[] {
  let radius = 0;
  return Array.from({ length: count }, () => {
    radius += (10 ** (-5 * random.uniform()) * 20) / count;
    return radius;
  });
}

function deviation(ours: ArrayLike<number>, expected: readonly number[]): number {
  expect(ours.length).toBe(expected.length);
  return expected.reduce((most, value, k) => Math.max(most, Math.abs(value - ours[k])), 0);
}

describe('running coordination numbers', () => {
  const random = new Random(5);
  const cases = Array.from({ length: 60 }, (_, k) => {
    const elements = ELEMENTS.slice(0, 1 + random.integer(4));
    // elements that the cluster lacks count nothing; those that nobody asks for are not counted
    const asked = ELEMENTS.slice(random.integer(3));
    return {
      atoms: k < 4 ? 1 + (k % 2) : 2 + random.integer(30),
      smearingAngstrom: 10 ** (random.uniform() * 7 - 5),
      radii: irregularRadii(random, 1 + random.integer(60)),
      elements,
      neighborElements: k % 3 === 0 ? undefined : asked,
    };
  });

  it('are the sum of the formula for any radii, smearing and elements', () => {
    for (const { atoms, smearingAngstrom, radii, elements, neighborElements } of cases) {
      const cluster = randomCluster(random, atoms, elements);
      const definition = { radiiAngstrom: radii, smearingAngstrom, neighborElements };
      const ours = runningCoordinationNumbers(cluster, definition);
      expect(deviation(ours, asWritten(cluster, definition)), JSON.stringify(definition)).toBeLessThan(TOLERANCE);
    }
  });

  it.each([0.01, 0.3, 5])('of 500 atoms are the sum of the formula, smearing %s Å', (smearingAngstrom) => {
    const cluster = randomCluster(random, 500, ['Na', 'K']);
    const definition = { radiiAngstrom: [2, 3.5, 3.6, 8, 20], smearingAngstrom, neighborElements: ['K', 'Na'] };
    expect(deviation(runningCoordinationNumbers(cluster, definition), asWritten(cluster, definition))).toBeLessThan(
      TOLERANCE,
    );
  });

  it('of an atom whose 499 neighbours all lie at a radius are exact where it is hardest', () => {
    const rim = Array.from({ length: 499 }, (_, k) => {
      const angle = (2 * Math.PI * k) / 499;
      return [7 * Math.cos(angle), 7 * Math.sin(angle), 0.1 * Math.sin(5 * angle)];
    });
    const cluster = structureFromSymbols(Array(500).fill('Na'), [[0, 0, 0], ...rim].flat());
    const radiiAngstrom = Array.from({ length: 200 }, (_, k) => 6.9 + k / 1000);
    const definition = { radiiAngstrom, smearingAngstrom: 0.01 };
    const ours = runningCoordinationNumbers(cluster, definition).subarray(0, 200);
    const expected = asWritten(cluster, definition, 1);
    expect(expected[0]).toBeLessThan(1e-9);
    expect(expected[199]).toBe(499);
    expect(deviation(ours, expected)).toBeLessThan(TOLERANCE);
  });

  it.each([1e-3, 1e-12, 1e-300, 5e-324])('count half an atom just at a radius, smearing %s Å', (smearingAngstrom) => {
    const pair = structureFromSymbols(['Na', 'Na'], [0, 0, 0, 3.5, 0, 0]);
    const numbers = runningCoordinationNumbers(pair, { radiiAngstrom: [3.4, 3.5, 3.6], smearingAngstrom });
    expect(deviation(numbers, [0, 0.5, 1, 0, 0.5, 1])).toBeLessThan(1e-15);
  });

  it('count half an atom just at the last radius, however its squared distance is rounded', () => {
    for (let k = 0; k < 200; k++) {
      const [x, y, z] = [0, 1, 2].map(() => 1 + 3 * random.uniform());
      const pair = structureFromSymbols(['Na', 'Na'], [0, 0, 0, x, y, z]);
      const radiiAngstrom = [1, Math.sqrt(x * x + y * y + z * z)];
      const numbers = runningCoordinationNumbers(pair, { radiiAngstrom, smearingAngstrom: 1e-20 });
      expect(deviation(numbers, [0, 0.5, 0, 0.5])).toBeLessThan(1e-15);
    }
  });

  it('by element add up to the total', () => {
    const cluster = randomCluster(random, 20, ELEMENTS);
    const total = { radiiAngstrom: [3, 4, 5.5], smearingAngstrom: 0.2 };
    const split = runningCoordinationNumbers(cluster, { ...total, neighborElements: ELEMENTS });
    const sums = Array.from({ length: 60 }, (_, cell) => {
      const [atom, k] = [Math.floor(cell / 3), cell % 3];
      return ELEMENTS.reduce((sum, __, e) => sum + split[atom * 12 + e * 3 + k], 0);
    });
    expect(deviation(runningCoordinationNumbers(cluster, total), sums)).toBeLessThan(TOLERANCE);
  });

  it('of one cluster are not touched by those counted before, large or small', () => {
    const definition = { radiiAngstrom: [3, 4, 9], smearingAngstrom: 0.1, neighborElements: ['K'] };
    const counter = new CoordinationCounter(definition);
    const stride = 5;
    for (const atoms of [12, 30, 1, 7, 30]) {
      const cluster = randomCluster(random, atoms, ['Na', 'K']);
      const data = new Float64Array(2 + atoms * stride).fill(-1);
      counter.count(cluster, { data, start: 2, stride });
      const alone = runningCoordinationNumbers(cluster, definition);
      const rows = Array.from({ length: atoms }, (_, i) => [...alone.subarray(3 * i, 3 * i + 3), -1, -1]);
      expect([...data]).toEqual([-1, -1, ...rows.flat()]);
    }
  });

  it('have a column for each element and radius', () => {
    const radii = { radiiAngstrom: [3, 4], smearingAngstrom: 0.01 };
    expect(coordinationWidth(radii)).toBe(2);
    expect(coordinationWidth({ ...radii, neighborElements: ['Na', 'H', 'K'] })).toBe(6);
  });
});

describe('RadiusGrid', () => {
  it('misses no radius that cuts through a neighbour, and takes none for whole that is not', () => {
    const random = new Random(11);
    for (const count of [1, 2, 3, 90, 2000]) {
      for (const radii of [irregularRadii(random, count), Array.from({ length: count }, (_, k) => (31 + k) / 10)]) {
        for (const reach of [5e-324, 1e-12, 0.08, 3]) {
          const grid = new RadiusGrid(radii, reach);
          const last = radii[count - 1];
          const some = Array.from({ length: 100 }, () => random.uniform() * 1.2 * last);
          const edges = radii
            .slice(0, 100)
            .flatMap((r) => [r, r - reach, r + reach, r * (1 - 2 ** -52), r * (1 + 2 ** -52)]);
          for (const distance of [...some, ...edges, last + reach, 0]) {
            const bucket = grid.bucketOf(distance);
            const cutting = grid.firstCuttingThrough(bucket);
            const holding = grid.firstHoldingWhole(bucket);
            expect(cutting === 0 || radii[cutting - 1] < distance - reach + 1e-15 * distance).toBe(true);
            expect(holding === count || radii[holding] > distance + reach - 1e-15 * distance).toBe(true);
            expect(holding).toBeGreaterThanOrEqual(cutting);
          }
        }
      }
    }
  });

  it('names few radii too many', () => {
    const radii = Array.from({ length: 90 }, (_, k) => (31 + k) / 10);
    const grid = new RadiusGrid(radii, 0.08);
    for (let distance = 2; distance < 13; distance += 0.0123) {
      const bucket = grid.bucketOf(distance);
      expect(grid.firstHoldingWhole(bucket) - grid.firstCuttingThrough(bucket)).toBeLessThanOrEqual(2);
    }
  });
});

describe('tabulatedNormalCdf', () => {
  it('is the normal distribution function to 2e-15', () => {
    let most = 0;
    for (let z = -9; z <= 9; z += 1 / 1024 + 1e-7)
      most = Math.max(most, Math.abs(tabulatedNormalCdf(z) - normalCdf(z)));
    expect(most).toBeLessThan(2e-15);
    expect([-8, 8, -1e300, 1e300].map(tabulatedNormalCdf)).toEqual([0, 1, 0, 1]);
  });
});
