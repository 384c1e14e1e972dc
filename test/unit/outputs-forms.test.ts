import { describe, expect, it } from 'vitest';
import { isKnownOutput } from '../../src/chemistry/outputs/output-file.ts';
import { errorOf, fixture, parseText } from '../support/outputs.ts';

const SODIUM = fixture('gaussian16-na2-nmr-pop-full.out');
const EVERY = [
  'gaussian16-na2-nmr-pop-full.out',
  'gaussian16-water-opt-link1-mp2-nmr.out',
  'orca5-h2-two-jobs-second-fails.out',
  'orca6-na2-nmr-efg.out',
  'nwchem7-na2-two-tasks.out',
];

/** The text with one line of it replaced; `line` is its number. */
function replaceLine(text: string, pattern: RegExp, by: (line: string) => string): { text: string; line: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => pattern.test(line));
  lines[index] = by(lines[index]);
  return { text: lines.join('\n'), line: index + 1 };
}

describe('isKnownOutput', () => {
  it.each([
    ['GAUSSIAN', SODIUM],
    ['ORCA', fixture('orca6-na2-nmr-efg.out')],
    ['NWCHEM', fixture('nwchem7-na2-two-tasks.out')],
    ['GAUSSIAN', `${'module load g16\n'.repeat(2000)}${SODIUM}`],
    [null, '2\n\nH 0 0 0\nH 0 0 0.74\n'],
    [null, ''],
  ])('%s', (program, text) => {
    expect(isKnownOutput(Buffer.from(text))).toBe(program);
  });
});

describe('however the bytes come', () => {
  it.each(EVERY)('%s: in pieces of any size, with CRLF, with a byte order mark', async (name) => {
    const text = fixture(name);
    const whole = await parseText(text);
    for (const size of [1, 7, 64, 4095]) expect(await parseText(text, size)).toEqual(whole);
    expect(await parseText(text.replaceAll('\n', '\r\n'))).toEqual(whole);
    expect(await parseText(`\uFEFF${text}`)).toEqual(whole);
  });

  it('reads titles in UTF-8 and in Windows-1252, which is no UTF-8', async () => {
    const title = SODIUM.replaceAll('na02-0001\n -', 'café–π\n -');
    expect((await parseText(title)).provenance.title).toBe('café–π');
    const windows = Buffer.from(SODIUM.replace(' na02-0001', ' caf\u00e9 \u0096 x'), 'latin1');
    expect((await parseText(windows)).provenance.title).toBe('café – x');
  });

  it('reads the same from a stream that uses its buffer again', async () => {
    const bytes = Buffer.from(SODIUM);
    async function* reused() {
      const buffer = Buffer.alloc(100);
      for (let at = 0; at < bytes.length; at += 100) {
        const length = bytes.copy(buffer, 0, at, at + 100);
        yield buffer.subarray(0, length);
      }
    }
    const { parseOutput } = await import('../../src/chemistry/outputs/output-file.ts');
    expect(await parseOutput(reused(), 'job.out')).toEqual(await parseText(SODIUM));
  });

  it('sees a normal termination on a last line without an end, but no number there', async () => {
    expect((await parseText(SODIUM.trimEnd())).provenance.termination).toBe('NORMAL');
    const cut = SODIUM.slice(0, SODIUM.indexOf('-324.586123456') + 9);
    expect(cut.endsWith('-324.5861')).toBe(true);
    expect(await parseText(cut)).toMatchObject({ energyHartree: null, provenance: { termination: 'UNFINISHED' } });
  });

  it('ignores lines far longer than any that the programs write', async () => {
    const long = SODIUM.replace(' SCF Done:', `${'9'.repeat(300_000)}\n SCF Done:`);
    expect(await parseText(long, 1000)).toMatchObject({ energyHartree: -324.586123456 });
  });
});

describe('numbers', () => {
  it("reads Fortran's exponents", async () => {
    const { text } = replaceLine(
      SODIUM,
      /SCF Done/,
      () => ' SCF Done:  E(UB3LYP) = -0.324586D+03     A.U. after   14 cycles',
    );
    expect((await parseText(text)).energyHartree).toBe(-324.586);
  });

  it.each([
    ['a coordinate', / 11 .* 1\.540000/, '1.540000', '********'],
    ['the energy', /SCF Done/, '-324.586123456', '**************'],
    ['a population', / {4}2PX /, '0.18078', '*******'],
    ['an isotropic shielding', /Isotropic/, '605.0353', '********'],
    ['a tensor', /XX=/, '571.2044', '********'],
    ['<S^2>', /S\*\*2 before/, '0.0132', 'NaN   '],
  ])('names the line where %s is lost', async (_, pattern, from, to) => {
    const { text, line } = replaceLine(SODIUM, pattern, (old) => old.replace(from, to));
    const error = await errorOf(text);
    expect(error.code).toMatch(/NON_FINITE_NUMBER|MISSING_SHIELDING/);
    expect(error.details).toMatchObject({ file: 'job.out', line });
    expect(error.message).toContain(`job.out, line ${line}:`);
  });

  it('finds a digit that went wrong in an isotropic value', async () => {
    const { text } = replaceLine(SODIUM, /Isotropic/, (old) => old.replace('605.0353', '606.0353'));
    expect((await errorOf(text)).message).toMatch(/a third of the trace/);
  });
});

describe('shieldings that break off', () => {
  const start = SODIUM.indexOf(' SCF GIAO');
  const secondAtom = SODIUM.indexOf('      2  Na  Isotropic');

  it('are no result: the error names the line where they begin', async () => {
    const error = await errorOf(SODIUM.slice(0, secondAtom + 200));
    expect(error.code).toBe('MISSING_SHIELDING');
    expect(error.message).toMatch(/break off after 1 of 2 atoms/);
    expect(error.details.line).toBe(SODIUM.slice(0, start).split('\n').length);
  });

  it('leave the complete ones of an earlier task to be the result', async () => {
    const record = await parseText(SODIUM + SODIUM.slice(0, secondAtom + 200));
    expect(record.shieldingsPpm![1]).toBe(605.0353);
    expect(record.provenance).toMatchObject({ task: 1, tasks: 2, termination: 'UNFINISHED' });
    expect(record.provenance.broken_shieldings).toMatch(/break off after 1 of 2/);
  });
});

describe('what may stand in a Gaussian geometry', () => {
  it('leaves a ghost out, and its shielding with it', async () => {
    const ghost = SODIUM.replaceAll('      2         11  ', '      2          0  ').replace(
      '      2  Na  Iso',
      '      2  Bq  Iso',
    );
    const odd = ghost.replaceAll('Charge =  0 Multiplicity = 1', 'Charge =  1 Multiplicity = 1');
    const record = await parseText(odd);
    expect(record.structure.atomicNumbers).toEqual([11]);
    expect(record.shieldingsPpm).toHaveLength(1);
    expect(record.provenance.ghost_centers).toBe(1);
  });

  it('refuses a translation vector: the structure is periodic', async () => {
    const error = await errorOf(SODIUM.replaceAll('      2         11  ', '      2         -2  '));
    expect(error.code).toBe('PERIODIC_STRUCTURE');
  });

  it('reads more than 99 atoms, and refuses more than the registry holds', async () => {
    const rows = (count: number) =>
      Array.from(
        { length: count },
        (_, k) =>
          `${String(k + 1).padStart(7)}         11           0     ${(4 * k).toFixed(6).padStart(12)}    0.000000    0.000000`,
      ).join('\n');
    const rule = ` ${'-'.repeat(69)}`;
    const file = (count: number) =>
      ` Entering Link 1 = l1.exe\n Charge =  0 Multiplicity = 1\n Standard orientation:\n${rule}\n Center\n Number\n${rule}\n` +
      `${rows(count)}\n${rule}\n`;
    expect((await parseText(file(120))).structure.atomicNumbers).toHaveLength(120);
    expect(await errorOf(file(10_001))).toMatchObject({ code: 'INVALID_STRUCTURE' });
  });
});
