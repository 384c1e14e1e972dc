import { describe, expect, it } from 'vitest';
import { tensorParameters } from '../../src/chemistry/tensor-parameters.ts';

const diagonal = (a: number, b: number, c: number) => [a, 0, 0, 0, b, 0, 0, 0, c];

/** Uniform numbers in [-1, 1) from a fixed sequence. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** R T Rᵀ for the rotation of a unit quaternion. */
function rotated(tensor: readonly number[], next: () => number): number[] {
  const raw = [next(), next(), next(), next()];
  const [w, x, y, z] = raw.map((each) => each / Math.hypot(...raw));
  const r = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
  const at = (i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) sum += r[i][k] * tensor[3 * k + l] * r[j][l];
    return sum;
  };
  return Array.from({ length: 9 }, (_, k) => at(Math.floor(k / 3), k % 3));
}

describe('tensorParameters', () => {
  it.each([
    [
      'prolate',
      diagonal(100, 400, 100),
      { isotropicPpm: 200, spanPpm: 300, skew: 1, anisotropyPpm: 300, asymmetry: 0 },
    ],
    [
      'oblate',
      diagonal(400, 100, 400),
      { isotropicPpm: 300, spanPpm: 300, skew: -1, anisotropyPpm: -300, asymmetry: 0 },
    ],
    ['evenly spread', diagonal(3, 1, 2), { isotropicPpm: 2, spanPpm: 2, skew: 0, anisotropyPpm: 1.5, asymmetry: 1 }],
    [
      'of three values',
      diagonal(-30, 60, 0),
      { isotropicPpm: 10, spanPpm: 90, skew: 1 / 3, anisotropyPpm: 75, asymmetry: 0.6 },
    ],
    ['isotropic', diagonal(555.5, 555.5, 555.5), { spanPpm: 0, skew: null, anisotropyPpm: 0, asymmetry: null }],
    ['zero', diagonal(0, 0, 0), { isotropicPpm: 0, spanPpm: 0, skew: null, anisotropyPpm: 0, asymmetry: null }],
  ])('has the closed form of a tensor that is %s', (_, tensor, expected) => {
    const found: Record<string, unknown> = { ...tensorParameters(tensor) };
    for (const [name, value] of Object.entries(expected)) {
      if (value === null) expect(found[name], name).toBeNull();
      else expect(found[name], name).toBeCloseTo(value, 12);
    }
  });

  it('has the invariants of the symmetric part, in every frame', () => {
    const next = sequence(1);
    for (let k = 0; k < 500; k++) {
      const tensor = Array.from({ length: 9 }, () => 600 * next());
      const [a, b, c] = tensorParameters(tensor).principalComponentsPpm;
      const symmetric = tensor.map((each, i) => (each + tensor[3 * (i % 3) + Math.floor(i / 3)]) / 2);
      const [xx, xy, xz, , yy, yz, , , zz] = symmetric;
      expect(a + b + c).toBeCloseTo(xx + yy + zz, 9);
      expect((a * a + b * b + c * c) / symmetric.reduce((sum, each) => sum + each * each, 0)).toBeCloseTo(1, 12);
      const determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz);
      expect((a * b * c - determinant) / 600 ** 3).toBeCloseTo(0, 12);

      const here = tensorParameters(tensor);
      const there = tensorParameters(rotated(tensor, next));
      for (const name of ['isotropicPpm', 'spanPpm', 'anisotropyPpm'] as const) {
        // of two directions that are equally far, rounding may choose
        expect(Math.abs(there[name]), name).toBeCloseTo(Math.abs(here[name]), 8);
      }
      expect(there.skew).toBeCloseTo(here.skew!, 9);
      expect(there.asymmetry).toBeCloseTo(here.asymmetry!, 9);
    }
  });

  it('keeps near-equal components apart to the last digits', () => {
    const next = sequence(2);
    for (const gap of [1e-9, 1e-6, 1e-3]) {
      const { principalComponentsPpm } = tensorParameters(rotated(diagonal(500, 500 + gap, 600), next));
      expect(principalComponentsPpm[1] - principalComponentsPpm[0]).toBeCloseTo(gap, 11);
    }
  });

  it('keeps the antisymmetric part, which changes nothing else', () => {
    const tensor = [500, 12, -3, 4, 520, 7, 9, -1, 610];
    const symmetric = [500, 8, 3, 8, 520, 3, 3, 3, 610];
    const { antisymmetricPpm, ...rest } = tensorParameters(tensor);
    expect(antisymmetricPpm).toEqual([4, -6, 4]);
    expect({ ...rest, antisymmetricPpm: [0, 0, 0] }).toEqual(tensorParameters(symmetric));
  });
});
