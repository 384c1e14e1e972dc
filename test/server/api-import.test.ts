import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  fixture,
  frame,
  IMPORT_CALCULATIONS,
  importCalculations,
  importStructures,
  refusal,
  startApiServer,
} from '../support/api.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server?.dispose());

const COMPLETE = fixture('complete.extxyz');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Stored {
  readonly label: string;
  readonly energyHartree: number | null;
  readonly spinSquared: number | null;
  readonly shieldingGauge: string | null;
  readonly shieldingsPpm: number[];
  readonly shieldingTensorsPpm: number[] | null;
  readonly tensorIndexOrder: string;
  readonly populationLabels: string[] | null;
  readonly grossOrbitalPopulations: number[] | null;
  readonly givenSplit: string;
  readonly provenance: object;
  readonly sourceFileName: string;
  readonly sourceLine: number;
  readonly sourceSha256: string;
  readonly createdBy: string;
  readonly levelOfTheory: object;
  readonly cluster: {
    readonly formula: string;
    readonly size: number;
    readonly charge: number;
    readonly multiplicity: number;
    readonly elements: string[];
    readonly positionsAngstrom: number[];
  };
}

async function stored(filter: object): Promise<Stored[]> {
  const { calculations } = await server.request<{ calculations: { nodes: Stored[] } }>(
    `query ($filter: CalculationFilter) {
      calculations(first: 200, filter: $filter) {
        nodes {
          label energyHartree spinSquared shieldingGauge shieldingsPpm shieldingTensorsPpm tensorIndexOrder
          populationLabels grossOrbitalPopulations givenSplit provenance sourceFileName sourceLine sourceSha256 createdBy
          levelOfTheory { program version method basis }
          cluster { formula size charge multiplicity elements positionsAngstrom }
        }
      }
    }`,
    { filter },
  );
  return calculations.nodes;
}

/** The numbers of a column, read from the file by other means than the server's: value `from` to `to` of every row. */
function column(rows: readonly string[], from: number, to: number): number[] {
  return rows.flatMap((row) => row.split(' ').slice(from, to).map(Number));
}

function expectSameBits(actual: readonly number[] | null, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    // JSON has one zero only
    if (!Object.is(actual![i], value + 0)) throw new Error(`value ${i} is ${actual![i]}, not ${value}`);
  });
}

describe('values that an atom lacks', () => {
  const row = (element: string, x: number, population: string, gradient: string) =>
    `${element} ${x} 0 0 500 2 ${population} ${Array(9).fill(gradient).join(' ')}`;
  const keys = 'pbc="F F F" program=invented program_version=1 method=none basis=none gop_labels="1S 2PX"';
  const content = [
    '2',
    `Properties=species:S:1:pos:R:3:sigma_iso:R:1:gop:R:2:efg:R:9 ${keys} id=nah charge=0`,
    row('Na', 0, '0.25', '0.125'),
    row('H', 1.9, 'nan', 'nan'),
    '',
  ].join('\n');

  test('come back as null in columns, and are left out of the atoms', async () => {
    await importCalculations(server, content, { fileName: 'nah.extxyz' });
    const { calculations } = await server.request<{ calculations: { nodes: object[] } }>(
      `{ calculations(first: 1, filter: { label: { equals: "nah" } }) { nodes {
        grossOrbitalPopulations electricFieldGradientsAu atoms { grossOrbitalPopulations { label electrons } }
      } } }`,
    );
    expect(calculations.nodes).toEqual([
      {
        grossOrbitalPopulations: [2, 0.25, 2, null],
        electricFieldGradientsAu: [...Array(9).fill(0.125), ...Array(9).fill(null)],
        atoms: [
          {
            grossOrbitalPopulations: [
              { label: '1S', electrons: 2 },
              { label: '2PX', electrons: 0.25 },
            ],
          },
          { grossOrbitalPopulations: [{ label: '1S', electrons: 2 }] },
        ],
      },
    ]);
  });
});

describe('what a file says', () => {
  test('comes back through the API, to the last bit', async () => {
    const report = await importCalculations(server, COMPLETE, { fileName: 'complete.extxyz' });
    expect(report).toMatchObject({ inserted: 3, existing: 0, rejected: 0, sourceSha256: sha256(COMPLETE) });
    expect(report.items.map(({ line, label, status }) => [line, label, status])).toEqual([
      [1, 'full-na4', 'INSERTED'],
      [7, 'full-nacl', 'INSERTED'],
      [11, 'full-na3', 'INSERTED'],
    ]);

    const lines = COMPLETE.split('\n');
    const [na4, nacl, na3] = await stored({ sourceSha256: { equals: sha256(COMPLETE) } });
    const levelOfTheory = { program: 'invented', version: '1.0', method: 'no method', basis: '6-31G(d)' };
    const source = { sourceFileName: 'complete.extxyz', sourceSha256: sha256(COMPLETE), createdBy: 'local admin' };
    const labels = ['3S', '3PX', '3PY'];
    expect(na4).toMatchObject({
      ...source,
      levelOfTheory,
      label: 'full-na4',
      sourceLine: 1,
      givenSplit: 'TRAIN',
      energyHartree: -648.1234567890123,
      spinSquared: 1e-6,
      shieldingGauge: 'GIAO',
      tensorIndexOrder: 'FIELD_MOMENT',
      populationLabels: labels,
      cluster: { formula: 'Na4', size: 4, charge: 0, multiplicity: 1, elements: ['Na', 'Na', 'Na', 'Na'] },
    });
    expect(na4.provenance).toEqual({ origin: 'invented, seed 7', gupta_steps: 300, relaxed: true });
    expect(nacl).toMatchObject({
      ...source,
      levelOfTheory,
      sourceLine: 7,
      givenSplit: 'VALIDATION',
      spinSquared: 0.7512345678901234,
      shieldingGauge: null,
      tensorIndexOrder: 'UNKNOWN',
      cluster: { formula: 'ClNa', size: 2, charge: -1, multiplicity: 2, elements: ['Na', 'Cl'] },
    });
    expect(na3).toMatchObject({
      ...source,
      levelOfTheory,
      sourceLine: 11,
      givenSplit: 'TEST',
      energyHartree: null,
      spinSquared: null,
      shieldingTensorsPpm: null,
      populationLabels: null,
      grossOrbitalPopulations: null,
      cluster: { charge: 1, multiplicity: 1 },
    });

    const rows = { na4: lines.slice(2, 6), nacl: lines.slice(8, 10), na3: lines.slice(12, 15) };
    expectSameBits(na4.cluster.positionsAngstrom, column(rows.na4, 1, 4));
    expectSameBits(na4.shieldingTensorsPpm, column(rows.na4, 4, 13));
    expectSameBits(na4.shieldingsPpm, column(rows.na4, 13, 14));
    expectSameBits(na4.grossOrbitalPopulations, column(rows.na4, 14, 17));
    expectSameBits(nacl.cluster.positionsAngstrom, column(rows.nacl, 1, 4));
    expectSameBits(nacl.shieldingTensorsPpm, column(rows.nacl, 4, 13));
    // a third of the trace, where the file does not give it
    expectSameBits(
      nacl.shieldingsPpm,
      rows.nacl.map((row) => {
        const t = column([row], 4, 13);
        return (t[0] + t[4] + t[8]) / 3;
      }),
    );
    expectSameBits(na3.cluster.positionsAngstrom, column(rows.na3, 1, 4));
    expectSameBits(na3.shieldingsPpm, column(rows.na3, 4, 5));
  });

  test('comes back whatever bits a double has', async () => {
    const doubles = randomDoubles(600);
    const small = doubles.filter((value) => Math.abs(value) < 1).slice(0, 60);
    const positions = small.map((value, i) => [3 * i + value, -value, value / 3]);
    const shieldings = doubles.filter((value) => Math.abs(value) < 1e9).slice(0, 60);
    const populations = doubles.slice(-120);
    const rows = positions.map(
      (position, i) => `Na ${position.join(' ')} ${shieldings[i]} ${populations[2 * i]} ${populations[2 * i + 1]}`,
    );
    const properties = 'species:S:1:pos:R:3:sigma_iso:R:1:gop:R:2';
    const comment = `Properties=${properties} id=any-bits program=a program_version=b method=c basis=d gop_labels="x y"`;
    await importCalculations(server, `60\n${comment}\n${rows.join('\n')}\n`);

    const [calculation] = await stored({ label: { equals: 'any-bits' } });
    expectSameBits(calculation.cluster.positionsAngstrom, positions.flat());
    expectSameBits(calculation.shieldingsPpm, shieldings);
    expectSameBits(calculation.grossOrbitalPopulations, populations);
  });

  test('is stored once, whatever the file that brings it again is called', async () => {
    await importCalculations(server, COMPLETE, { fileName: 'complete.extxyz' });
    const before = await server.countRecords();
    const again = await importCalculations(server, COMPLETE, { fileName: 'other-name.extxyz' });
    expect(again).toMatchObject({ inserted: 0, existing: 3, rejected: 0 });
    expect(again.items.every(({ cluster, calculation }) => cluster !== null && calculation !== null)).toBe(true);
    expect(await server.countRecords()).toEqual(before);
    const names = (await stored({ sourceSha256: { equals: sha256(COMPLETE) } })).map((each) => each.sourceFileName);
    expect(names).toEqual(Array(3).fill('complete.extxyz'));
  });

  test('may be structures only, which get their calculations later', async () => {
    const cluster = frame({ id: 'later' });
    const structures = await importStructures(server, cluster);
    expect(structures).toMatchObject({ inserted: 1, items: [{ status: 'INSERTED', calculation: null }] });
    const calculations = await importCalculations(server, cluster);
    expect(calculations).toMatchObject({ inserted: 1, items: [{ cluster: structures.items[0].cluster }] });
    expect(await importStructures(server, cluster)).toMatchObject({ existing: 1, inserted: 0 });
  });

  test('may leave the level of theory to the request', async () => {
    const levelOfTheory = { program: 'given', version: '2', method: 'by', basis: 'the request' };
    const report = await importCalculations(
      server,
      frame({ id: 'names-none', level: '' }) + frame({ id: 'names-its-own' }),
      { levelOfTheory },
    );
    expect(report.inserted).toBe(2);
    const [without, own] = await stored({ label: { in: ['names-none', 'names-its-own'] } });
    expect(without.levelOfTheory).toEqual(levelOfTheory);
    expect(own.levelOfTheory).toMatchObject({ program: 'invented' });
  });
});

describe('bad items', () => {
  /** Code, line and a part of the message for each defect of the file. */
  const DEFECTS: Readonly<Record<string, readonly [code: string, line: number, says: RegExp]>> = {
    'torn-row': ['MALFORMED_FILE', 8, /row 2 of 2: expected 5 values, found 3: "Na 3 0"/],
    'a-word-for-a-number': ['MALFORMED_FILE', 12, /pos holds "zero", which is no number/],
    'a-count-too-large': ['MALFORMED_FILE', 17, /expected 5 values/],
    'an-open-quote': ['MALFORMED_FILE', 18, /never closed; write key=value pairs/],
    'nan-position': ['NON_FINITE_NUMBER', 24, /pos holds nan/],
    'infinite-position': ['NON_FINITE_NUMBER', 28, /pos holds "-inf", which is not finite/],
    'overflowing-position': ['NON_FINITE_NUMBER', 32, /pos holds "1e999", which is not finite/],
    'too-close': ['ATOMS_TOO_CLOSE', 33, /atoms 2 \(Na\) and 3 \(Na\) are 0\.424 Å apart; the least is 0\.5 Å/],
    'unknown-element': ['UNKNOWN_ELEMENT', 41, /"Zz" is no element; use a symbol such as Na/],
    periodic: ['PERIODIC_STRUCTURE', 43, /cut a finite cluster out, or write pbc="F F F"/],
    'half-periodic': ['PERIODIC_STRUCTURE', 47, /cut a finite cluster out/],
    'lattice-without-pbc': ['PERIODIC_STRUCTURE', 51, /cut a finite cluster out/],
    'shielding-missing-for-an-atom': ['MISSING_SHIELDING', 57, /row 2 of 2: sigma_iso holds nan; leave the frame/],
    'no-shieldings': [
      'MISSING_SHIELDING',
      58,
      /add the column ms_shielding:R:9 or sigma_iso:R:1, or use importStructures/,
    ],
    'infinite-shielding': ['NON_FINITE_NUMBER', 65, /sigma_iso holds "inf"/],
    'impossible-shielding': ['MALFORMED_FILE', 69, /1e\+300, which no shielding can be; give ppm/],
    'no-level-of-theory': ['MISSING_LEVEL_OF_THEORY', 70, /add them or give levelOfTheory/],
    'impossible-multiplicity': ['INVALID_STRUCTURE', 74, /22 electrons .* the lowest possible is 1/],
    'tensor-and-isotropic-disagree': ['MALFORMED_FILE', 80, /one of them is wrong/],
    'unknown-split': ['MALFORMED_FILE', 82, /split=holdout is none of train, validation and test/],
  };

  test('are each answered for by code, line and way out, and the good ones are kept', async () => {
    const content = fixture('one-of-each-defect.extxyz');
    const before = await server.countRecords();
    const report = await importCalculations(server, content, { fileName: 'defects.extxyz' });
    const after = await server.countRecords();

    expect(report).toMatchObject({ inserted: 2, existing: 0, rejected: Object.keys(DEFECTS).length });
    expect(report.items.filter(({ status }) => status === 'INSERTED').map(({ label }) => label)).toEqual([
      'good-first',
      'good-last',
    ]);
    const rejected = report.items.filter(({ status }) => status === 'REJECTED');
    const frames = content.split('\n').flatMap((line, i) => (line.startsWith('Properties=') ? [i] : []));
    expect(rejected.map(({ line }) => line)).toEqual(frames.slice(1, -1));
    for (const item of rejected) {
      const [code, line, says] = DEFECTS[item.label ?? 'an-open-quote'];
      expect(item).toMatchObject({ cluster: null, calculation: null, error: { code } });
      expect(item.error!.message).toMatch(says);
      expect(item.error!.message).toContain(`defects.extxyz, line ${line}`);
    }
    expect(new Set(rejected.map(({ label }) => label)).size).toBe(rejected.length);
    // two clusters, two calculations and their file; nothing of the others
    expect(after).toEqual({
      ...before,
      'public.artifacts': before['public.artifacts'] + 1,
      'public.clusters': before['public.clusters'] + 2,
      'public.calculations': before['public.calculations'] + 2,
    });
  });

  test('leave nothing behind where no item is good', async () => {
    const before = await server.countRecords();
    const report = await importCalculations(server, frame({ sigma: ['nan', 1] }), { idempotencyKey: null });
    expect(report).toMatchObject({ inserted: 0, rejected: 1, sourceSha256: null });
    expect(await server.countRecords()).toEqual(before);
  });

  test('may be made of any characters', async () => {
    const good = frame({ id: 'beside-odd-characters' });
    const odd = [
      frame().replaceAll('Na', 'N\0'),
      frame({ keys: 'note="\0"' }),
      frame({ keys: 'note="\ud800"' }),
      frame().replaceAll('Na', 'N\udfff'),
    ];
    const report = await importCalculations(server, [...odd, good].join(''), { idempotencyKey: 'odd characters' });
    expect(report.items.map(({ status }) => status)).toEqual([...odd.map(() => 'REJECTED'), 'INSERTED']);
    expect(JSON.stringify(report)).not.toContain('\\u0000');
  });

  test('contradict what is stored under the same name', async () => {
    const positions = [
      [0, 0, 0],
      [0, 0, 3.7],
    ];
    const first = frame({ id: 'twice', positions, sigma: [500, 501] });
    const second = frame({ id: 'twice', positions, sigma: [500, 502] });
    const { items } = await importCalculations(server, first + second, { fileName: 'a.extxyz' });
    expect(items.map(({ status }) => status)).toEqual(['INSERTED', 'REJECTED']);
    expect(items[1].error).toMatchObject({ code: 'CONFLICTING_CALCULATION' });
    expect(items[1].error!.message).toContain('a.extxyz, line 5 (twice)');

    const before = await server.countRecords();
    expect(await importCalculations(server, second)).toMatchObject({ rejected: 1, sourceSha256: null });
    expect(await server.countRecords()).toEqual(before);
    const elsewhere = frame({
      id: 'twice',
      positions,
      sigma: [500, 502],
      level: 'program=a program_version=b method=c basis=e',
    });
    expect(await importCalculations(server, elsewhere)).toMatchObject({ inserted: 1 });

    await server.request(
      `mutation ($id: ID!) { invalidateCalculation(input: { calculation: $id, reason: "not converged" }) { id } }`,
      { id: items[0].calculation!.id },
    );
    expect(await importCalculations(server, second)).toMatchObject({ inserted: 1 });
  });
});

describe('a file', () => {
  test.each([
    [
      'larger than 8 MiB',
      'big.extxyz',
      ' '.repeat(8 * 1024 * 1024 + 1),
      'TOO_LARGE',
      /big\.extxyz .*8 MiB; use requestUpload/,
    ],
    ['without a name', ' ', frame(), 'BAD_USER_INPUT', /fileName must have 1 to 255 characters/],
    ['with a name that cannot be stored', 'a\0b', frame(), 'BAD_USER_INPUT', /input\.fileName holds a NUL character/],
  ])('%s is refused as a whole', async (_, fileName, content, code, says) => {
    const error = await refusal(server, IMPORT_CALCULATIONS, { input: { fileName, content } });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('that ten clients bring at once is stored once', async () => {
    const content = Array.from({ length: 5 }, (_, i) => frame({ id: `at-once-${i}` })).join('');
    const before = await server.countRecords();
    const reports = await Promise.all(Array.from({ length: 10 }, () => importCalculations(server, content)));
    const after = await server.countRecords();
    expect(after['public.clusters']).toBe(before['public.clusters'] + 5);
    expect(after['public.calculations']).toBe(before['public.calculations'] + 5);
    expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(5);
    expect(reports.reduce((sum, { existing }) => sum + existing, 0)).toBe(45);
    expect(new Set(reports.map(({ items }) => JSON.stringify(items.map((each) => each.calculation)))).size).toBe(1);
  });

  test('may hold the same clusters as others that arrive at the same time, in any order', async () => {
    const frames = Array.from({ length: 40 }, (_, i) => frame({ id: `any-order-${i}` }));
    const orders = Array.from({ length: 6 }, (_, k) => frames.map((_, i) => frames[(i * (2 * k + 3) + 7 * k) % 40]));
    const before = await server.countRecords();
    const reports = await Promise.all(orders.map((order) => importCalculations(server, [...new Set(order)].join(''))));
    const inserted = reports.reduce((sum, report) => sum + report.inserted, 0);
    expect(inserted).toBe(new Set(orders.flat()).size);
    expect((await server.countRecords())['public.calculations']).toBe(before['public.calculations'] + inserted);
  });
});

/** Finite doubles of random bits, subnormal and negative ones among them; the same each time. */
function randomDoubles(count: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  const doubles = [5e-324, -5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, 0.1 + 0.2, -0, 1 / 3, 2 ** 53 - 1];
  while (doubles.length < count) {
    // the exponents that measured numbers have, and now and then any at all
    const exponent = doubles.length % 8 === 0 ? next() % 2047 : 1003 + (next() % 50);
    view.setUint32(0, ((next() & 0x800fffff) | (exponent << 20)) >>> 0);
    view.setUint32(4, next());
    doubles.push(view.getFloat64(0));
  }
  return doubles;
}
