import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { firstIsotropicDisagreement, isotropicShieldingsPpm } from '../../src/chemistry/shielding-tensor.ts';
import { checkStructure, type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { formulaOf, structureFingerprint, structureHash } from '../../src/chemistry/structure-identity.ts';

const water = structureFromSymbols(['O', 'H', 'H'], [0, 0, 0, 0.96, 0, 0, -0.24, 0.93, 0]);

/** A scattered cluster of n sodium atoms, the same every time; the smallest distance is well above 0.5 Å. */
function sodium(n: number): Structure {
  const positions = Array.from({ length: n }, (_, k) => [3.5 * k, 1.3 * Math.sin(k), 1.7 * Math.cos(2 * k)]).flat();
  return structureFromSymbols(new Array(n).fill('Na'), positions);
}

function changed(structure: Structure, changes: Partial<Structure>): Structure {
  return { ...structure, ...changes };
}

function errorOf(structure: Structure) {
  try {
    checkStructure(structure, 'the cluster x');
  } catch (error) {
    return error as { code: string; message: string; details: Record<string, unknown> };
  }
  return null;
}

describe('structureFromSymbols', () => {
  it('takes the lowest multiplicity that the electrons allow', () => {
    expect(sodium(8).multiplicity).toBe(1);
    expect(sodium(7).multiplicity).toBe(2);
    expect(structureFromSymbols(['Na'], [0, 0, 0], 1).multiplicity).toBe(1);
    expect(structureFromSymbols(['Na'], [0, 0, 0], -2).multiplicity).toBe(2);
  });

  it('names the atom whose symbol does not exist', () => {
    expect(() => structureFromSymbols(['Na', 'Qq'], [0, 0, 0, 3, 0, 0])).toThrow(/Atom 2 .*"Qq"/);
  });
});

describe('checkStructure', () => {
  it('accepts water, one atom, a bare proton and a cluster of 10,000 atoms', () => {
    expect(errorOf(water)).toBeNull();
    expect(errorOf(sodium(1))).toBeNull();
    expect(errorOf(structureFromSymbols(['H'], [0, 0, 0], 1))).toBeNull();
    const n = 10_000;
    const grid = Array.from({ length: n }, (_, k) => [k % 22, Math.floor(k / 22) % 22, Math.floor(k / 484)]).flat();
    expect(errorOf(structureFromSymbols(new Array(n).fill('Na'), grid))).toBeNull();
  });

  it.each<[string, Structure, string, RegExp]>([
    ['no atoms', structureFromSymbols([], []), 'INVALID_STRUCTURE', /no atoms/],
    ['too many atoms', sodium(10_001), 'INVALID_STRUCTURE', /10001 atoms/],
    [
      'a coordinate too few',
      changed(water, { positionsAngstrom: new Float64Array(8) }),
      'INVALID_STRUCTURE',
      /8 coord/,
    ],
    ['element 0', changed(water, { atomicNumbers: [8, 0, 1] }), 'UNKNOWN_ELEMENT', /atom 2 .* 0/],
    ['element 119', changed(water, { atomicNumbers: [8, 1, 119] }), 'UNKNOWN_ELEMENT', /atom 3 .* 119/],
    ['a charge of 0.5', changed(water, { charge: 0.5 }), 'INVALID_STRUCTURE', /charge 0.5/],
    ['a charge beyond the electrons', changed(water, { charge: 11 }), 'INVALID_STRUCTURE', /charge 11/],
    ['a multiplicity of 0', changed(water, { multiplicity: 0 }), 'INVALID_STRUCTURE', /multiplicity 0/],
    ['a multiplicity of NaN', changed(water, { multiplicity: Number.NaN }), 'INVALID_STRUCTURE', /multiplicity NaN/],
    ['the wrong parity', changed(water, { multiplicity: 2 }), 'INVALID_STRUCTURE', /10 electrons.*multiplicity 2/],
    ['too few electrons', changed(water, { multiplicity: 13 }), 'INVALID_STRUCTURE', /10 electrons.*multiplicity 13/],
  ])('refuses %s', (_, structure, code, message) => {
    expect(errorOf(structure)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(errorOf(structure)?.message).toContain('the cluster x');
  });

  it.each([
    [Number.NaN, 'NON_FINITE_NUMBER'],
    [Number.NEGATIVE_INFINITY, 'NON_FINITE_NUMBER'],
    [10_001, 'INVALID_STRUCTURE'],
    [-1e300, 'INVALID_STRUCTURE'],
  ])('refuses the coordinate %d and says whose it is', (value, code) => {
    const positionsAngstrom = water.positionsAngstrom.slice();
    positionsAngstrom[4] = value;
    expect(errorOf(changed(water, { positionsAngstrom }))).toMatchObject({
      code,
      message: expect.stringContaining('y of atom 2'),
      details: { atom: 2 },
    });
  });

  it('names the closest pair and its distance', () => {
    const close = structureFromSymbols(['Na', 'H', 'Na', 'H'], [0, 0, 0, 9, 0, 0.45, 0, 0, 5, 9, 0, 0.1]);
    expect(errorOf(close)).toMatchObject({
      code: 'ATOMS_TOO_CLOSE',
      message: expect.stringMatching(/atoms 2 \(H\) and 4 \(H\) are 0\.350 Å/),
      details: { atoms: [2, 4] },
    });
  });

  it('draws the line at 0.5 Å, in any direction', () => {
    for (const axis of [0, 1, 2]) {
      const at = (distance: number) => {
        const positions = [0, 0, 0, 0, 0, 0];
        positions[3 + axis] = distance;
        return structureFromSymbols(['H', 'H'], positions);
      };
      expect(errorOf(at(0.5))).toBeNull();
      expect(errorOf(at(0.4999))?.code).toBe('ATOMS_TOO_CLOSE');
    }
  });

  it('finds the one close pair of a large cluster wherever it is', () => {
    const cluster = sodium(2000);
    for (const atom of [0, 1000, 1998]) {
      const positionsAngstrom = cluster.positionsAngstrom.slice();
      positionsAngstrom.copyWithin(3 * (atom + 1), 3 * atom, 3 * atom + 3);
      expect(errorOf(changed(cluster, { positionsAngstrom }))?.details.atoms).toEqual([atom + 1, atom + 2]);
    }
  });
});

describe('structureHash', () => {
  it('is the sha256 of the documented bytes', () => {
    const bytes = Buffer.concat([
      Buffer.from('natrium-structure-1\0'),
      Buffer.from(Uint32Array.of(3).buffer),
      Buffer.from([8, 1, 1]),
      Buffer.from(water.positionsAngstrom.slice().buffer),
      Buffer.from(Int32Array.of(0, 1).buffer),
    ]);
    expect(structureHash(water)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('tells apart elements, positions, order, charge and multiplicity, but not -0 from 0', () => {
    const moved = water.positionsAngstrom.slice();
    moved[8] = 1e-300;
    const negativeZero = water.positionsAngstrom.slice();
    negativeZero[0] = -0;
    const variants = [
      water,
      changed(water, { atomicNumbers: [8, 1, 2] }),
      changed(water, { positionsAngstrom: moved }),
      structureFromSymbols(['H', 'O', 'H'], [0.96, 0, 0, 0, 0, 0, -0.24, 0.93, 0]),
      changed(water, { charge: 2 }),
      changed(water, { multiplicity: 3 }),
    ];
    expect(new Set(variants.map(structureHash)).size).toBe(variants.length);
    expect(structureHash(changed(water, { positionsAngstrom: negativeZero }))).toBe(structureHash(water));
  });
});

/** The structure rotated about two axes, mirrored, moved and with its atoms in reverse order. */
function inAnotherFrame({ atomicNumbers, positionsAngstrom: p, ...rest }: Structure): Structure {
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const positions = atomicNumbers.map((_, k) => {
    const [x, y, z] = p.subarray(3 * k, 3 * k + 3);
    const [u, v] = [c * x - s * y, s * x + c * y];
    return [-(c * u - s * z) + 1.5, v - 2.25, s * u + c * z + 7];
  });
  return {
    ...rest,
    atomicNumbers: [...atomicNumbers].reverse(),
    positionsAngstrom: Float64Array.from(positions.reverse().flat()),
  };
}

describe('structureFingerprint', () => {
  it.each([1, 2, 8, 40, 700])('does not see rotation, reflection, translation and order (Na%i)', (n) => {
    const cluster = sodium(n);
    expect(structureHash(inAnotherFrame(cluster))).not.toBe(structureHash(cluster));
    expect(structureFingerprint(inAnotherFrame(cluster))).toBe(structureFingerprint(cluster));
  });

  it.each([8, 700])('sees a moved atom, another element and another charge (Na%i)', (n) => {
    const cluster = sodium(n);
    const moved = cluster.positionsAngstrom.slice();
    moved[3] += 0.02;
    const others = [
      changed(cluster, { positionsAngstrom: moved }),
      changed(cluster, { atomicNumbers: cluster.atomicNumbers.map((z, k) => (k === 2 ? 19 : z)) }),
      changed(cluster, { charge: 2 }),
    ];
    expect(new Set([cluster, ...others].map(structureFingerprint)).size).toBe(4);
  });

  it('sees which of two elements stands where', () => {
    const positions = [0, 0, 0, 1, 0, 0, 0, 3, 0];
    expect(structureFingerprint(structureFromSymbols(['H', 'O', 'O'], positions, 1))).not.toBe(
      structureFingerprint(structureFromSymbols(['O', 'H', 'O'], positions, 1)),
    );
  });

  it('leaves the multiplicity out', () => {
    expect(structureFingerprint(changed(water, { multiplicity: 3 }))).toBe(structureFingerprint(water));
  });
});

describe('formulaOf', () => {
  it.each([
    [[11, 11, 11, 11, 11, 11, 11, 11], 'Na8'],
    [[1, 8, 1], 'H2O'],
    [[8, 6, 1, 1, 1, 1, 9, 6], 'C2H4FO'],
    [[17, 1], 'ClH'],
    [[17, 6, 17, 17, 17], 'CCl4'],
    [[], ''],
  ])('writes %j in Hill order as %s', (atomicNumbers, formula) => {
    expect(formulaOf(atomicNumbers)).toBe(formula);
  });
});

describe('shielding tensors', () => {
  const tensors = Float64Array.of(411.9893, -32, 56, -13, 478.338, -5, 1, 2, 656.6442, 1, 0, 0, 0, 2, 0, 0, 0, 4);

  it('gives a third of the trace', () => {
    const [first, second] = isotropicShieldingsPpm(tensors);
    expect(first).toBeCloseTo(515.6572, 4);
    expect(second).toBe(7 / 3);
  });

  it('finds the first isotropic value that does not belong to its tensor', () => {
    expect(firstIsotropicDisagreement(tensors, [515.6572, 2.3333])).toBe(-1);
    expect(firstIsotropicDisagreement(tensors, [515.6572, 2.35])).toBe(1);
    expect(firstIsotropicDisagreement(tensors, [515.6572, 2.35], 0.05)).toBe(-1);
    expect(firstIsotropicDisagreement(tensors, [Number.NaN, 2.35])).toBe(0);
  });
});
