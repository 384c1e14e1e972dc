import { describe, expect, it } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import {
  type AtomCsvColumns,
  type AtomCsvEntry,
  type AtomCsvItem,
  atomCsvColumns,
  parseAtomCsv,
  writeAtomCsv,
} from '../../src/chemistry/csv.ts';
import type { ParsedItem } from '../../src/chemistry/extxyz.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import type { NatriumError } from '../../src/errors.ts';

const FULL: CalculationRecord = {
  label: '=cmd|"calc"!A1, \r\n\'é 𝔸',
  line: 2,
  structure: structureFromSymbols(['Na', 'Cl'], [0.1, -0.2, 1 / 3, 3.0000000000000004, -0, 1e-7], -1, 2),
  levelOfTheory: { program: 'ORCA', version: '-5.0.3', method: "'+x", basis: "''@6-31G(d)" },
  energyHartree: -324.1686977751947,
  spinSquared: 0.7500218616409828,
  shieldingGauge: '＝GIAO',
  shieldingsPpm: Float64Array.of(600.3902047316789, Number.NaN),
  shieldingTensorsPpm: Float64Array.from([
    ...[587.1733094490978, 4.08e-8, -1.28, 0, 587.1319398108366, 1e-300, -0, 1 / 3, 626.8653649351021],
    ...Array.from({ length: 9 }, () => Number.NaN),
  ]),
  tensorIndexOrder: 'MOMENT_FIELD',
  populationLabels: ['3S', '5D 0', 'a,"b"'],
  grossOrbitalPopulations: Float64Array.of(0.1, 0.2, Number.NaN, 0.30000000000000004, Number.NaN, 5e-324),
  electricFieldGradientsAu: Float64Array.from({ length: 18 }, (_, k) => Math.sin(k) * 1e22),
  split: 'test',
  provenance: { title: '=1+1, "q"', steps: 3, minus: -0, done: true, precise: 0.1 + 0.2 },
};

const PLAIN: CalculationRecord = {
  ...FULL,
  label: null,
  structure: structureFromSymbols(['H', 'H', 'He'], [0, 0, 0, 0, 0, 0.74, 5, 5, 5], 0, 1),
  levelOfTheory: null,
  energyHartree: null,
  spinSquared: null,
  shieldingGauge: null,
  shieldingsPpm: Float64Array.of(26.5, 26.5, 59.9),
  shieldingTensorsPpm: null,
  tensorIndexOrder: 'UNKNOWN',
  populationLabels: ['3S', '4S'],
  grossOrbitalPopulations: Float64Array.of(1, 2, 3, 4, 5, 6),
  electricFieldGradientsAu: null,
  split: null,
  provenance: {},
};

const FEATURES = ['CN 3.1', '=GOP,1'];
const ENTRIES: AtomCsvEntry[] = [
  { record: FULL, calculation: 'sha256:12', features: Float64Array.of(1.5, Number.NaN, -0, 1e21) },
  { record: PLAIN, calculation: null, features: null },
];

const MINIMAL = 'atom,atoms,element,x_angstrom,y_angstrom,z_angstrom';
const WATER = [MINIMAL, '1,3,O,0,0,0', '2,3,H,0.96,0,0', '3,3,1,-0.24,0.93,0'];

function write(entries: AtomCsvEntry[], columns?: AtomCsvColumns): string {
  const all =
    columns ??
    atomCsvColumns(
      entries.map(({ record }) => record),
      FEATURES,
    );
  return [...writeAtomCsv(entries, all)].join('');
}

function parse(text: string): AtomCsvItem[] {
  return [...parseAtomCsv(text, 'x.csv')];
}

function parsedOf(text: string) {
  return parse(text).map((item) => {
    if ('error' in item) throw item.error;
    return item;
  });
}

function errors(text: string): NatriumError[] {
  return parse(text).flatMap((item) => ('error' in item ? [item.error] : []));
}

describe('writeAtomCsv', () => {
  it('writes a header with units and one row an atom', () => {
    const text = write([{ ...ENTRIES[1], calculation: 'c1', features: Float64Array.of(1, 2, 3) }], {
      shieldingTensors: false,
      fieldGradients: false,
      populationLabels: ['4S', '5S'],
      featureNames: ['CN'],
      provenance: false,
    });
    expect(text.split('\r\n').slice(0, 3)).toEqual([
      'label,calculation,split,atom,atoms,element,x_angstrom,y_angstrom,z_angstrom,sigma_iso_ppm,gop_electrons:4S,' +
        'gop_electrons:5S,feature:CN,charge,multiplicity,energy_hartree,spin_squared,program,program_version,method,' +
        'basis,shielding_gauge,tensor_index_order',
      ',c1,,1,3,H,0,0,0,26.5,2,,1,0,1,,,,,,,,',
      ',c1,,2,3,H,0,0,0.74,26.5,4,,2,0,1,,,,,,,,',
    ]);
  });

  it('gives a chunk for the header and one for each calculation', () => {
    expect([...writeAtomCsv(ENTRIES, atomCsvColumns([FULL, PLAIN], FEATURES))]).toHaveLength(3);
  });

  it('writes no text that a spreadsheet would take for a formula', () => {
    const cells = write(ENTRIES).match(/(?<=^|,)("(?:[^"]|"")*"|[^,"\r\n]*)/gm) ?? [];
    const texts = cells.map((cell) => cell.replace(/^"/, '')).filter((cell) => !/^-?[\d.]+(e[+-]?\d+)?$/.test(cell));
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => /^[=+\-@\t\r＝＋－＠]/.test(text))).toEqual([]);
  });

  it('refuses features that are not one for each atom and name', () => {
    expect(() => write([{ ...ENTRIES[0], features: Float64Array.of(1) }])).toThrow(
      /1 feature values for 2 atoms and 2/,
    );
  });

  it('refuses a column that is named twice', () => {
    expect(() => write(ENTRIES, { ...atomCsvColumns([FULL]), featureNames: ['a', 'a'] })).toThrow(/feature:a twice/);
  });
});

describe('parseAtomCsv', () => {
  it('gives every double and text of records and features back', () => {
    const text = write(ENTRIES);
    const items = parsedOf(text);
    // the label holds a line end
    expect(items.map(({ line }) => line)).toEqual([2, 6]);
    expect(items[0].record).toEqual(FULL);
    expect(items[1].record).toEqual({ ...PLAIN, line: 6 });
    expect(items.map(({ calculation }) => calculation)).toEqual(['sha256:12', null]);
    expect(items[0].features).toEqual({ names: FEATURES, values: ENTRIES[0].features });
    expect(items[1].features).toBeNull();
    expect(write(items.map((item) => ({ ...item, features: item.features?.values ?? null })))).toBe(text);
  });

  it('yields what the other readers yield', () => {
    const items: ParsedItem[] = parse(write(ENTRIES));
    expect(items).toHaveLength(2);
  });

  it('reads the least a file must have, in any order, with LF, CRLF or a byte order mark', () => {
    const [item] = parsedOf(WATER.join('\n'));
    expect(item.record).toMatchObject({
      label: null,
      structure: structureFromSymbols(['O', 'H', 'H'], [0, 0, 0, 0.96, 0, 0, -0.24, 0.93, 0]),
      levelOfTheory: null,
      shieldingsPpm: null,
      provenance: {},
    });
    expect(parse(`\uFEFF${WATER.join('\r\n')}\r\n\r\n`)).toEqual(parse(WATER.join('\n')));
    const turned = WATER.map((line) => line.split(',').reverse().join(','));
    expect(parsedOf(turned.join('\n'))[0].record.structure).toEqual(item.record.structure);
    expect(parse('')).toEqual([]);
    expect(parse(MINIMAL)).toEqual([]);
  });

  it('names columns that it does not read, and keeps the parts of an incomplete level of theory', () => {
    const text = WATER.map((line, k) => `${line},${k === 0 ? 'mass,program' : '1,ORCA'}`).join('\n');
    expect(parsedOf(text)[0].record).toMatchObject({
      levelOfTheory: null,
      provenance: { program: 'ORCA', ignored_columns: 'mass' },
    });
  });

  it('takes a third of the trace where only tensors are given', () => {
    const axes = ['xx', 'xy', 'xz', 'yx', 'yy', 'yz', 'zx', 'zy', 'zz'].map((axis) => `sigma_${axis}_ppm`);
    const text = `${MINIMAL},${axes.join(',')}\n1,1,He,0,0,0,50,1,2,3,60,5,6,7,73`;
    expect(parsedOf(text)[0].record.shieldingsPpm).toEqual(Float64Array.of(61));
    expect(errors(text.replace(',73', ','))[0].message).toMatch(/sigma_zz_ppm: is empty, but others/);
  });

  const HEADERS: [string, string, RegExp][] = [
    ['no atoms', 'atom,element,x_angstrom,y_angstrom,z_angstrom', /no column atoms/],
    ['a column twice', `${MINIMAL},atom`, /"atom" is there twice/],
    ['binary', '\u0000\u0001\u0002', /no column atom/],
    ['too many columns', `${MINIMAL}${',a'.repeat(10_001)}`, /the most is 10000/],
  ];
  it.each(HEADERS)('refuses a header with %s', (_, header, message) => {
    const [error, ...more] = errors(`\n${header}\n1,1,He,0,0,0`);
    expect(more).toEqual([]);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ details: { file: 'x.csv', line: 2 } });
  });

  const ROWS: [string, string, string, string | undefined, RegExp][] = [
    ['too few cells', '2,3,H,0.96,0', 'MALFORMED_FILE', 'z_angstrom', /ends with 5 cells; the header has 6/],
    ['too many cells', '2,3,H,0.96,0,0,0', 'MALFORMED_FILE', 'z_angstrom', /ends with 7 cells/],
    ['another atom', '3,3,H,0.96,0,0', 'MALFORMED_FILE', 'atom', /expected atom 2, found "3"/],
    ['another count', '2,4,H,0.96,0,0', 'MALFORMED_FILE', 'atoms', /"4", but "3" in the first row/],
    ['an unknown element', '2,3,Xx,0.96,0,0', 'UNKNOWN_ELEMENT', 'element', /Xx/],
    ['no element', '2,3,,0.96,0,0', 'UNKNOWN_ELEMENT', 'element', /no element/],
    ['words for a number', '2,3,H,0.96,zero,0', 'MALFORMED_FILE', 'y_angstrom', /"zero" is no number/],
    ['stars', '2,3,H,********,0,0', 'MALFORMED_FILE', 'x_angstrom', /no number/],
    ['an empty position', '2,3,H,0.96,0,', 'MALFORMED_FILE', 'z_angstrom', /is empty/],
    ['nan', '2,3,H,nan,0,0', 'NON_FINITE_NUMBER', 'x_angstrom', /not finite/],
    ['a huge number', '2,3,H,1e999,0,0', 'NON_FINITE_NUMBER', 'x_angstrom', /not finite/],
    ['a quote inside', '2,3,H,0.9"6,0,0', 'MALFORMED_FILE', undefined, /cell 4: a quote/],
    ['an open quote', '2,3,H,"0.96,0,0', 'MALFORMED_FILE', undefined, /never closed/],
    ['control characters', '2,3,\u0007,0.96,0,0', 'UNKNOWN_ELEMENT', 'element', /\uFFFD/],
  ];
  it.each(ROWS)('refuses a row with %s, and only its calculation', (_, row, code, column, message) => {
    const [header, ...rows] = WATER;
    const text = [header, ...rows, rows[0], row, rows[2], ...rows].join('\n');
    const items = parse(text);
    expect(items.map((item) => ['record' in item, item.line])).toEqual([
      [true, 2],
      [false, 5],
      [true, 8],
    ]);
    const [error] = errors(text);
    expect(error).toMatchObject({ code, details: { file: 'x.csv', line: 6, ...(column && { column }) } });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^x\.csv, line 6: /);
  });

  it('notices a file that is cut off between rows, and rows that belong to nothing', () => {
    const [header, ...rows] = WATER;
    expect(errors(WATER.slice(0, 3).join('\n'))[0].message).toMatch(/ends after atom 2 of 3/);
    const items = parse([header, rows[1], rows[2], ...rows, rows[0], ...rows].join('\n'));
    expect(items.map((item) => ['record' in item, item.line])).toEqual([
      [false, 2],
      [true, 4],
      [false, 7],
      [true, 8],
    ]);
  });

  it('refuses values that contradict each other within a calculation', () => {
    const text = write([ENTRIES[0]]);
    const rows = text.trimEnd().split('\r\n');
    const last = rows.at(-1)!;
    const change = (from: string, to: string) => errors(text.replace(last, last.replace(from, to)))[0].message;
    expect(change('ORCA', 'Orca')).toMatch(/column program: says "Orca", but "ORCA" in the first row/);
    expect(change(',-324.1686977751947', ',-324')).toMatch(/column energy_hartree/);
    expect(errors(text.replaceAll(',test,', ',dev,'))[0].message).toMatch(/column split: "dev" is none of train/);
    expect(errors(text.replace('600.3902047316789', '500.5'))[0].message).toMatch(/a third of the trace/);
    expect(errors(text.replace('600.3902047316789', '1e12'))[0].message).toMatch(/no shielding can be/);
    expect(errors(text.replaceAll(',-1,2,', ',-1,1,'))[0].code).toBe('INVALID_STRUCTURE');
    expect(errors(text.replaceAll('{""title""', '{title'))[0].message).toMatch(/column provenance: .* is no JSON/);
    expect(errors(text.replaceAll(',nan,', ',,'))[0].message).toMatch(/is empty; write nan/);
  });

  it('refuses values that only some rows of a calculation have', () => {
    const text = `${MINIMAL},sigma_iso_ppm\n1,2,H,0,0,0,\n2,2,H,0,0,1,26`;
    expect(errors(text)[0].message).toMatch(/line 3: column sigma_iso_ppm: is filled here, but empty in the first row/);
  });

  it('refuses clusters and atoms that cannot be', () => {
    expect(errors(`${MINIMAL}\n1,10001,H,0,0,0`)[0].message).toMatch(/column atoms: a cluster of 10001 atoms/);
    expect(errors(`${MINIMAL}\n1,0,H,0,0,0`)[0].code).toBe('INVALID_STRUCTURE');
    expect(errors(`${MINIMAL}\n1,2,H,0,0,0\n2,2,H,0,0,0.1`)[0].code).toBe('ATOMS_TOO_CLOSE');
    expect(errors(`${MINIMAL}\n1,2,H,0,0,0\n2,2,H,0,0,20000`)[0].code).toBe('INVALID_STRUCTURE');
  });

  it('bounds rows', () => {
    const long = `${MINIMAL}\n1,1,He,0,0,${'0'.repeat(1_100_000)}\n1,1,He,0,0,0`;
    expect(parse(long).map((item) => ('error' in item ? item.error.code : 'record'))).toEqual(['TOO_LARGE', 'record']);
    const behind = `${MINIMAL}\n1,1,"He\n",0,0,${'0'.repeat(1_100_000)}`;
    expect(errors(behind)[0].code).toBe('TOO_LARGE');
  });

  it('answers every truncation and mutation with records or errors that name the file', () => {
    const text = write(ENTRIES);
    for (let cut = 0; cut < text.length; cut += 7) {
      const mutated = `${text.slice(0, cut)}${'",\n\r\u00001-e\''[cut % 9]}${text.slice(cut + 1)}`;
      for (const item of [...parse(text.slice(0, cut)), ...parse(mutated)]) {
        if ('error' in item) {
          expect(item.error.details).toMatchObject({ file: 'x.csv', line: expect.any(Number) });
          expect(item.error.message).not.toMatch(/\p{Cc}/u);
        }
      }
    }
  });
});
