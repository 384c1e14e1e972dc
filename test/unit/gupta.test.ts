import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guptaPotential } from '../../src/chemistry/relaxation/gupta.ts';
import { type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { isWithinTolerance } from '../../src/ml/golden-row.ts';
import { compareWithGuptaGolden } from '../../src/ml/gupta-golden.ts';
import { Random } from '../../src/random.ts';
import { generatedCluster, scatteredCluster, sodiumCluster } from '../support/sodium-clusters.ts';

function energyAndGradient(structure: Structure): { energy: number; gradient: Float64Array } {
  const gradient = new Float64Array(structure.positionsAngstrom.length);
  return { energy: guptaPotential(structure, 'it')(structure.positionsAngstrom, gradient), gradient };
}

/** dE/dx of one coordinate (eV/Å): central differences with two steps, extrapolated (Richardson), so of fourth order. */
function slope(structure: Structure, coordinate: number): number {
  const potential = guptaPotential(structure, 'it');
  const positions = Float64Array.from(structure.positionsAngstrom);
  const unused = new Float64Array(positions.length);
  const at = (step: number) => {
    positions[coordinate] = structure.positionsAngstrom[coordinate] + step;
    return potential(positions, unused);
  };
  const central = (step: number) => (at(step) - at(-step)) / (2 * step);
  return (4 * central(1e-3) - central(2e-3)) / 3;
}

/** A rotation from three angles, as a function of positions. */
function rotation(angles: readonly number[]): (positions: Float64Array) => Float64Array {
  return (positions) => {
    const turned = Float64Array.from(positions);
    for (const [axis, angle] of angles.entries()) {
      const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
      for (let start = 0; start < turned.length; start += 3) {
        const [x, y] = [turned[start + a], turned[start + b]];
        turned[start + a] = Math.cos(angle) * x - Math.sin(angle) * y;
        turned[start + b] = Math.sin(angle) * x + Math.cos(angle) * y;
      }
    }
    return turned;
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const deviations = Array.from(actual, (value, i) => Math.abs(value - expected[i]));
  expect(Math.max(...deviations)).toBeLessThanOrEqual(tolerance);
}

describe('values of 50 digits', () => {
  const golden = JSON.parse(readFileSync(new URL('../golden/gupta.json', import.meta.url), 'utf8'));
  const rows = compareWithGuptaGolden(golden);

  it.each(rows)('$quantity', (row) => {
    expect(isWithinTolerance(row), `${row.deviation} > ${row.tolerance}`).toBe(true);
  });

  it('compares every cluster, and notices a difference', () => {
    expect(rows).toHaveLength(21);
    const changed = structuredClone(golden);
    changed.gupta[1].energyEv += 1e-13;
    changed.gupta[9].gradientEvPerAngstrom[17] += 1e-13;
    changed.exponentials[7][1] *= 1 + 1e-15;
    expect(compareWithGuptaGolden(changed).filter((row) => !isWithinTolerance(row))).toHaveLength(3);
  });
});

describe('the Gupta potential', () => {
  it('has the gradient of its energy: finite differences to 1e-8 eV/Å, on clusters of 2 to 40 atoms', () => {
    const random = new Random(2);
    for (let size = 2; size <= 40; size++) {
      const structure = size % 2 === 0 ? generatedCluster(size, random) : scatteredCluster(size, random);
      const { gradient } = energyAndGradient(structure);
      const slopes = Array.from(gradient, (_, coordinate) => slope(structure, coordinate));
      expectClose(gradient, slopes, 1e-8);
    }
  });

  it('does not depend on place, orientation, handedness and order', () => {
    const random = new Random(3);
    for (const size of [2, 7, 20]) {
      const structure = generatedCluster(size, random);
      const positions = structure.positionsAngstrom;
      const { energy, gradient } = energyAndGradient(structure);
      const check = (change: (positions: Float64Array) => Float64Array, expected: Float64Array) => {
        const changed = energyAndGradient(sodiumCluster(change(positions)));
        expect(Math.abs(changed.energy - energy)).toBeLessThanOrEqual(1e-12);
        expectClose(changed.gradient, expected, 1e-12);
      };
      const turn = rotation([0, 0, 0].map(() => 6 * random.uniform()));
      const order = random.shuffle(Array.from({ length: size }, (_, atom) => atom));
      const permute = (vectors: Float64Array) =>
        Float64Array.from(order.flatMap((atom) => [...vectors.subarray(3 * atom, 3 * atom + 3)]));
      check((p) => p.map((x, i) => x + [17, -5, 0.3][i % 3]), gradient);
      check(turn, turn(gradient));
      check(
        (p) => p.map((x) => -x),
        gradient.map((x) => -x),
      );
      check(permute, permute(gradient));
    }
  });

  it('is 0 for an atom alone, and what each has alone for two that are out of reach', () => {
    expect(energyAndGradient(sodiumCluster([1, 2, 3]))).toEqual({ energy: 0, gradient: new Float64Array(3) });
    const far = energyAndGradient(sodiumCluster([0, 0, 0, 5000, 0, 0]));
    expect(far).toEqual({ energy: 0, gradient: new Float64Array(6) });
  });

  it('has memory of its own: evaluations do not disturb each other', () => {
    const random = new Random(4);
    const [a, b] = [generatedCluster(9, random), generatedCluster(9, random)];
    const [potential, gradient] = [guptaPotential(a, 'a'), new Float64Array(27)];
    const first = potential(a.positionsAngstrom, gradient);
    potential(b.positionsAngstrom, gradient);
    expect(potential(a.positionsAngstrom, gradient)).toBe(first);
    expect(gradient).toEqual(energyAndGradient(a).gradient);
  });

  it.each([
    [
      'another element',
      structureFromSymbols(['Na', 'Na', 'Cl'], [0, 0, 0, 3, 0, 0, 6, 0, 0], 0, 2),
      'BAD_USER_INPUT',
      'cluster 7: atom 3 is Cl, but the Gupta potential has parameters for Na only',
    ],
    [
      'atoms on top of each other',
      sodiumCluster([0, 0, 0, 3, 0, 0, 3, 0, 0]),
      'ATOMS_TOO_CLOSE',
      'cluster 7: atoms 2 (Na) and 3 (Na) are 0.00 Å apart',
    ],
    ['no atoms', sodiumCluster([]), 'INVALID_STRUCTURE', 'cluster 7 has no atoms'],
    ['a position that is no number', sodiumCluster([0, 0, Number.NaN]), 'NON_FINITE_NUMBER', 'z of atom 1 is NaN'],
    [
      'more than 2,000 atoms',
      sodiumCluster(Float64Array.from({ length: 6003 }, (_, i) => (i % 3 === 0 ? i : 0))),
      'TOO_LARGE',
      'cluster 7 has 2001 atoms',
    ],
  ])('refuses %s', (_, structure, code, message) => {
    expect(() => guptaPotential(structure, 'cluster 7')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
