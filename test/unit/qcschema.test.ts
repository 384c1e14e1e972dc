import { describe, expect, it } from 'vitest';
import { type CalculationRecord, NOTHING_COMPUTED } from '../../src/chemistry/calculation-record.ts';
import type { ParsedItem } from '../../src/chemistry/extxyz.ts';
import { parseQcSchema, writeQcSchema } from '../../src/chemistry/qcschema.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import { angstromFromBohr, BOHR_ANGSTROM, bohrFromAngstrom } from '../../src/chemistry/units.ts';
import type { NatriumError } from '../../src/errors.ts';

const POSITIONS = [0.1, -0.2, 1 / 3, 3.0000000000000004, -0, 1e-7];

const RECORD: CalculationRecord = {
  label: 'na02 "é" 𝔸\n',
  line: 1,
  structure: structureFromSymbols(['Na', 'Na'], POSITIONS, 1, 2),
  levelOfTheory: { program: 'Gaussian', version: '16 C.01', method: 'UB3LYP', basis: '6-31G(d)' },
  energyHartree: -324.1686977751947,
  spinSquared: 0.7500218616409828,
  shieldingGauge: 'GIAO',
  shieldingsPpm: Float64Array.of(600.3902047316789, Number.NaN),
  shieldingTensorsPpm: Float64Array.from([
    ...[587.1733094490978, 4.08e-8, -1.28, 0, 587.1319398108366, 1e-300, -0, 1 / 3, 626.8653649351021],
    ...Array.from({ length: 9 }, () => Number.NaN),
  ]),
  tensorIndexOrder: 'FIELD_MOMENT',
  populationLabels: ['3S', '5D 0', 'a,b'],
  grossOrbitalPopulations: Float64Array.of(0.1, 0.2, 0.30000000000000004, Number.NaN, 5e-324, 1.7976931348623157e308),
  electricFieldGradientsAu: Float64Array.from({ length: 18 }, (_, k) => Math.sin(k)),
  split: 'validation',
  provenance: { title: 'a "b"', steps: 3, precise: 0.1 + 0.2, minus: -0, done: true, routine: 'l1002' },
};

const BARE: CalculationRecord = {
  ...RECORD,
  ...NOTHING_COMPUTED,
  label: null,
  levelOfTheory: null,
  provenance: {},
};

/** A result as QCEngine writes it. */
const FOREIGN = {
  id: null,
  schema_name: 'qcschema_output',
  schema_version: 1,
  molecule: {
    schema_name: 'qcschema_molecule',
    schema_version: 2,
    symbols: ['H', 'H'],
    geometry: [0, 0, 0, 0, 0, 1.4],
    name: 'H2',
    molecular_charge: 0.0,
    molecular_multiplicity: 1,
    atomic_numbers: [1, 1],
    real: [true, true],
    mass_numbers: [1, 1],
    fragments: [[0, 1]],
  },
  driver: 'energy',
  model: { method: 'B3LYP', basis: '6-31G*' },
  keywords: { scf_type: 'df' },
  properties: { return_energy: -1.17, scf_total_energy: -1.17, nuclear_repulsion_energy: 0.71 },
  return_result: -1.17,
  stdout: 'long',
  provenance: { creator: 'Psi4', version: '1.9', routine: 'psi4.schema_runner.run_qcschema', nthreads: 2, nested: {} },
  success: true,
  error: null,
  extras: { other: { anything: 1 } },
};

function parse(text: string): ParsedItem[] {
  return [...parseQcSchema(text, 'x.json')];
}

function onlyRecord(value: unknown): CalculationRecord {
  const items = parse(typeof value === 'string' ? value : JSON.stringify(value));
  expect(items).toHaveLength(1);
  const [item] = items;
  if ('error' in item) throw item.error;
  return item.record;
}

function onlyError(value: unknown): NatriumError {
  const items = parse(typeof value === 'string' ? value : JSON.stringify(value));
  expect(items).toHaveLength(1);
  const [item] = items;
  if ('record' in item) throw new Error('expected an error');
  return item.error;
}

/** Ours, as an object to damage. `extras` stands for `extras.natrium`. */
// biome-ignore lint/suspicious/noExplicitAny: test data of any shape
function ours(damage: (object: any, natrium: any) => void): unknown {
  const object = JSON.parse([...writeQcSchema([RECORD])][0]);
  damage(object, object.extras.natrium);
  return object;
}

describe('units', () => {
  it('take the Bohr radius of CODATA 2018', () => {
    expect(BOHR_ANGSTROM).toBe(0.529177210903);
    expect(bohrFromAngstrom(0.529177210903)).toBe(1);
    expect(angstromFromBohr(2)).toBe(1.058354421806);
  });
});

describe('writeQcSchema', () => {
  it('writes a result with the fields of QCSchema, in bohr', () => {
    const [line] = [...writeQcSchema([RECORD])];
    expect(line.endsWith('\n')).toBe(true);
    expect(line.trimEnd()).not.toContain('\n');
    const result = JSON.parse(line);
    expect(result).toMatchObject({
      schema_name: 'qcschema_output',
      schema_version: 1,
      driver: 'energy',
      model: { method: 'UB3LYP', basis: '6-31G(d)' },
      properties: { return_energy: RECORD.energyHartree, calcinfo_natom: 2 },
      return_result: RECORD.energyHartree,
      provenance: { creator: 'Gaussian', version: '16 C.01', routine: 'l1002' },
      success: true,
      molecule: {
        schema_name: 'qcschema_molecule',
        symbols: ['Na', 'Na'],
        name: RECORD.label,
        molecular_charge: 1,
        molecular_multiplicity: 2,
        provenance: { creator: 'Natrium', version: '1', routine: 'writeQcSchema' },
      },
    });
    expect(result.molecule.geometry).toEqual(POSITIONS.map((x) => x / 0.529177210903));
    expect(Object.keys(result.extras)).toEqual(['natrium']);
  });

  it('writes a molecule where no level of theory is known', () => {
    const molecule = JSON.parse([...writeQcSchema([BARE])][0]);
    expect(molecule).toMatchObject({ schema_name: 'qcschema_molecule', symbols: ['Na', 'Na'], name: 'Na2' });
    expect(molecule.extras.natrium).toMatchObject({ version: 1, energyHartree: RECORD.energyHartree });
  });

  it('refuses an infinity, which JSON cannot hold', () => {
    expect(() => [...writeQcSchema([{ ...RECORD, spinSquared: Number.POSITIVE_INFINITY }])]).toThrow(/infinite/);
  });
});

describe('parseQcSchema', () => {
  it('gives every double of every kind of record back', () => {
    expect(onlyRecord([...writeQcSchema([RECORD])][0])).toEqual(RECORD);
    expect(onlyRecord([...writeQcSchema([BARE])][0])).toEqual(BARE);
    const withoutEnergy = { ...RECORD, energyHartree: null };
    expect(onlyRecord([...writeQcSchema([withoutEnergy])][0])).toEqual(withoutEnergy);
  });

  it('gives positions back that bohr alone would not', () => {
    const lossy = Array.from({ length: 300 }, (_, k) => 5 + k * 1.7 + Math.sin(k) / 3).filter(
      (x) => angstromFromBohr(bohrFromAngstrom(x)) !== x,
    );
    expect(lossy.length).toBeGreaterThan(10);
    const positions = lossy.flatMap((x) => [x, 0.1, -x]);
    const structure = structureFromSymbols(
      lossy.map(() => 'H'),
      positions,
      lossy.length % 2,
    );
    const [line] = [...writeQcSchema([{ ...BARE, structure }])];
    expect([...onlyRecord(line).structure.positionsAngstrom]).toEqual(positions);
  });

  it('reads results of other programs', () => {
    expect(onlyRecord(FOREIGN)).toEqual({
      ...BARE,
      label: 'H2',
      structure: structureFromSymbols(['H', 'H'], [0, 0, 0, 0, 0, 1.4 * 0.529177210903]),
      levelOfTheory: { program: 'Psi4', version: '1.9', method: 'B3LYP', basis: '6-31G*' },
      energyHartree: -1.17,
      provenance: { routine: 'psi4.schema_runner.run_qcschema', nthreads: 2 },
    });
  });

  it('reads the second version of the schema, nested geometries, basis objects and incomplete levels', () => {
    const { model, driver, schema_name: _, ...rest } = FOREIGN;
    const second = {
      ...rest,
      schema_name: 'qcschema_atomic_result',
      input_data: { specification: { model: { ...model, basis: { name: 'mine', center_data: {} } }, driver } },
      molecule: {
        ...FOREIGN.molecule,
        geometry: [
          [0, 0, 0],
          [0, 0, 1.4],
        ],
      },
      properties: {},
    };
    const record = onlyRecord(second);
    expect(record.levelOfTheory).toEqual({ program: 'Psi4', version: '1.9', method: 'B3LYP', basis: 'mine' });
    expect(record.energyHartree).toBe(-1.17);
    const unknown = onlyRecord({ ...FOREIGN, provenance: { creator: 'Psi4' } });
    expect(unknown.levelOfTheory).toBeNull();
    expect(unknown.provenance).toEqual({ program: 'Psi4', method: 'B3LYP', basis: '6-31G*' });
  });

  it('reads molecules, and takes the lowest multiplicity and no charge where none is given', () => {
    const record = onlyRecord({
      schema_name: 'qcschema_molecule',
      symbols: ['Na'],
      geometry: [0, 0, 0],
      comment: 'an atom',
      provenance: { creator: 'QCElemental', version: '0.51' },
    });
    expect(record.structure).toMatchObject({ charge: 0, multiplicity: 2 });
    expect(record.provenance).toEqual({ comment: 'an atom', creator: 'QCElemental', version: '0.51' });
  });

  it('reads an object, an array and lines alike, with the line of each item', () => {
    const lines = [RECORD, BARE, RECORD].flatMap((record) => [...writeQcSchema([record])]);
    const [first, second, third] = lines.map((line) => line.trim());
    const numbers = (text: string) => parse(text).map((item) => ('record' in item ? item.line : item.error));
    expect(numbers(`\uFEFF\n${first}\r\n\n${second}\n${third}`)).toEqual([2, 4, 5]);
    expect(numbers(`[${first},\n\n${second}\n,${third}]\n`)).toEqual([1, 3, 4]);
    expect(numbers(`\n${JSON.stringify(JSON.parse(first), null, 2)}\n`)).toEqual([2]);
    expect(numbers(`${first}\n`)).toEqual([1]);
    expect(parse(' \n ')).toEqual([]);
    expect(parse('[]')).toEqual([]);
  });

  it.each([
    ['cut off', '{"schema_name": "qcsch'],
    ['binary', '\u0000\u0001{{{'],
    ['a number', '17'],
    ['a constant', 'NaN'],
    ['a list', '[1, 2]'],
    ['deeply nested', `{"a":${'['.repeat(200_000)}`],
  ])('loses only a line that is %s', (_, bad) => {
    const [good] = [...writeQcSchema([RECORD])];
    const items = parse(`${good}${bad}\n${good}`);
    expect(items.map((item) => 'record' in item)).toEqual([true, false, true]);
    const bare = items[1] as Extract<ParsedItem, { error: NatriumError }>;
    expect(bare.error).toMatchObject({ code: 'MALFORMED_FILE', details: { file: 'x.json', line: 2 } });
    expect(bare.error.message).toContain('x.json, line 2');
    expect(parse(`${bad}\n${good}${good}`).map((item) => 'record' in item)).toEqual(
      bad === '[1, 2]' ? [false, false, false] : [false, true, true],
    );
  });

  it('loses only the elements of an array that are wrong', () => {
    const good = [...writeQcSchema([RECORD])][0].trim();
    const items = parse(`[${good},\n{"symbols": nonsense},\n,\n${good}`);
    expect(items.map((item) => ['record' in item, item.line])).toEqual([
      [true, 1],
      [false, 2],
      [false, 3],
      [true, 4],
      [false, 4],
    ]);
    expect(parse(`[${good}] trailing`).map((item) => 'record' in item)).toEqual([true, false]);
  });

  it('names the line of a fault inside an object that goes over many', () => {
    const text = JSON.stringify(FOREIGN, null, 1).replace('"driver"', 'driver');
    const line = text.slice(0, text.indexOf('driver')).split('\n').length;
    expect(onlyError(text).details).toEqual({ file: 'x.json', line });
  });

  it('takes exact positions only where they agree with the geometry', () => {
    const rounded = onlyRecord(
      ours((object) => {
        object.molecule.geometry = object.molecule.geometry.map((x: number) => Number(x.toFixed(8)));
      }),
    );
    expect([...rounded.structure.positionsAngstrom]).toEqual(POSITIONS.map((x) => x + 0));
    const moved = onlyError(
      ours((object) => {
        object.molecule.geometry[3] += 1e-6;
      }),
    );
    expect(moved.code).toBe('MALFORMED_FILE');
    expect(moved.message).toMatch(/positionsAngstrom puts atom 2 at x/);
  });

  // biome-ignore lint/suspicious/noExplicitAny: test data of any shape
  const wrong: [string, string, RegExp, (object: any, natrium: any) => void][] = [
    [
      'a failed calculation',
      'MISSING_SHIELDING',
      /did not converge/,
      (o) => {
        o.success = false;
        o.error = { error_type: 'x', error_message: 'it did not converge' };
      },
    ],
    [
      'an unknown schema',
      'MALFORMED_FILE',
      /qcschema_input/,
      (o) => {
        o.schema_name = 'qcschema_input';
      },
    ],
    [
      'no molecule',
      'MALFORMED_FILE',
      /molecule is missing/,
      (o) => {
        o.molecule = null;
      },
    ],
    [
      'no symbols',
      'MALFORMED_FILE',
      /symbols is missing/,
      (o) => {
        delete o.molecule.symbols;
      },
    ],
    [
      'symbols that are none',
      'MALFORMED_FILE',
      /symbols must be a list of texts/,
      (o) => {
        o.molecule.symbols = [11, 11];
      },
    ],
    [
      'an unknown element',
      'UNKNOWN_ELEMENT',
      /Xx/,
      (o) => {
        o.molecule.symbols[1] = 'Xx';
      },
    ],
    [
      'a short geometry',
      'MALFORMED_FILE',
      /holds 5 numbers; there must be 6/,
      (o) => {
        o.molecule.geometry.pop();
      },
    ],
    [
      'a number as text',
      'MALFORMED_FILE',
      /holds "NaN" as value 1/,
      (o) => {
        o.molecule.geometry[0] = 'NaN';
      },
    ],
    [
      'a missing coordinate',
      'MALFORMED_FILE',
      /no number/,
      (o) => {
        o.molecule.geometry[0] = null;
      },
    ],
    [
      'other atomic numbers',
      'MALFORMED_FILE',
      /different elements for atom 2/,
      (o) => {
        o.molecule.atomic_numbers = [11, 12];
      },
    ],
    [
      'ghost atoms',
      'MALFORMED_FILE',
      /ghost/,
      (o) => {
        o.molecule.real = [true, false];
      },
    ],
    [
      'half a charge',
      'INVALID_STRUCTURE',
      /molecular_charge is 0.5/,
      (o) => {
        o.molecule.molecular_charge = 0.5;
      },
    ],
    [
      'an impossible multiplicity',
      'INVALID_STRUCTURE',
      /multiplicity 1/,
      (o) => {
        o.molecule.molecular_multiplicity = 1;
      },
    ],
    [
      'two energies',
      'MALFORMED_FILE',
      /one of them is wrong/,
      (o) => {
        o.return_result = -1;
      },
    ],
    [
      'an unknown layout',
      'MALFORMED_FILE',
      /version is 2/,
      (_, n) => {
        n.version = 2;
      },
    ],
    [
      'an unknown key',
      'MALFORMED_FILE',
      /shieldingPpm is none of/,
      (_, n) => {
        n.shieldingPpm = [];
      },
    ],
    [
      'short tensors',
      'MALFORMED_FILE',
      /there must be 18/,
      (_, n) => {
        n.shieldingTensorsPpm.pop();
      },
    ],
    [
      'labels without populations',
      'MALFORMED_FILE',
      /belong together/,
      (_, n) => {
        delete n.grossOrbitalPopulations;
      },
    ],
    [
      'a label twice',
      'MALFORMED_FILE',
      /twice/,
      (_, n) => {
        n.populationLabels[1] = '3S';
      },
    ],
    [
      'another trace',
      'MALFORMED_FILE',
      /a third of the trace/,
      (_, n) => {
        n.shieldingsPpm[0] = 590;
      },
    ],
    [
      'an absurd shielding',
      'MALFORMED_FILE',
      /no shielding can be/,
      (_, n) => {
        n.shieldingTensorsPpm[1] = 1e300;
      },
    ],
    [
      'an unknown split',
      'MALFORMED_FILE',
      /none of train, validation, test/,
      (_, n) => {
        n.split = 'dev';
      },
    ],
    [
      'nested provenance',
      'MALFORMED_FILE',
      /provenance holds a/,
      (_, n) => {
        n.provenance = { a: {} };
      },
    ],
    [
      'extras that are none',
      'MALFORMED_FILE',
      /extras.natrium must be an object/,
      (o) => {
        o.extras.natrium = 7;
      },
    ],
  ];
  it.each(wrong)('refuses %s', (_, code, message, damage) => {
    const error = onlyError(ours(damage));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ code, details: { file: 'x.json', line: 1 } });
    expect(error.message).toContain('x.json, line 1');
  });

  it('refuses numbers too large for a double, and coordinates and clusters too large', () => {
    const text = JSON.stringify(FOREIGN);
    expect(onlyError(text.replace('[0,0,0,0,0,1.4]', '[0,0,0,0,0,1e999]')).code).toBe('NON_FINITE_NUMBER');
    expect(onlyError(text.replace('[0,0,0,0,0,1.4]', '[0,0,0,0,0,1e99]')).code).toBe('INVALID_STRUCTURE');
    expect(onlyError(text.replaceAll('-1.17', '-1e999')).code).toBe('NON_FINITE_NUMBER');
    const symbols = JSON.stringify(Array.from({ length: 10_001 }, () => 'H'));
    expect(onlyError(text.replace('["H","H"]', symbols)).message).toMatch(/at most 10000/);
  });

  it('refuses items whose values would fill the memory', () => {
    expect(onlyError(`{"a":[${'{},'.repeat(1_000_001)}1]}`)).toMatchObject({ code: 'TOO_LARGE' });
    expect(onlyError(`{"a":"${'x'.repeat(33 * 1024 * 1024)}"}`)).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('takes no prototype from a file', () => {
    const text = JSON.stringify(FOREIGN).replace('"molecule":', '"__proto__":');
    expect(onlyError(text).message).toMatch(/molecule is missing/);
    const polluted = JSON.stringify(ours(() => {})).replace('"title":', '"__proto__":');
    expect(Object.keys(onlyRecord(polluted).provenance)).toContain('__proto__');
    expect(({} as Record<string, unknown>).title).toBeUndefined();
  });

  it('answers every truncation and mutation with records or errors that name the file', () => {
    const text = [...writeQcSchema([RECORD, BARE])].join('');
    for (let cut = 0; cut < text.length; cut += 37) {
      const mutated = `${text.slice(0, cut)}${'"[{}],:e\u0000-9'[cut % 11]}${text.slice(cut + 1)}`;
      for (const item of [...parse(text.slice(0, cut)), ...parse(mutated)]) {
        if ('error' in item) {
          expect(item.error.details).toMatchObject({ file: 'x.json', line: expect.any(Number) });
          expect(item.error.message).not.toMatch(/\p{Cc}/u);
        }
      }
    }
  });
});
