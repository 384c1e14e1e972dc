import { describe, expect, it } from 'vitest';
import { decimalText } from '../../src/chemistry/inputs/coordinates.ts';
import {
  fileNameFor,
  INPUT_PROGRAMS,
  type InputOptions,
  type InputProgram,
  nameTag,
  parseNameTag,
  writeInput,
} from '../../src/chemistry/inputs/input-writer.ts';
import { type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';

const NA2 = structureFromSymbols(['Na', 'Na'], [0, -0, 1e-7, 0.1, 3, -1 / 3]);
const HASH = structureHash(NA2);
const NAME = `na02-1-${HASH.slice(0, 16)}`;
const TAG = `natrium ${HASH} (na02%2D1)`;
const ATOMS = [
  ' Na                    0.0                    0.0              0.0000001',
  ' Na                    0.1                    3.0    -0.3333333333333333',
];
const TRIPLET = structureFromSymbols(['Na', 'Na'], [0, 0, 0, 0, 0, 3], 0, 3);

const HOSTILE = [
  '../../etc/passwd',
  'C:\\con',
  'a"; rm -rf ~; "',
  'line\n%mem=1\n--Link1--\r\nend',
  '"""\nimport os\n"""',
  '# comment # ! NMR',
  '* xyz 0 1',
  "it's $HOME `id` %s {0}",
  'é𝔸\u0000\u0007\ud800',
  ' ',
  '...',
  '-rf',
  'CON',
  '_',
  'x'.repeat(5000),
  '(a) natrium 00',
];

function text(program: InputProgram, structure: Structure = NA2, options: InputOptions = { label: 'na02-1' }): string {
  return writeInput(program, structure, options).text;
}

describe('writeInput for Gaussian', () => {
  it('writes an open-shell singlet with shieldings and populations', () => {
    expect(writeInput('GAUSSIAN', NA2, { label: 'na02-1' })).toEqual({
      fileName: `${NAME}.gjf`,
      text: [
        `%Chk=${NAME}.chk`,
        '#P UB3LYP/6-31G(d) 6D NMR Pop=Full Guess=Mix NoSymm',
        '',
        `natrium ${HASH}`,
        ' (na02%2D1)',
        '',
        '0 1',
        ...ATOMS,
        '',
        '',
      ].join('\n'),
    });
  });

  it('puts a stability check into a step before', () => {
    const steps = text('GAUSSIAN', NA2, { stabilityCheck: true, processors: 8, memoryMegabytes: 16000 }).split(
      '--Link1--\n',
    );
    expect(steps).toHaveLength(2);
    expect(steps[0]).toContain('\n#P UB3LYP/6-31G(d) 6D Stable=Opt Guess=Mix NoSymm\n');
    expect(steps[1]).toContain('\n#P UB3LYP/6-31G(d) 6D NMR Pop=Full Guess=Read NoSymm\n');
    for (const step of steps) {
      expect(step).toContain('%NProcShared=8\n%Mem=16000MB\n#P');
      expect(step.endsWith(`${ATOMS[1]}\n\n`)).toBe(true);
      expect(step.match(/%Chk=(.*)/)?.[1]).toBe(steps[0].match(/%Chk=(.*)/)?.[1]);
    }
  });

  it('mixes no guess where spins differ anyway or must not', () => {
    expect(text('GAUSSIAN', TRIPLET)).toContain('#P UB3LYP/6-31G(d) 6D NMR Pop=Full NoSymm\n');
    expect(text('GAUSSIAN', TRIPLET)).toContain('\n0 3\n');
    const closed = text('GAUSSIAN', NA2, { openShellSinglet: false, method: 'PBE0', basis: '6-31+G(d)' });
    expect(closed).toContain('#P RPBE1PBE/6-31+G(d) 6D NMR Pop=Full NoSymm\n');
  });

  it('keeps to the width of a title and its five lines', () => {
    const label = '-'.repeat(60);
    const lines = text('GAUSSIAN', NA2, { label }).split('\n');
    const title = lines.slice(lines.indexOf('') + 1, lines.indexOf('', lines.indexOf('') + 1));
    expect(title.length).toBeLessThanOrEqual(5);
    expect(Math.max(...title.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(parseNameTag(title.join('\n'))?.label).toBe(label);
  });
});

describe('writeInput for NWChem', () => {
  it('starts an open-shell singlet from a step with constrained spins', () => {
    expect(text('NWCHEM')).toBe(
      `title "${TAG}"
start ${NAME}
echo

charge 0
geometry units angstroms nocenter noautosym noautoz
${ATOMS.join('\n')}
end
basis "ao basis" cartesian
  * library "6-31G*"
end

dft
  xc b3lyp
  odft
  grid fine
  iterations 200
  mult 1
  cdft 1 1 spin 1.0
  vectors output ${NAME}.guess.movecs
end
task dft energy ignore
unset dft:lcdft

dft
  xc b3lyp
  odft
  grid fine
  iterations 200
  mult 1
  vectors input ${NAME}.guess.movecs output ${NAME}.movecs
end
property
  shielding
  mulliken
  print "ao gross population"
end
task dft property
`,
    );
  });

  it('needs one step for other multiplicities, single atoms and closed shells', () => {
    const ne = structureFromSymbols(['Ne'], [0, 0, 0]);
    for (const input of [
      text('NWCHEM', TRIPLET),
      text('NWCHEM', ne),
      text('NWCHEM', NA2, { openShellSinglet: false }),
    ]) {
      expect(input.match(/^task/gm)).toHaveLength(1);
      expect(input).not.toContain('cdft');
    }
    expect(text('NWCHEM', TRIPLET)).toContain('  odft\n  grid fine\n  iterations 200\n  mult 3\nend\n');
    expect(text('NWCHEM', NA2, { openShellSinglet: false })).not.toContain('odft');
  });

  it('gives each process its share of the memory', () => {
    expect(text('NWCHEM', NA2, { processors: 4, memoryMegabytes: 8000 })).toContain('\nmemory total 2000 mb\n');
  });

  it('refuses a stability check, which NWChem does not have', () => {
    expect(() => text('NWCHEM', NA2, { stabilityCheck: true })).toThrow(/no stability check/);
  });
});

describe('writeInput for ORCA', () => {
  it('writes an open-shell singlet with the functional of Gaussian and no density fitting', () => {
    expect(text('ORCA')).toBe(
      `# ${TAG}
! UKS B3LYP/G 6-31G(d) NORI TightSCF NMR
%scf
  GuessMix 45
end
%output
  Print[P_OrbCharges_M] 1
end
* xyz 0 1
${ATOMS.join('\n')}
*
`,
    );
  });

  it('does a stability check in a job before, whose orbitals it reads', () => {
    const [first, second] = text('ORCA', NA2, {
      label: 'na02-1',
      stabilityCheck: true,
      processors: 4,
      memoryMegabytes: 8000,
    }).split('\n$new_job\n');
    expect(first).toContain(`%base "${NAME}-stable"\n%pal\n  nprocs 4\nend\n%maxcore 1500\n`);
    expect(first).toContain('%scf\n  GuessMix 45\n  STABPerform true\n  STABRestartUHFifUnstable true\nend\n');
    expect(first).not.toContain('NMR');
    expect(second).toContain(`NMR MORead\n%base "${NAME}"\n%moinp "${NAME}-stable.gbw"\n`);
    expect(second).not.toContain('%scf');
  });
});

describe('writeInput for PySCF', () => {
  it('writes a script for the cluster and the level of theory', () => {
    const script = text('PYSCF', NA2, { label: 'na02-1', stabilityCheck: true, processors: 2, memoryMegabytes: 4000 });
    for (const line of [
      `OUTPUT = "${NAME}.extxyz"`,
      '    ("Na", (0, 0, 1e-7)),',
      '    ("Na", (0.1, 3, -0.3333333333333333)),',
      'lib.num_threads(2)',
      '    spin=0,',
      '    basis="6-31g(d)",',
      '    cart=True,',
      'mol.max_memory = 4000',
      'mf = dft.UKS(mol)',
      'mf.xc = "b3lypg"',
      'tensors = nmr.uks.NMR(mf).kernel()',
    ]) {
      expect(script.split('\n')).toContain(line);
    }
    expect(script).toContain('mf.stability(return_status=True)');
    expect(script).toContain(`KEYS = "id=na02-1 charge=0 multiplicity=1 method=\\"UB3LYP\\" basis=\\"6-31G(d)\\"`);
  });

  it('computes closed shells restricted', () => {
    const script = text('PYSCF', NA2, { openShellSinglet: false });
    expect(script).toContain('mf = dft.RKS(mol)');
    expect(script).toContain('method=\\"RB3LYP\\"');
    expect(script).toContain('nmr.rks.NMR(mf)');
    expect(script).not.toMatch(/id=|homo|stability|num_threads|mf\.spin_square/);
  });
});

describe('writeInput', () => {
  it.each(INPUT_PROGRAMS)('lets no label break an input of %s', (program) => {
    const plain = text(program, NA2, { label: 'plain' }).split('\n');
    for (const label of HOSTILE) {
      const { fileName, text: input } = writeInput(program, NA2, { label });
      expect(input).toMatch(/^[\n -~]*$/);
      expect(fileName).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,76}\.[a-z]{2,3}$/);
      const lines = input.split('\n');
      const isTitle = (line: string) =>
        /natrium|^ ?[A-Za-z0-9.%]*\)?$|^ \(|plain|Chk|start |vectors|OUTPUT|KEYS/.test(line);
      const expected = plain.filter((line) => !isTitle(line));
      expect(lines.filter((line) => !isTitle(line))).toEqual(expected);
      expect(parseNameTag(input)?.identitySha256).toBe(HASH);
    }
  });

  it('gives PySCF a string literal that says the label again', () => {
    for (const label of HOSTILE) {
      const literal = /^KEYS = "(.*)"$/m.exec(text('PYSCF', NA2, { label }))?.[1] ?? '';
      const value = literal.replace(/\\(?:U([0-9a-f]{8})|(.))/g, (_, code, character) =>
        code === undefined ? character : String.fromCodePoint(Number.parseInt(code, 16)),
      );
      expect(value).toContain(` charge=0 multiplicity=1 `);
      if (/^[\w.]+$/.test(label)) expect(value.startsWith(`id=${label} `)).toBe(true);
    }
    expect(text('PYSCF', NA2, { label: 'é"\\𝔸' })).toContain(
      'KEYS = "id=\\"\\U000000e9\\\\\\"\\\\\\\\\\U0001d538\\" charge=0',
    );
  });

  it.each([
    ['method', { method: 'B3LYP NMR\n' }, /method is .* give one of B3LYP, PBE0, PBE/],
    ['basis', { basis: 'gen' }, /basis is "gen"/],
    ['processors', { processors: 0 }, /processors is 0/],
    ['memory', { memoryMegabytes: 1.5 }, /memoryMegabytes is 1.5/],
    ['stability of a closed shell', { openShellSinglet: false, stabilityCheck: true }, /needs openShellSinglet/],
  ])('refuses options that do not exist: %s', (_, options, message) => {
    expect(() => text('ORCA', NA2, options as InputOptions)).toThrow(message);
  });

  it('refuses programs, elements and structures it has no input for', () => {
    expect(() => text('toString' as InputProgram)).toThrow(/no input for toString/);
    expect(() => text('ORCA', structureFromSymbols(['Cs'], [0, 0, 0]))).toThrow(
      /Atom 1 of na02-1-[0-9a-f]{16} is Cs, heavier than zinc/,
    );
    const close = structureFromSymbols(['Na', 'Na'], [0, 0, 0, 0, 0, 0.1]);
    expect(() => text('ORCA', close)).toThrow(/apart/);
    expect(() => text('ORCA', structureFromSymbols(['H'], [Number.NaN, 0, 0]))).toThrow(/NaN/);
  });
});

describe('decimalText', () => {
  it('gives the same double without an exponent and with a point', () => {
    const values = [0, -0, 3, -12, 0.1, 1 / 3, 3.0000000000000004, 9999.999999999998, 1e-6, -1.5e-7];
    for (const value of values) {
      expect(decimalText(value)).toMatch(/^-?\d+\.\d+$/);
      expect(Number(decimalText(value))).toBe(value + 0);
    }
    expect(decimalText(1e-300)).toBe('0.0');
    expect(decimalText(-1e-300)).toBe('0.0');
  });
});

describe('nameTag', () => {
  it('is read back with its label, whatever that holds', () => {
    expect(nameTag(NA2, 'na02-1')).toBe(TAG);
    for (const label of [...HOSTILE.filter((each) => each.length < 50 && !each.includes('\ud800')), null]) {
      const tag = nameTag(NA2, label);
      expect(tag).toMatch(/^[A-Za-z0-9.%() ]+$/);
      expect(parseNameTag(`text\n| 1> # ${tag}\n! UKS`)).toEqual({ identitySha256: HASH, label });
    }
  });

  it('leaves a label out that no title could hold', () => {
    expect(parseNameTag(nameTag(NA2, 'x'.repeat(181)))).toEqual({ identitySha256: HASH, label: null });
    expect(parseNameTag(nameTag(NA2, 'x'.repeat(180)))?.label).toHaveLength(180);
  });

  it('is found where a program broke the line', () => {
    const label = 'sodium cluster number one of many, with a name that is long';
    for (const width of [20, 64, 70, 71, 72, 73, 80]) {
      const echoed =
        nameTag(NA2, label)
          .match(new RegExp(`.{1,${width}}`, 'g'))
          ?.join('\n ') ?? '';
      expect(parseNameTag(` ----\n ${echoed}\n ----\n`)).toEqual({ identitySha256: HASH, label });
    }
  });

  it('is not seen in other texts', () => {
    expect(parseNameTag('natrium')).toBeNull();
    expect(parseNameTag(`natrium ${HASH.slice(1)}`)).toBeNull();
    expect(parseNameTag(`natrium ${HASH}0`)).toBeNull();
    expect(parseNameTag(`sodiumnatrium ${HASH}`)).toBeNull();
    expect(parseNameTag(`natrium ${HASH} (%FF)`)).toEqual({ identitySha256: HASH, label: null });
    expect(parseNameTag(`natrium ${HASH} (a%00)`)).toEqual({ identitySha256: HASH, label: null });
    expect(parseNameTag('natrium '.repeat(100_000))).toBeNull();
  });
});

describe('fileNameFor', () => {
  it('is a safe name for every label, and tells structures apart', () => {
    for (const label of HOSTILE) {
      expect(fileNameFor(NA2, label)).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,76}$/);
    }
    expect(fileNameFor(NA2, '../../etc/passwd')).toBe(`etc-passwd-${HASH.slice(0, 16)}`);
    expect(fileNameFor(NA2)).toBe(`Na2-${HASH.slice(0, 16)}`);
    expect(fileNameFor(NA2, 'a')).not.toBe(fileNameFor(TRIPLET, 'a'));
  });
});
