import { describe, expect, it } from 'vitest';
import { guptaPotential } from '../../src/chemistry/relaxation/gupta.ts';
import { relaxCluster } from '../../src/chemistry/relaxation.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { Random } from '../../src/random.ts';
import { atomAt, cuboctahedron, distance, icosahedron, shaken } from '../support/sodium-clusters.ts';

const MIDDLE = 0;
const CORNERS = Array.from({ length: 12 }, (_, i) => i + 1);

type Vector = readonly number[];

/** Corners as seen from the middle, in Å. */
function corners({ positionsAngstrom }: Structure): Vector[] {
  return CORNERS.map((atom) => [0, 1, 2].map((k) => positionsAngstrom[3 * atom + k] - positionsAngstrom[k]));
}

/** Distances (Å) of the middle to the corners, and of the corners to each other, both ascending. */
function distances({ positionsAngstrom }: Structure): { radii: number[]; edges: number[] } {
  const between = (a: number, b: number) => distance(atomAt(positionsAngstrom, a), atomAt(positionsAngstrom, b));
  const ascending = (a: number, b: number) => a - b;
  return {
    radii: CORNERS.map((atom) => between(MIDDLE, atom)).sort(ascending),
    edges: CORNERS.flatMap((a) => CORNERS.filter((b) => b > a).map((b) => between(a, b))).sort(ascending),
  };
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/**
 * Every operation (rotation or rotoreflection about the middle) that takes the corners to corners within the tolerance,
 * as the corner that each goes to. An operation is known by where it takes three corners that span space.
 */
function symmetryOperations(points: readonly Vector[], toleranceAngstrom: number): number[][] {
  const basis = [0, 1, 2].map((k) => points[[0, 1, 4][k]]);
  expect(Math.abs(determinant(basis))).toBeGreaterThan(1);
  const operations: number[][] = [];
  for (const a of points) {
    for (const b of points) {
      for (const c of points) {
        const images = points.map((point) => nearest(points, combine([a, b, c], coefficients(basis, point))));
        const isOperation =
          Math.max(...images.map(({ away }) => away)) <= toleranceAngstrom &&
          new Set(images.map(({ index }) => index)).size === points.length;
        if (isOperation) operations.push(images.map(({ index }) => index));
      }
    }
  }
  return operations;
}

function determinant([a, b, c]: readonly Vector[]): number {
  return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/** Cramer's rule: point = sum of coefficients x basis. */
function coefficients(basis: readonly Vector[], point: Vector): number[] {
  const whole = determinant(basis);
  return basis.map((_, k) => determinant(basis.map((vector, i) => (i === k ? point : vector))) / whole);
}

function combine(vectors: readonly Vector[], factors: readonly number[]): number[] {
  return [0, 1, 2].map((k) => vectors.reduce((sum, vector, i) => sum + factors[i] * vector[k], 0));
}

function nearest(points: readonly Vector[], place: Vector): { index: number; away: number } {
  const aways = points.map((point) => distance(point, place));
  const away = Math.min(...aways);
  return { index: aways.indexOf(away), away };
}

/** Eigenvalues (eV/Å²), ascending, of the Hessian: central differences of the gradient, then Jacobi's rotations. */
function hessianEigenvalues(structure: Structure): number[] {
  const potential = guptaPotential(structure, 'it');
  const length = structure.positionsAngstrom.length;
  const gradientAt = (coordinate: number, step: number) => {
    const positions = structure.positionsAngstrom.map((x, i) => (i === coordinate ? x + step : x));
    const gradient = new Float64Array(length);
    potential(positions, gradient);
    return gradient;
  };
  const h = 1e-4;
  const rows = Array.from({ length }, (_, k) => {
    const [up, down] = [gradientAt(k, h), gradientAt(k, -h)];
    return Array.from(up, (value, i) => (value - down[i]) / (2 * h));
  });
  return jacobiEigenvalues(rows.map((row, i) => row.map((value, j) => (value + rows[j][i]) / 2)));
}

function jacobiEigenvalues(m: number[][]): number[] {
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < m.length; p++) {
      for (let q = p + 1; q < m.length; q++) {
        if (m[p][q] === 0) continue;
        const angle = Math.atan2(2 * m[p][q], m[q][q] - m[p][p]) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of m) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
        const [a, b] = [m[p], m[q]];
        m[p] = a.map((value, k) => c * value - s * b[k]);
        m[q] = a.map((value, k) => s * value + c * b[k]);
      }
    }
  }
  return m.map((row, i) => row[i]).sort((a, b) => a - b);
}

describe('Na13', () => {
  const relaxedIcosahedron = relaxCluster(shaken(icosahedron(3.6), 0.3, new Random(1)), 'the icosahedron');
  const relaxedCuboctahedron = relaxCluster(cuboctahedron(3.5), 'the cuboctahedron');

  it('comes back to the icosahedron from 0.3 Å away, always the same one', () => {
    expect(relaxedIcosahedron.outcome).toBe('converged');
    for (let seed = 2; seed < 8; seed++) {
      const again = relaxCluster(shaken(icosahedron(3.6), 0.3, new Random(seed)), 'it');
      expect(again.energyAfterEv).toBeCloseTo(relaxedIcosahedron.energyAfterEv, 10);
    }
  });

  it('has Ih symmetry as an icosahedron, to 1e-4 Å', () => {
    const { radii, edges } = distances(relaxedIcosahedron.structure);
    expect(spread(radii)).toBeLessThan(1e-4);
    expect(spread(edges.slice(0, 30))).toBeLessThan(1e-4);
    expect(spread(edges.slice(30, 60))).toBeLessThan(1e-4);
    expect(spread(edges.slice(60))).toBeLessThan(1e-4);
    expect(edges[30] - edges[29]).toBeGreaterThan(2);
    const points = corners(relaxedIcosahedron.structure);
    const operations = symmetryOperations(points, 1e-4);
    expect(operations).toHaveLength(120);
    // the inversion takes each corner to the one across, and a fivefold axis leaves two where they are
    expect(
      operations.filter((images) => images.every((to, from) => distance(points[to], points[from]) > 7)),
    ).toHaveLength(1);
    expect(operations.filter((images) => images.filter((to, from) => to === from).length === 2)).toHaveLength(24);
  });

  it('is a minimum as an icosahedron: six modes of motion as a whole, all others cost energy', () => {
    const eigenvalues = hessianEigenvalues(relaxedIcosahedron.structure);
    expect(eigenvalues).toHaveLength(39);
    expect(eigenvalues.filter((value) => Math.abs(value) < 1e-5)).toHaveLength(6);
    expect(eigenvalues.filter((value) => value > 0.01)).toHaveLength(33);
  });

  it('keeps a cuboctahedron that is one, and lies higher there', () => {
    expect(relaxedCuboctahedron.outcome).toBe('converged');
    const { radii, edges } = distances(relaxedCuboctahedron.structure);
    expect(spread([...radii, ...edges.slice(0, 24)])).toBeLessThan(1e-4);
    expect(symmetryOperations(corners(relaxedCuboctahedron.structure), 1e-4)).toHaveLength(48);
    expect(relaxedIcosahedron.energyAfterEv).toBeLessThan(relaxedCuboctahedron.energyAfterEv - 0.1);
  });

  it('becomes the icosahedron from a cuboctahedron that is shaken, which is no minimum', () => {
    expect(hessianEigenvalues(relaxedCuboctahedron.structure)[0]).toBeLessThan(-0.01);
    for (const [seed, amplitude] of [1e-3, 0.05, 0.2].entries()) {
      const { energyAfterEv, structure } = relaxCluster(shaken(cuboctahedron(3.5), amplitude, new Random(seed)), 'it');
      expect(energyAfterEv).toBeCloseTo(relaxedIcosahedron.energyAfterEv, 10);
      expect(symmetryOperations(corners(structure), 1e-4)).toHaveLength(120);
    }
  });
});
