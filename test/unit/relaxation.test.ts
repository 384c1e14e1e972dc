import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { guptaPotential } from '../../src/chemistry/relaxation/gupta.ts';
import { type RelaxationOptions, relaxCluster } from '../../src/chemistry/relaxation.ts';
import { checkStructure, type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { Random } from '../../src/random.ts';
import { atomAt, distance, generatedCluster, shaken, sodiumCluster } from '../support/sodium-clusters.ts';

/** Largest force on an atom (eV/Å), asked of the potential itself. */
function largestForce(structure: Structure): number {
  const gradient = new Float64Array(structure.positionsAngstrom.length);
  guptaPotential(structure, 'it')(structure.positionsAngstrom, gradient);
  return Math.max(...structure.atomicNumbers.map((_, atom) => Math.hypot(...atomAt(gradient, atom))));
}

function energy(structure: Structure): number {
  return guptaPotential(structure, 'it')(
    structure.positionsAngstrom,
    new Float64Array(structure.positionsAngstrom.length),
  );
}

/** Total displacement (Å, [3]) and total angular displacement about the old middle (Å², [3]). */
function netMotion(before: Float64Array, after: Float64Array): { shift: number[]; turn: number[] } {
  const count = before.length / 3;
  const sum = (term: (atom: number) => number) =>
    Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b);
  const middle = [0, 1, 2].map((axis) => sum((atom) => before[3 * atom + axis]) / count);
  const moved = (atom: number, axis: number) => after[3 * atom + axis] - before[3 * atom + axis];
  return {
    shift: [0, 1, 2].map((axis) => sum((atom) => moved(atom, axis))),
    turn: [0, 1, 2].map((axis) => {
      const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
      const arm = (atom: number, k: number) => before[3 * atom + k] - middle[k];
      return sum((atom) => arm(atom, a) * moved(atom, b) - arm(atom, b) * moved(atom, a));
    }),
  };
}

describe('relaxCluster', () => {
  it('ends with no force above 1e-6 eV/Å, lower than it began, on 50 random clusters', () => {
    const random = new Random(1);
    for (let i = 0; i < 50; i++) {
      const structure = generatedCluster(2 + ((i * 7) % 39), random);
      const original = Float64Array.from(structure.positionsAngstrom);
      const relaxation = relaxCluster(structure, `cluster ${i}`);
      const relaxed = relaxation.structure;
      expect(relaxation).toMatchObject({ outcome: 'converged', reason: null });
      expect(relaxation.largestForceEvPerAngstrom).toBeLessThanOrEqual(1e-6);
      expect(relaxation.largestForceEvPerAngstrom).toBeCloseTo(largestForce(relaxed), 15);
      expect(relaxation.energyBeforeEv).toBe(energy(structure));
      expect(relaxation.energyAfterEv).toBe(energy(relaxed));
      expect(relaxation.energyAfterEv).toBeLessThan(relaxation.energyBeforeEv);
      expect(structure.positionsAngstrom).toEqual(original);
      expect({ ...relaxed, positionsAngstrom: original }).toEqual(structure);
      expect(() => checkStructure(relaxed, 'the relaxed cluster')).not.toThrow();
    }
  });

  it('gives Na2 the bond length of the closed form, and leaves what is relaxed as it is', () => {
    const length = 3.6989 * (1 + Math.log((10.13 * 0.01595) / (1.3 * 0.29113)) / (10.13 - 1.3));
    for (const start of [0.6, 2, 3.3, 5, 20]) {
      const { structure } = relaxCluster(sodiumCluster([0, 0, 0, 0, start, 0]), 'Na2');
      expect(distance(atomAt(structure.positionsAngstrom, 0), atomAt(structure.positionsAngstrom, 1))).toBeCloseTo(
        length,
        5,
      );
      const again = relaxCluster(structure, 'Na2');
      expect(again).toMatchObject({ outcome: 'converged', steps: 0, structure });
    }
  });

  it('neither shifts nor turns the cluster', () => {
    const random = new Random(2);
    for (const size of [2, 5, 20, 33]) {
      const relaxed = relaxCluster(generatedCluster(size, random), 'it').structure;
      const before = shaken(relaxed, 0.02, random).positionsAngstrom;
      const after = relaxCluster(sodiumCluster(before), 'it').structure.positionsAngstrom;
      const { shift, turn } = netMotion(before, after);
      for (const part of shift) expect(Math.abs(part)).toBeLessThan(1e-11);
      // what is left is of second order in the displacements
      for (const part of turn) expect(Math.abs(part)).toBeLessThan(0.02 * 0.02 * size);
    }
  });

  it('finds its minimum again from 0.01 Å away', () => {
    const random = new Random(3);
    for (const size of [4, 13, 20]) {
      const first = relaxCluster(generatedCluster(size, random), 'it');
      const second = relaxCluster(shaken(first.structure, 0.01, random), 'it');
      expect(second.energyAfterEv).toBeCloseTo(first.energyAfterEv, 9);
    }
  });

  it('gives the same bytes everywhere', () => {
    const random = new Random(4);
    const hash = createHash('sha256');
    for (const size of [3, 13, 20, 30]) {
      const { structure } = relaxCluster(generatedCluster(size, random), 'it');
      hash.update(new Uint8Array(structure.positionsAngstrom.buffer));
    }
    expect(hash.digest('hex')).toBe('e564aa80328ab8f5f4cac1e607cd6df52d70bf49a855ebbab6409e658d798a04');
  });

  it('leaves an atom alone where it is', () => {
    const structure = sodiumCluster([1, -2, 3]);
    expect(relaxCluster(structure, 'Na1')).toEqual({
      structure,
      outcome: 'converged',
      reason: null,
      energyBeforeEv: 0,
      energyAfterEv: 0,
      largestForceEvPerAngstrom: 0,
      steps: 0,
    });
  });

  it('says when it needs more steps, and how far it came', () => {
    const structure = generatedCluster(20, new Random(5));
    const energies = [1, 2, 5, 10].map((mostSteps) => {
      const relaxation = relaxCluster(structure, 'cluster 5', { mostSteps });
      expect(relaxation).toMatchObject({ outcome: 'tooManySteps', steps: mostSteps });
      expect(relaxation.reason).toMatch(/^cluster 5 still has a force of \d\.\de-\d eV\/Å after \d+ steps; allow more/);
      expect(relaxation.largestForceEvPerAngstrom).toBeCloseTo(largestForce(relaxation.structure), 12);
      return relaxation.energyAfterEv;
    });
    expect(energies).toEqual(energies.toSorted((a, b) => b - a));
  });

  it('reaches the least tolerance that may be asked for', () => {
    for (const size of [2, 20, 60]) {
      const structure = generatedCluster(size, new Random(6));
      const relaxation = relaxCluster(structure, 'it', { forceToleranceEvPerAngstrom: 1e-10 });
      expect(relaxation).toMatchObject({ outcome: 'converged', reason: null });
      expect(relaxation.largestForceEvPerAngstrom).toBeLessThanOrEqual(1e-10);
    }
  });

  it('says when the cluster is in parts', () => {
    const triangle = [0, 0, 0, 3.5, 0, 0, 1.7, 3, 0];
    const far = triangle.map((x, i) => (i % 3 === 2 ? x + 60 : x));
    const twoParts = relaxCluster(sodiumCluster([...triangle, ...far]), 'cluster 9');
    expect(twoParts.outcome).toBe('fellApart');
    expect(twoParts.reason).toBe('cluster 9 is in 2 parts more than 6 Å from each other.');
    expect(twoParts.largestForceEvPerAngstrom).toBeLessThanOrEqual(1e-6);
    const withAtom = [...triangle, ...far, 0, 60, 0];
    expect(relaxCluster(sodiumCluster(withAtom), 'it').reason).toContain('in 3 parts');
    const chain = Float64Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? (i / 3) * 5.9 : 0));
    expect(relaxCluster(sodiumCluster(chain), 'it').outcome).toBe('converged');
  });

  it.each<[string, Structure, RelaxationOptions, string, string]>([
    [
      'another element',
      structureFromSymbols(['Na', 'K'], [0, 0, 0, 4, 0, 0]),
      {},
      'BAD_USER_INPUT',
      'cluster 3: atom 2 is K',
    ],
    [
      'atoms on top of each other',
      sodiumCluster([0, 0, 0, 0, 0.4, 0]),
      {},
      'ATOMS_TOO_CLOSE',
      'cluster 3: atoms 1 (Na) and 2 (Na) are 0.400 Å apart',
    ],
    ['no steps', sodiumCluster([0, 0, 0]), { mostSteps: 0 }, 'BAD_USER_INPUT', 'at most 0 steps'],
    ['half a step', sodiumCluster([0, 0, 0]), { mostSteps: 1.5 }, 'BAD_USER_INPUT', 'at most 1.5 steps'],
    ['steps without end', sodiumCluster([0, 0, 0]), { mostSteps: 1e9 }, 'BAD_USER_INPUT', 'integer from 1 to 100000'],
    [
      'a tolerance of 0',
      sodiumCluster([0, 0, 0]),
      { forceToleranceEvPerAngstrom: 0 },
      'BAD_USER_INPUT',
      'tolerance is 0 eV/Å',
    ],
    [
      'a tolerance that is no number',
      sodiumCluster([0, 0, 0]),
      { forceToleranceEvPerAngstrom: Number.NaN },
      'BAD_USER_INPUT',
      'tolerance is NaN eV/Å',
    ],
  ])('refuses %s', (_, structure, options, code, message) => {
    expect(() => relaxCluster(structure, 'cluster 3', options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
