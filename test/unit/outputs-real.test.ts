import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { symbolOf } from '../../src/chemistry/elements.ts';
import { type ParsedCalculation, parsedCalculation } from '../../src/commands/parse.ts';
import { parseText } from '../support/outputs.ts';
import { skipUnless } from '../support/skips.ts';

const FOLDER = new URL('../../../shared/data/logs/', import.meta.url);
const available = existsSync(new URL('expected.json', FOLDER));

interface Expected {
  readonly atomicNumbers: readonly number[];
  readonly isotropic: readonly number[];
  readonly total: readonly (readonly (readonly number[])[])[];
  readonly positionsAngstrom: readonly (readonly number[])[];
  readonly charge: number;
  readonly multiplicity: number;
}

/** Expected values by file, and what is expected of the files that have no shieldings or only lines of them. */
function expected(): Record<string, Expected> & Record<string, Record<string, unknown>> {
  return JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8'));
}

function bytes(file: string): Buffer {
  return readFileSync(new URL(file, FOLDER));
}

async function parsed(file: string): Promise<ParsedCalculation> {
  return parsedCalculation(await parseText(bytes(file)));
}

skipUnless(available, 'shared')('real outputs of Gaussian 09, ORCA 5 and NWChem', () => {
  it.each(['gaussian09-dvb_nmr.log', 'orca5-dvb_nmr.out'])('%s: every digit as expected', async (file) => {
    const want = expected()[file];
    const { atoms, charge, multiplicity } = await parsed(file);
    expect(atoms.map(({ element }) => element)).toEqual(want.atomicNumbers.map(symbolOf));
    expect(atoms.map(({ positionAngstrom }) => positionAngstrom)).toEqual(want.positionsAngstrom);
    expect(atoms.map(({ shielding }) => shielding?.isotropic)).toEqual(want.isotropic);
    expect(atoms.map(({ shielding }) => shielding?.tensor)).toEqual(want.total);
    expect({ charge, multiplicity }).toEqual({ charge: want.charge, multiplicity: want.multiplicity });
  });

  it.each([
    ['nwchem-prop_h2o.out', 0, 1],
    ['nwchem-ch4.out', 0, 1],
    ['nwchem-na6.out', 0, 1],
  ])('%s: the isotropic values of the lines that are named', async (file, charge, multiplicity) => {
    const lines = expected()[file].isotropicLines as [number, number][];
    const calculation = await parsed(file);
    expect(calculation.atoms.map(({ shielding }) => shielding?.isotropic)).toEqual(lines.map(([, value]) => value));
    expect(calculation).toMatchObject({ charge, multiplicity });
    const text = bytes(file).toString('utf8').split('\n');
    for (const [line, value] of lines) expect(text[line - 1]).toContain(String(value));
  });

  it('gaussian09-dvb_un_sp.log: <S^2> before annihilation and the Total column of an open shell', async () => {
    const want = expected()['gaussian09-dvb_un_sp.log'];
    const { spinSquared, atoms, method } = await parsed('gaussian09-dvb_un_sp.log');
    expect(spinSquared).toBe(Number(want.spinSquaredBeforeAnnihilation));
    expect(method).toBe('UB3LYP');
    const totals = Object.values(atoms[0].grossOrbitalPopulations!).slice(0, 5);
    expect(totals).toEqual((want.grossOrbitalPopulationFirst5Total as string[]).map(Number));
    expect(atoms.every(({ shielding }) => shielding === null)).toBe(true);
  });

  it('gaussian09-dvb_sp.out: populations of a closed shell add up to the electrons', async () => {
    const { atoms } = await parsed('gaussian09-dvb_sp.out');
    const electrons = atoms.flatMap((atom) => Object.values(atom.grossOrbitalPopulations!));
    expect(electrons).toHaveLength(60);
    expect(electrons.reduce((sum, value) => sum + value, 0)).toBeCloseTo(70, 3);
  });
});
