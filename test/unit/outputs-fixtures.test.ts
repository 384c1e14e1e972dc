import { describe, expect, it } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { symbolOf } from '../../src/chemistry/elements.ts';
import { parsedCalculation } from '../../src/commands/parse.ts';
import { errorOf, fixture, parseText } from '../support/outputs.ts';

const PAPER_LABELS = '1S 2S 2PX 2PY 2PZ 3S 3PX 3PY 3PZ 4S 4PX 4PY 4PZ 5DXX 5DYY 5DZZ 5DXY 5DXZ 5DYZ'.split(' ');

function tensor(record: CalculationRecord, atom: number): number[] {
  return [...record.shieldingTensorsPpm!.subarray(9 * atom, 9 * atom + 9)];
}

describe('Gaussian 16, UB3LYP/6-31G(d) NMR pop=full prop=efg of a sodium cluster', () => {
  const text = fixture('gaussian16-na2-nmr-pop-full.out');

  it('reads level, charge, spin, energy and <S^2> before annihilation', async () => {
    const record = await parseText(text);
    expect(record.levelOfTheory).toEqual({
      program: 'Gaussian',
      version: '16 Revision C.01',
      method: 'UB3LYP',
      basis: '6-31G(d)',
    });
    expect(record.structure).toMatchObject({ atomicNumbers: [11, 11], charge: 0, multiplicity: 1 });
    // not the one after annihilation, and not the energy that the archive entry pretends to hold
    expect(record.spinSquared).toBe(0.0132);
    expect(record.energyHartree).toBe(-324.586123456);
    expect(record.provenance).toMatchObject({ title: 'na02-0001', tasks: 1, termination: 'NORMAL' });
  });

  it('gives positions in the frame of the tensors, the standard orientation', async () => {
    const record = await parseText(text);
    expect([...record.structure.positionsAngstrom]).toEqual([0, 0, 1.54, 0, 0, -1.54]);
    expect(record.provenance.frame).toBe('standard orientation');
  });

  it('keeps the rows of the tensors as printed: XX YX ZX first', async () => {
    const record = await parseText(text);
    expect(tensor(record, 0)).toEqual([571.2044, 12.5501, -3.2526, 10.0402, 588.7713, 0, -2.8283, 0, 655.1301]);
    expect([...record.shieldingsPpm!]).toEqual([605.0353, 605.0353]);
    expect(record).toMatchObject({ shieldingGauge: 'GIAO', tensorIndexOrder: 'FIELD_MOMENT' });
  });

  it("reads the Total column of the gross orbital populations under the paper's labels, not the MBS table", async () => {
    const record = await parseText(text);
    expect(record.populationLabels).toEqual(PAPER_LABELS);
    expect(record.grossOrbitalPopulations).toHaveLength(38);
    expect([...record.grossOrbitalPopulations!.subarray(0, 3)]).toEqual([1.99987, 1.99987, 0.18078]);
    expect(record.grossOrbitalPopulations![19 + 2]).toBe(0.56758);
  });

  it('reads the traceless electric field gradients', async () => {
    const record = await parseText(text);
    expect([...record.electricFieldGradientsAu!.subarray(0, 9)]).toEqual(
      [0.070778, 0.001, 0.002, 0.001, 0.070779, -0.003, 0.002, -0.003, -0.141557], // not 0.312345, which has a trace
    );
  });

  it('uses the input orientation where NoSymm leaves no other', async () => {
    const start = text.indexOf('                         Standard orientation:');
    const nosymm = text.slice(0, start) + text.slice(text.indexOf(' Standard basis:'));
    const record = await parseText(nosymm);
    expect([...record.structure.positionsAngstrom]).toEqual([0.3, 0, 0.2, 0.3, 0, 3.28]);
    expect(record.provenance.frame).toBe('input orientation');
  });
});

describe('several tasks in one file', () => {
  it('Gaussian: takes the MP2 block of the second --Link1-- task, with the MP2 energy and the basis of the checkpoint', async () => {
    const record = await parseText(fixture('gaussian16-water-opt-link1-mp2-nmr.out'));
    expect(record.levelOfTheory).toMatchObject({ method: 'MP2', basis: '6-31G(d)' });
    expect(record.energyHartree).toBe(-76.21);
    expect(record.shieldingsPpm![0]).toBe(328.3173);
    expect(record.populationLabels).toBeNull();
    expect(record.provenance).toMatchObject({ tasks: 2, task: 2, shielding_blocks: 2 });
    expect(record.provenance.result_note).toMatch(/task 2 of 2: the last complete block of 2/);
  });

  it('Gaussian: an optimisation alone gives its last geometry and populations, NaN for orbitals that an element lacks', async () => {
    const text = fixture('gaussian16-water-opt-link1-mp2-nmr.out');
    const record = await parseText(text.slice(0, text.indexOf(' Initial command:', 2000)));
    expect(record).toMatchObject({ shieldingsPpm: null, energyHartree: -76.02, levelOfTheory: { method: 'RHF' } });
    expect([...record.structure.positionsAngstrom.subarray(0, 3)]).toEqual([0, 0, 0.117]);
    expect(record.populationLabels).toHaveLength(12);
    expect(record.grossOrbitalPopulations![12 + 2]).toBeNaN();
    expect(parsedCalculation(record).atoms.map((atom) => Object.keys(atom.grossOrbitalPopulations!).length)).toEqual([
      12, 2, 2,
    ]);
  });

  it('ORCA: keeps the shieldings of the first job when the second fails, and says so', async () => {
    const record = await parseText(fixture('orca5-h2-two-jobs-second-fails.out'));
    expect(record.levelOfTheory).toEqual({ program: 'ORCA', version: '5.0.4', method: 'RHF', basis: 'def2-SVP' });
    expect([...record.shieldingsPpm!]).toEqual([26.7, 26.7]);
    expect(record.provenance).toMatchObject({ task: 1, tasks: 2, termination: 'ERROR' });
    expect(record.provenance.termination_note).toMatch(/SCF NOT CONVERGED AFTER 125 CYCLES/);
  });

  it('NWChem: takes charge, spin and method of the task that gave the last shieldings; ghosts are no atoms', async () => {
    const record = await parseText(fixture('nwchem7-na2-two-tasks.out'));
    expect(record.levelOfTheory).toEqual({ program: 'NWChem', version: '7.2.0', method: 'B3LYP', basis: '6-31G*' });
    expect(record.structure).toMatchObject({ atomicNumbers: [11, 11], charge: 1, multiplicity: 2 });
    expect(record).toMatchObject({
      energyHartree: -324.400000000002,
      spinSquared: 0.7502,
      tensorIndexOrder: 'UNKNOWN',
    });
    expect([...record.shieldingsPpm!]).toEqual([605.0353, 606.0353]);
    expect(record.provenance).toMatchObject({ task: 2, tasks: 2, ghost_centers: 1 });
  });
});

describe('NWChem', () => {
  it('converts a geometry in atomic units, reads EFG and populations of basis functions', async () => {
    const record = await parseText(fixture('nwchem7-na2-two-tasks.out'));
    expect(record.structure.positionsAngstrom[2]).toBeCloseTo(1.54, 7);
    expect([...record.electricFieldGradientsAu!.subarray(9, 18)]).toEqual([
      -0.070001, 0.002, 0, 0.002, -0.070002, 0, 0, 0, 0.140003,
    ]);
    expect(record.populationLabels).toEqual(['1s', '2s', '1px']);
    expect(record.grossOrbitalPopulations![5]).toBe(0.26);
  });

  it('reads a block of some atoms by the list in the input, and refuses one without the list', async () => {
    const text = fixture('nwchem7-na2-two-tasks.out');
    // one block of one atom, the first by its place
    const one = text
      .slice(0, text.indexOf('\n Task  times'))
      .replace(/ {6}Atom: {4}1 {2}Na[\s\S]*?isotropic =.*\n/, '')
      .replace(/ {6}Atom: {4}2 {2}Na/, '      Atom:    1  Na')
      .replace(/ {6}Atom: {4}3[\s\S]*?isotropic =.*\n/, '');
    const deck = (first: string, second: string): string =>
      `============================== echo of input deck ==============================
start na2
property
  ${first}
end
task scf property
property; ${second}; end
task scf property
${'='.repeat(80)}
${one}
`;
    expect([...(await parseText(deck('SHIELDING 1 2', 'shielding 1 1'))).shieldingsPpm!]).toEqual([
      Number.NaN,
      605.0353,
    ]);
    expect([...(await parseText(deck('shielding 1 1', 'shielding 1 2'))).shieldingsPpm!]).toEqual([
      605.0353,
      Number.NaN,
    ]);
    expect(await errorOf(deck('shielding', 'shielding 1 2'))).toMatchObject({ code: 'MISSING_SHIELDING' });
    expect(await errorOf(`${one}\n`)).toMatchObject({ code: 'MISSING_SHIELDING' });
  });
});

describe('ORCA 6 NMR of some nuclei, with electric field gradients', () => {
  it('leaves shielding and gradient of the other nucleus open', async () => {
    const record = await parseText(fixture('orca6-na2-nmr-efg.out'));
    expect(record.levelOfTheory).toEqual({ program: 'ORCA', version: '6.0.1', method: 'B3LYP', basis: '6-31G(d)' });
    expect(record.spinSquared).toBe(0.0132);
    expect(tensor(record, 1)).toEqual([571.204, -12.55, 3.253, -10.04, 588.771, 0, 2.828, 0, 655.13]);
    const { atoms } = parsedCalculation(record);
    expect(atoms.map(({ element }) => element)).toEqual(record.structure.atomicNumbers.map(symbolOf));
    expect(atoms[0].electricFieldGradient).toEqual([
      [-0.0707, 0.001, 0],
      [0.001, -0.0707, 0],
      [0, 0, 0.1414],
    ]);
    expect(atoms[2]).toMatchObject({ element: 'He', shielding: null, electricFieldGradient: null });
    // orbital charges are populations; the reduced ones that follow are not
    expect(atoms[0].grossOrbitalPopulations).toEqual({ '1s': 1.999901, '2s': 1.998802, '1pz': 0.5 });
  });
});

describe('a job that failed', () => {
  it('is an error that repeats what the program said, with file and line', async () => {
    const error = await errorOf(fixture('gaussian16-na2-scf-failure.out'));
    expect(error).toMatchObject({ code: 'MISSING_SHIELDING', details: { file: 'job.out' } });
    expect(error.message).toMatch(/Convergence failure -- run terminated/);
    const line = fixture('gaussian16-na2-scf-failure.out').split('\n')[(error.details.line as number) - 1];
    expect(line).toMatch(/Convergence failure/);
  });
});
