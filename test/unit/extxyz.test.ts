import { describe, expect, it } from 'vitest';
import { type CalculationRecord, NOTHING_COMPUTED } from '../../src/chemistry/calculation-record.ts';
import { type ParsedItem, parseExtxyz, writeExtxyz } from '../../src/chemistry/extxyz.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import type { NatriumError } from '../../src/errors.ts';

const COMMENT =
  'Properties=species:S:1:pos:R:3:ms_shielding:R:9:sigma_iso:R:1:gop:R:2 pbc="F F F" id=na02-1 split=train charge=0 ' +
  'multiplicity=1 energy_hartree=-324.59 spin_squared=0.000010 origin="S-BLDA seed 1003" gupta_steps=0 program=PySCF ' +
  'program_version=2.6.2 method="UB3LYP" basis="6-31G(d)" shielding_gauge=GIAO gop_labels="3S 3PX"';
const ROWS = [
  'Na 0.1 0.2 -0.3  411.9893 -32.2818 56.5829 -13.5143 478.3380 -5.0259 1.9930 1.6565 656.6442  515.6572  0.457552 0.110286',
  'Na 3.1 0.2 1.0D-01  592.1272 -90.0810 5.2656 -35.5613 498.2134 0.4405 4.2378 14.8285 549.0718  546.4708  0.5 -0.094916',
];
const FRAME = ['2', COMMENT, ...ROWS];

/** The frame under another name, so that frames of one file can be told apart. */
function frame(name: string): string[] {
  return FRAME.map((line) => line.replace('na02-1', name));
}

function parse(...lines: string[]): ParsedItem[] {
  return [...parseExtxyz(lines.join('\n'), 'x.extxyz')];
}

function onlyRecord(...lines: string[]): CalculationRecord {
  const items = parse(...lines);
  expect(items).toHaveLength(1);
  const [item] = items;
  if ('error' in item) {
    throw item.error;
  }
  return item.record;
}

function onlyError(...lines: string[]): NatriumError {
  const items = parse(...lines);
  expect(items).toHaveLength(1);
  const [item] = items;
  if ('record' in item) {
    throw new Error('expected an error');
  }
  return item.error;
}

/** A frame of two hydrogen atoms with keys of its own. */
function withKeys(keys: string): string[] {
  return ['2', `Properties=species:S:1:pos:R:3 ${keys}`, 'H 0 0 0', 'H 0 0 0.74'];
}

describe('parseExtxyz', () => {
  it('reads structure, shieldings, populations, level of theory, split and provenance', () => {
    const record = onlyRecord(...FRAME);
    expect(record).toEqual({
      label: 'na02-1',
      line: 1,
      structure: {
        atomicNumbers: [11, 11],
        positionsAngstrom: Float64Array.of(0.1, 0.2, -0.3, 3.1, 0.2, 0.1),
        charge: 0,
        multiplicity: 1,
      },
      levelOfTheory: { program: 'PySCF', version: '2.6.2', method: 'UB3LYP', basis: '6-31G(d)' },
      energyHartree: -324.59,
      spinSquared: 0.00001,
      shieldingGauge: 'GIAO',
      shieldingsPpm: Float64Array.of(515.6572, 546.4708),
      shieldingTensorsPpm: expect.any(Float64Array),
      tensorIndexOrder: 'UNKNOWN',
      populationLabels: ['3S', '3PX'],
      grossOrbitalPopulations: Float64Array.of(0.457552, 0.110286, 0.5, -0.094916),
      electricFieldGradientsAu: null,
      split: 'train',
      provenance: { origin: 'S-BLDA seed 1003', gupta_steps: 0 },
    } satisfies CalculationRecord);
    expect(record.shieldingTensorsPpm).toHaveLength(18);
    expect(record.shieldingTensorsPpm?.[10]).toBe(-90.081);
  });

  it('reads frames one after another, with blank lines between them', () => {
    const items = parse('', ...frame('a'), '', '  ', ...frame('b'), '');
    expect(items.map(({ line, label }) => [line, label])).toEqual([
      [2, 'a'],
      [8, 'b'],
    ]);
  });

  it('reads CRLF, a byte order mark and a file without a last line end alike', () => {
    const expected = parse(...FRAME);
    expect([...parseExtxyz(`\uFEFF${FRAME.join('\r\n')}\r\n`, 'x.extxyz')]).toEqual(expected);
    expect(parse(...FRAME, '')).toEqual(expected);
  });

  it('reads an empty file as no items', () => {
    expect(parse('')).toEqual([]);
    expect(parse('', '  ', '')).toEqual([]);
  });

  it('reads columns in any order, by any of their names, and names those it skips', () => {
    const record = onlyRecord(
      '2',
      'Properties=forces:R:3:ms_iso:R:1:pos:R:3:tag:L:1:Z:I:1:ms:R:9',
      '1 2 3  20.5  0 0 0  T 8  20 1 2 3 20.5 5 6 7 21',
      '1 2 3  30.0  0 0 1  F 1  30 1 2 3 30 5 6 7 30',
    );
    expect(record.structure.atomicNumbers).toEqual([8, 1]);
    expect([...record.structure.positionsAngstrom]).toEqual([0, 0, 0, 0, 0, 1]);
    expect([...(record.shieldingsPpm ?? [])]).toEqual([20.5, 30]);
    expect(record.provenance).toEqual({ ignored_columns: 'forces tag' });
  });

  it('takes a third of the trace where only tensors are given, and no tensor where only values are', () => {
    const tensor = onlyRecord('1', 'Properties=species:S:1:pos:R:3:ms:R:9', 'He 0 0 0 50 1 2 3 60 5 6 7 73');
    expect([...(tensor.shieldingsPpm ?? [])]).toEqual([61]);
    const value = onlyRecord('1', 'Properties=species:S:1:pos:R:3:sigma_iso:R:1', 'He 0 0 0 59.9');
    expect([value.shieldingsPpm, value.shieldingTensorsPpm]).toEqual([Float64Array.of(59.9), null]);
  });

  it('reads plain XYZ, elements by symbol or number, and keeps its comment', () => {
    const record = onlyRecord('3', 'water "as drawn', 'O 0 0 0 extra 1', '1 0.96 0 0', 'h -0.24 0.93 0');
    expect(record.structure.atomicNumbers).toEqual([8, 1, 1]);
    expect(record).toMatchObject({ label: null, shieldingsPpm: null, levelOfTheory: null, split: null });
    expect(record.provenance).toEqual({ comment: 'water "as drawn' });
    expect(onlyRecord('1', '', 'He 0 0 0').provenance).toEqual({});
    expect(onlyRecord('1', 'id=a charge=2', 'He 0 0 0')).toMatchObject({ label: 'a', structure: { charge: 2 } });
  });

  it('takes the lowest multiplicity if none is given', () => {
    const row = 'Na 0 0 0';
    expect(onlyRecord('1', 'Properties=species:S:1:pos:R:3', row).structure.multiplicity).toBe(2);
    expect(onlyRecord('1', 'Properties=species:S:1:pos:R:3 charge=1', row).structure.multiplicity).toBe(1);
  });

  it('reads the whole grammar of keys and values', () => {
    const { provenance } = onlyRecord(
      ...withKeys(
        String.raw`bare a=1 b = 2.5 "quoted key"='single "inside"' esc="say \"hi\" \\ twice" nl="one\ntwo" path="C:\temp" ` +
          'list="1 2 3" braces={1 2 3} nested=[[1, 0], ["a b", 2]] yes=T no=false text="T" empty= last=x=y exp=1.5D-03 ' +
          'seed=12345678901234567890 padded=007 none=""',
      ),
    );
    expect(provenance).toEqual({
      bare: true,
      a: 1,
      b: 2.5,
      'quoted key': 'single "inside"',
      esc: 'say "hi" \\ twice',
      nl: 'one\ntwo',
      path: 'C:\\temp',
      list: '1 2 3',
      braces: '{1 2 3}',
      nested: '[[1, 0], ["a b", 2]]',
      yes: true,
      no: false,
      text: 'T',
      empty: '',
      last: 'x=y',
      exp: 0.0015,
      seed: '12345678901234567890',
      padded: '007',
      none: '',
    });
  });

  it('keeps keys that JavaScript gives a meaning', () => {
    const { provenance } = onlyRecord(...withKeys('__proto__=1 constructor=2'));
    expect(Object.entries(provenance)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it.each(['"3S 3PX"', '[3S, 3PX]', '{3S 3PX}', '["3S", "3PX"]', "['3S','3PX']"])('reads the labels %s', (labels) => {
    const lines = FRAME.map((line) => line.replace('gop_labels="3S 3PX"', `gop_labels=${labels}`));
    expect(onlyRecord(...lines).populationLabels).toEqual(['3S', '3PX']);
  });

  it.each([
    ['train', 'train'],
    ['validation', 'validation'],
    ['val', 'validation'],
    ['valid', 'validation'],
    ['test', 'test'],
  ])('reads the split %s', (text, split) => {
    expect(onlyRecord(...withKeys(`split=${text}`)).split).toBe(split);
  });

  it('reads the index order of tensors if it is given', () => {
    expect(onlyRecord(...withKeys('tensor_index_order=FIELD_MOMENT')).tensorIndexOrder).toBe('FIELD_MOMENT');
  });

  it('leaves an incomplete level of theory out and keeps its parts', () => {
    const record = onlyRecord(...withKeys('program=ORCA method=PBE'));
    expect(record.levelOfTheory).toBeNull();
    expect(record.provenance).toEqual({ program: 'ORCA', method: 'PBE' });
  });

  it.each(['pbc="F F F"', 'pbc=F', 'pbc=[F, F, F]', 'pbc="False False 0" Lattice="9 0 0 0 9 0 0 0 9"'])(
    'accepts the finite %s',
    (keys) => {
      expect(onlyRecord(...withKeys(keys)).structure.atomicNumbers).toEqual([1, 1]);
    },
  );

  it.each([
    'pbc="T F F"',
    'pbc=T',
    'pbc=[F, F, true]',
    'Lattice="9 0 0 0 9 0 0 0 9"',
    'Lattice=[[9,0,0],[0,9,0],[0,0,9]]',
  ])('refuses the periodic %s', (keys) => {
    expect(onlyError(...withKeys(keys))).toMatchObject({ code: 'PERIODIC_STRUCTURE', details: { line: 2 } });
  });

  it.each([
    ['split=holdout', 'MALFORMED_FILE', /split=holdout/],
    ['split', 'MALFORMED_FILE', /split has no value/],
    ['charge=neutral', 'MALFORMED_FILE', /charge=neutral/],
    ['charge=0.5', 'INVALID_STRUCTURE', /charge=0.5/],
    ['multiplicity=2', 'INVALID_STRUCTURE', /multiplicity 2/],
    ['energy_hartree=1.2abc', 'MALFORMED_FILE', /1\.2abc/],
    ['energy_hartree=nan', 'NON_FINITE_NUMBER', /energy_hartree/],
    ['tensor_index_order=xy', 'MALFORMED_FILE', /xy/],
    ['pbc="F F"', 'MALFORMED_FILE', /pbc/],
    ['a="open', 'MALFORMED_FILE', /never closed/],
    ['a=[1, 2', 'MALFORMED_FILE', /never closed/],
    ['a="b"c', 'MALFORMED_FILE', /right after/],
    ['=1', 'MALFORMED_FILE', /without a key/],
    ['id=a id=b', 'MALFORMED_FILE', /id twice/],
  ])('refuses %s', (keys, code, message) => {
    const error = onlyError(...withKeys(keys));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), details: { file: 'x.extxyz' } });
    expect(error.message).toMatch(/^x\.extxyz, line [12]\b/);
  });

  it.each([
    ['species:S:1', /no pos/],
    ['pos:R:3', /neither species/],
    ['species:S:1:pos:R:2', /pos:R:2/],
    ['species:S:1:pos:S:3', /pos:S:3/],
    ['species:S:1:pos:R', /name:type:width/],
    ['species:S:1:pos:R:3:a:X:1', /a:X:1/],
    ['species:S:1:pos:R:3:a:R:0', /a:R:0/],
    ['species:S:1:pos:R:3:a:R:-1', /a:R:-1/],
    ['species:S:1:pos:R:3:a:R:99999', /10000/],
    ['species:S:1:pos:R:3:pos:R:3', /both pos and pos/],
    ['species:S:1:pos:R:3:sigma_iso:R:1:ms_iso:R:1', /both sigma_iso and ms_iso/],
    ['species:S:1:pos:R:3:ms_shielding:R:1', /ms_shielding:R:9/],
  ])('refuses the Properties %s', (properties, message) => {
    expect(onlyError('1', `Properties=${properties}`, 'H 0 0 0')).toMatchObject({
      code: 'MALFORMED_FILE',
      message: expect.stringMatching(message),
      details: { file: 'x.extxyz', line: 2 },
    });
  });

  it.each([
    ['an unknown element', (row: string) => row.replace('Na', 'Nx'), 'UNKNOWN_ELEMENT', /"Nx"/],
    ['element 0', (row: string) => row.replace('Na', '0'), 'UNKNOWN_ELEMENT', /"0"/],
    ['half a number', (row: string) => row.replace('3.1', '3.1abc'), 'MALFORMED_FILE', /pos holds "3\.1abc"/],
    ['nan for a coordinate', (row: string) => row.replace('3.1', 'nan'), 'NON_FINITE_NUMBER', /pos/],
    ['an overflow', (row: string) => row.replace('3.1', '1e999'), 'NON_FINITE_NUMBER', /1e999/],
    ['nan for a shielding', (row: string) => row.replace('546.4708', 'NaN'), 'MISSING_SHIELDING', /sigma_iso/],
    ['nan in a tensor', (row: string) => row.replace('14.8285', 'nan'), 'MISSING_SHIELDING', /ms_shielding/],
    ['an infinite shielding', (row: string) => row.replace('546.4708', 'inf'), 'NON_FINITE_NUMBER', /sigma_iso/],
    ['inf for a population', (row: string) => row.replace('0.5', 'inf'), 'NON_FINITE_NUMBER', /gop/],
    ['a value too few', (row: string) => row.replace(' 546.4708', ''), 'MALFORMED_FILE', /16 values, found 15/],
    ['a value too many', (row: string) => `${row} 1`, 'MALFORMED_FILE', /16 values, found 17/],
    ['a shielding off its tensor', (row: string) => row.replace('546.4708', '546.52'), 'MALFORMED_FILE', /546\.4708/],
  ])('refuses %s at its line', (_, change, code, message) => {
    expect(onlyError('2', COMMENT, ROWS[0], change(ROWS[1]))).toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { file: 'x.extxyz', line: 4 },
    });
  });

  it('forgives what rounding explains between a tensor and its isotropic value', () => {
    const lines = (iso: string) => [
      '1',
      'Properties=species:S:1:pos:R:3:ms:R:9:sigma_iso:R:1',
      `He 0 0 0 59.94 0 0 0 59.94 0 0 0 59.94 ${iso}`,
    ];
    expect([...(onlyRecord(...lines('59.9')).shieldingsPpm ?? [])]).toEqual([59.9]);
    expect(onlyError(...lines('59.900')).code).toBe('MALFORMED_FILE');
  });

  it('refuses two columns that name different elements', () => {
    expect(onlyError('1', 'Properties=species:S:1:Z:I:1:pos:R:3', 'Na 19 0 0 0')).toMatchObject({
      code: 'MALFORMED_FILE',
    });
    expect(onlyRecord('1', 'Properties=species:S:1:Z:I:1:pos:R:3', 'Na 11 0 0 0').structure.atomicNumbers).toEqual([
      11,
    ]);
  });

  it('refuses populations without a label each', () => {
    for (const labels of ['', 'gop_labels="3S"', 'gop_labels="3S 3S"']) {
      const comment = COMMENT.replace('gop_labels="3S 3PX"', labels);
      expect(onlyError('2', comment, ...ROWS)).toMatchObject({
        code: 'MALFORMED_FILE',
        message: expect.stringContaining('gop_labels'),
      });
    }
  });

  it('applies the checks of structures, naming file, line and label', () => {
    const error = onlyError('', '2', COMMENT, ROWS[0], ROWS[1].replace('3.1', '0.1'));
    expect(error).toMatchObject({
      code: 'ATOMS_TOO_CLOSE',
      message: expect.stringMatching(/^x\.extxyz, line 2 \(na02-1\): atoms 1 .* and 2/),
      details: { file: 'x.extxyz', line: 2, atoms: [1, 2] },
    });
    expect(onlyError('0', COMMENT)).toMatchObject({ code: 'INVALID_STRUCTURE' });
  });
});

describe('a bad frame among good ones', () => {
  const damages: [string, (lines: string[]) => string[]][] = [
    ['no count', (lines) => lines.slice(1)],
    ['a count that is a word', (lines) => ['two', ...lines.slice(1)]],
    ['a count of 2.0', (lines) => ['2.0', ...lines.slice(1)]],
    ['a negative count', (lines) => ['-2', ...lines.slice(1)]],
    ['a count of 0', (lines) => ['0', ...lines.slice(1)]],
    ['a huge count', (lines) => ['99999999999999999999', ...lines.slice(1)]],
    ['a count of ten million', (lines) => ['10000000', ...lines.slice(1)]],
    ['a count one too large', (lines) => ['3', ...lines.slice(1)]],
    ['a count one too small', (lines) => ['1', ...lines.slice(1)]],
    ['a row too few', (lines) => lines.slice(0, -1)],
    ['no rows', (lines) => lines.slice(0, 2)],
    ['only a count', (lines) => lines.slice(0, 1)],
    ['no comment', (lines) => [lines[0], ...lines.slice(2)]],
    ['an open quote', (lines) => lines.map((line) => line.replace('GIAO', '"GIAO'))],
    ['a blank line inside', (lines) => [...lines.slice(0, 3), '', ...lines.slice(3)]],
    ['a torn row', (lines) => [...lines.slice(0, 3), lines[3].slice(0, 30)]],
    ['an unknown element', (lines) => lines.map((line) => line.replace(/^Na/, 'Zz'))],
    ['a lattice', (lines) => lines.map((line) => line.replace('"F F F"', '"T T T"'))],
    ['bytes that are no text', (lines) => [lines[0], '\u0000\uFFFD\u0001\uFFFD', ...lines.slice(2)]],
  ];

  it.each(damages)('is one error and loses no other frame: %s', (_, damage) => {
    for (const position of [0, 1, 2]) {
      const frames = ['a', 'b', 'c'].map(frame);
      const start = frames.slice(0, position).flat().length + 1;
      frames[position] = damage(frames[position]);
      const items = parse(...frames.flat());
      const good = items.filter((item) => 'record' in item).map((item) => item.label);
      expect(good).toEqual(['a', 'b', 'c'].filter((_, k) => k !== position));
      const errors = items.flatMap((item) => ('error' in item ? [item] : []));
      expect(errors.map((item) => item.line)).toEqual([start]);
      expect(errors[0].error.details).toMatchObject({ file: 'x.extxyz', line: expect.any(Number) });
      expect(errors[0].error.message).toContain('x.extxyz');
    }
  });

  it('is found in plain XYZ as well', () => {
    const items = parse('2', 'one', 'H 0 0 0', '2', 'two', 'H 0 0 0', 'H 0 0 1', '1', '17', 'He 0 0 0');
    expect(items.map((item) => ('record' in item ? item.record.provenance.comment : item.error.code))).toEqual([
      'MALFORMED_FILE',
      'two',
      '17',
    ]);
  });

  it('is told apart from text between frames', () => {
    const items = parse(...frame('a'), 'some words', 'more words', ...frame('b'));
    expect(items.map((item) => ['error' in item, item.line, item.label])).toEqual([
      [false, 1, 'a'],
      [true, 5, null],
      [false, 7, 'b'],
    ]);
  });

  it('is named by its label where the label can be read', () => {
    const [item] = parse(...frame('b').slice(0, 3));
    expect(item.label).toBe('b');
  });
});

describe('writeExtxyz', () => {
  const awkward: CalculationRecord = {
    ...onlyRecord(...FRAME),
    label: 'a "b" \\ c',
    structure: {
      ...structureFromSymbols(['Na', 'Cl'], [0.1 + 0.2, -1 / 3, 5e-324, 1e4 - 1e-12, -0, 123.456], -3, 2),
    },
    energyHartree: -1.7976931348623157e308,
    tensorIndexOrder: 'MOMENT_FIELD',
    shieldingsPpm: Float64Array.of(1 / 3, 2e-7),
    shieldingTensorsPpm: Float64Array.from({ length: 18 }, (_, k) => (k % 4 === 0 && k < 9 ? 1 / 3 : 0)),
    populationLabels: ['3S', 'odd, label "x"'],
    // an orbital that an atom lacks
    grossOrbitalPopulations: Float64Array.of(Math.PI, Number.NaN, 2, 1e21),
    electricFieldGradientsAu: Float64Array.from({ length: 18 }, (_, k) => (k < 9 ? -k / 7 : Number.NaN)),
    split: 'validation',
    provenance: {
      origin: 'two\nlines\r',
      'key with = and "': 'T',
      number: 1e-7,
      text: '5',
      flag: true,
      off: false,
      empty: '',
      list: '[1, 2]',
      path: 'C:\\new\\',
    },
  };
  const bare: CalculationRecord = {
    ...awkward,
    ...NOTHING_COMPUTED,
    label: null,
    levelOfTheory: null,
    energyHartree: null,
    provenance: { program: 'ORCA' },
  };

  it('gives back the same records, to the last digit', () => {
    const records = [onlyRecord(...FRAME), awkward, bare, { ...bare, shieldingsPpm: Float64Array.of(1, 2) }];
    const items = [...parseExtxyz([...writeExtxyz(records)].join(''), 'y')];
    expect(items.map((item) => ('error' in item ? item.error.message : { ...item.record, line: 0 }))).toEqual(
      records.map((record) => ({ ...record, line: 0 })),
    );
  });

  it('writes one frame a piece, in the columns and keys of the example data', () => {
    const pieces = [...writeExtxyz([awkward, onlyRecord(...FRAME)])];
    expect(pieces).toHaveLength(2);
    const lines = pieces[1].split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toBe(COMMENT.replace('0.000010', '0.00001').replace('"UB3LYP"', 'UB3LYP'));
    expect(lines[2].split(/\s+/)).toEqual(ROWS[0].split(/\s+/).map((value) => (value === 'Na' ? value : `${+value}`)));
  });

  it('sets provenance keys apart that have a meaning of their own', () => {
    const [text] = writeExtxyz([{ ...awkward, provenance: { charge: 99, method: 'x', Properties: 'none' } }]);
    const [item] = parseExtxyz(text, 'y');
    expect(item).toMatchObject({
      record: {
        structure: { charge: -3 },
        levelOfTheory: { method: 'UB3LYP' },
        provenance: { provenance_charge: 99, provenance_method: 'x', provenance_Properties: 'none' },
      },
    });
  });
});
