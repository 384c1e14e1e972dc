import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFile } from '../../src/commands/parse.ts';
import type { NatriumError } from '../../src/errors.ts';
import { fixture } from '../support/outputs.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/outputs/', import.meta.url));
const FRAME = '1\nProperties=species:S:1:pos:R:3:sigma_iso:R:1 id=a program=ORCA\nNa 0 0 0 500.5\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'natrium-parse-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** The lines printed and, if it failed, the error. */
async function run(...paths: string[]): Promise<{ printed: string[]; error: NatriumError | null }> {
  const printed: string[] = [];
  try {
    await parseFile(paths, (line) => printed.push(line));
    return { printed, error: null };
  } catch (error) {
    return { printed, error: error as NatriumError };
  }
}

describe('natrium parse', () => {
  it('prints one JSON object on one line', async () => {
    const { printed, error } = await run(join(FIXTURES, 'gaussian16-na2-nmr-pop-full.out'));
    expect(error).toBeNull();
    expect(printed).toHaveLength(1);
    expect(printed[0]).not.toContain('\n');
    const { atoms, ...rest } = JSON.parse(printed[0]);
    expect(rest).toMatchObject({
      program: 'Gaussian',
      version: '16 Revision C.01',
      method: 'UB3LYP',
      basis: '6-31G(d)',
      charge: 0,
      multiplicity: 1,
      energyHartree: -324.586123456,
      spinSquared: 0.0132,
      tensorIndexOrder: 'FIELD_MOMENT',
    });
    expect(atoms[1]).toMatchObject({
      element: 'Na',
      positionAngstrom: [0, 0, -1.54],
      shielding: { isotropic: 605.0353, tensor: [[571.2044, -12.5501, 3.2526], expect.anything(), expect.anything()] },
      grossOrbitalPopulations: { '1S': 1.99987, '5DYZ': 0.01893 },
    });
  });

  it('prints what a file without shieldings holds', async () => {
    const text = fixture('gaussian16-water-opt-link1-mp2-nmr.out');
    const { printed } = await run(write('opt.log', text.slice(0, text.indexOf(' Initial command:', 2000))));
    expect(JSON.parse(printed[0])).toMatchObject({
      method: 'RHF',
      energyHartree: -76.02,
      spinSquared: null,
      atoms: [{ element: 'O', shielding: null, electricFieldGradient: null }, {}, {}],
    });
  });

  it('knows an output by what it holds, not by its name', async () => {
    const { printed } = await run(write('misnamed.xyz', fixture('orca6-na2-nmr-efg.out')));
    expect(JSON.parse(printed[0]).program).toBe('ORCA');
  });

  it('prints an object a line for the frames of an XYZ file, also before it fails on one of them', async () => {
    const { printed, error } = await run(write('two.extxyz', `${FRAME}1\nbroken\nQq 0 0 0\n${FRAME}`));
    expect(printed.map((line) => JSON.parse(line))).toMatchObject([
      { label: 'a', program: 'ORCA', method: null, atoms: [{ shielding: { isotropic: 500.5, tensor: null } }] },
      { label: 'a' },
    ]);
    expect(error).toMatchObject({ code: 'UNKNOWN_ELEMENT', details: { file: 'two.extxyz' } });
    expect(error!.message).toMatch(/two\.extxyz, line 6/);
  });

  it.each([
    ['text', 'hello\n', /note\.txt, line 1: no output of Gaussian, ORCA or NWChem/],
    ['nothing', '', /note\.txt, line 1: the file is empty/],
  ])('refuses a file of %s in one line', async (_, text, message) => {
    const { printed, error } = await run(write('note.txt', text));
    expect(printed).toEqual([]);
    expect(error!.message).toMatch(message);
    expect(error!.message).not.toContain('\n');
  });

  it('says which file cannot be read, and wants one', async () => {
    const missing = join(folder, 'missing.log');
    expect((await run(missing)).error!.message).toContain(`cannot read ${missing}: ENOENT`);
    expect((await run()).error).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect((await run('a', 'b')).error).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
