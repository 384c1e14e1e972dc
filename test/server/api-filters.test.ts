import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  errorOf,
  frame,
  importCalculations,
  invalidateCalculation,
  rowOfAtoms,
  startApiServer,
} from '../support/api.ts';

interface Calculation {
  readonly id: string;
  readonly label: string | null;
  readonly energyHartree: number | null;
  readonly givenSplit: 'TRAIN' | 'VALIDATION' | 'TEST' | null;
  readonly createdAt: string;
  readonly invalidatedAt: string | null;
  readonly cluster: { readonly id: string; readonly size: number; readonly formula: string };
}

let server: ApiServer;
let all: readonly Calculation[];
beforeAll(async () => {
  server = await startApiServer();
  const content = [
    frame({ id: 'na06-100%', positions: rowOfAtoms(2, 0.1), keys: 'energy_hartree=-1.5 split=test' }),
    frame({ id: 'NA06_é', positions: rowOfAtoms(3, 0.1), keys: 'energy_hartree=0 split=train' }),
    frame({ positions: rowOfAtoms(4, 0.1) }),
    frame({ id: "na08'; --", positions: rowOfAtoms(4, 0.2), keys: 'energy_hartree=2.5' }),
    frame({ id: 'nacl', elements: ['Na', 'Cl'], positions: rowOfAtoms(2, 0.3), keys: 'energy_hartree=-0.25' }),
  ].join('');
  const { items } = await importCalculations(server, content);
  await invalidateCalculation(server, items[3].calculation!.id);
  all = await filtered({});
  expect(all).toHaveLength(5);
});
afterAll(() => server?.dispose());

const QUERY = `query ($filter: CalculationFilter) {
  calculations(first: 200, filter: $filter) {
    totalCount nodes { id label energyHartree givenSplit createdAt invalidatedAt cluster { id size formula } }
  }
}`;

async function filtered(filter: object): Promise<readonly Calculation[]> {
  const { calculations } = await server.request<{ calculations: { totalCount: number; nodes: Calculation[] } }>(QUERY, {
    filter,
  });
  expect(calculations.totalCount).toBe(calculations.nodes.length);
  return calculations.nodes;
}

const size = ({ cluster }: Calculation) => cluster.size;
const energy = ({ energyHartree }: Calculation) => energyHartree;
const has = (value: number | null, condition: (value: number) => boolean) => value !== null && condition(value);

/** Filter, and what it must find of all calculations. */
const CASES: readonly (readonly [name: string, filter: () => object, finds: (each: Calculation) => boolean])[] = [
  ['Int equals', () => ({ size: { equals: 2 } }), (each) => size(each) === 2],
  ['Int notEquals', () => ({ size: { notEquals: 2 } }), (each) => size(each) !== 2],
  ['Int in', () => ({ size: { in: [3, 4, 99] } }), (each) => [3, 4].includes(size(each))],
  ['Int in nothing', () => ({ size: { in: [] } }), () => false],
  ['Int lessThan', () => ({ size: { lessThan: 3 } }), (each) => size(each) < 3],
  ['Int atMost', () => ({ size: { atMost: 3 } }), (each) => size(each) <= 3],
  ['Int greaterThan', () => ({ size: { greaterThan: 3 } }), (each) => size(each) > 3],
  ['Int atLeast', () => ({ size: { atLeast: 3 } }), (each) => size(each) >= 3],
  ['Int, two operators', () => ({ size: { atLeast: 3, lessThan: 4 } }), (each) => size(each) === 3],
  ['Float lessThan', () => ({ energyHartree: { lessThan: 0 } }), (each) => has(energy(each), (value) => value < 0)],
  ['Float atMost', () => ({ energyHartree: { atMost: 0 } }), (each) => has(energy(each), (value) => value <= 0)],
  [
    'Float greaterThan',
    () => ({ energyHartree: { greaterThan: 0 } }),
    (each) => has(energy(each), (value) => value > 0),
  ],
  ['Float atLeast', () => ({ energyHartree: { atLeast: 0 } }), (each) => has(energy(each), (value) => value >= 0)],
  ['Float isNull', () => ({ energyHartree: { isNull: true } }), (each) => energy(each) === null],
  ['Float is not null', () => ({ energyHartree: { isNull: false } }), (each) => energy(each) !== null],
  ['String equals', () => ({ label: { equals: 'nacl' } }), ({ label }) => label === 'nacl'],
  ['String equals, quotes and all', () => ({ label: { equals: "na08'; --" } }), ({ label }) => label === "na08'; --"],
  ['String notEquals, null included', () => ({ label: { notEquals: 'nacl' } }), ({ label }) => label !== 'nacl'],
  [
    'String in',
    () => ({ label: { in: ['nacl', 'NA06_é', 'x'] } }),
    ({ label }) => ['nacl', 'NA06_é'].includes(label ?? ''),
  ],
  [
    'String contains, whatever the capitals',
    () => ({ label: { contains: 'Na0' } }),
    ({ label }) => /na0/i.test(label ?? ''),
  ],
  ['String contains, no wildcards', () => ({ label: { contains: '%' } }), ({ label }) => (label ?? '').includes('%')],
  [
    'String contains, no wildcards either',
    () => ({ label: { contains: '6_' } }),
    ({ label }) => (label ?? '').includes('6_'),
  ],
  ['String startsWith', () => ({ label: { startsWith: 'na' } }), ({ label }) => (label ?? '').startsWith('na')],
  ['String isNull', () => ({ label: { isNull: true } }), ({ label }) => label === null],
  ['Id equals', () => ({ id: { equals: all[1].id } }), ({ id }) => id === all[1].id],
  ['Id notEquals', () => ({ id: { notEquals: all[1].id } }), ({ id }) => id !== all[1].id],
  ['Id in', () => ({ id: { in: [all[0].id, all[4].id] } }), ({ id }) => [all[0].id, all[4].id].includes(id)],
  ['Id of another type', () => ({ clusterId: { equals: all[2].cluster.id } }), ({ id }) => id === all[2].id],
  ['Split equals', () => ({ givenSplit: { equals: 'TEST' } }), ({ givenSplit }) => givenSplit === 'TEST'],
  ['Split notEquals', () => ({ givenSplit: { notEquals: 'TEST' } }), ({ givenSplit }) => givenSplit !== 'TEST'],
  ['Split in', () => ({ givenSplit: { in: ['TRAIN', 'TEST'] } }), ({ givenSplit }) => givenSplit !== null],
  ['Split isNull', () => ({ givenSplit: { isNull: true } }), ({ givenSplit }) => givenSplit === null],
  ['Date isNull', () => ({ invalidatedAt: { isNull: true } }), ({ invalidatedAt }) => invalidatedAt === null],
  ['Date atLeast', () => ({ createdAt: { atLeast: all[0].createdAt } }), () => true],
  ['Date lessThan', () => ({ createdAt: { lessThan: all[0].createdAt } }), () => false],
  ['Date lessThan, far off', () => ({ createdAt: { lessThan: '9999-12-31T23:59:59Z' } }), () => true],
  [
    'fields of the cluster and the level of theory',
    () => ({ formula: { equals: 'ClNa' }, program: { equals: 'invented' } }),
    ({ cluster }) => cluster.formula === 'ClNa',
  ],
  [
    'two fields',
    () => ({ size: { equals: 4 }, label: { isNull: false } }),
    ({ cluster, label }) => cluster.size === 4 && label !== null,
  ],
  ['and', () => ({ and: [{ size: { atLeast: 3 } }, { size: { atMost: 3 } }] }), (each) => size(each) === 3],
  ['and of none', () => ({ and: [] }), () => true],
  [
    'or',
    () => ({ or: [{ size: { equals: 3 } }, { label: { equals: 'nacl' } }] }),
    (each) => size(each) === 3 || each.label === 'nacl',
  ],
  ['or of none', () => ({ or: [] }), () => false],
  ['not', () => ({ not: { size: { equals: 2 } } }), (each) => size(each) !== 2],
  [
    'not, of what is null',
    () => ({ not: { energyHartree: { lessThan: 0 } } }),
    (each) => !has(energy(each), (value) => value < 0),
  ],
  ['not of anything', () => ({ not: {} }), () => false],
  [
    'nested',
    () => ({
      or: [
        { and: [{ size: { equals: 4 } }, { not: { label: { isNull: true } } }] },
        { not: { size: { greaterThan: 2 } } },
      ],
    }),
    (each) => (size(each) === 4 && each.label !== null) || size(each) <= 2,
  ],
  [
    'null, which asks for nothing',
    () => ({ and: null, or: null, not: null, size: null, id: { equals: null, in: null }, label: { equals: null } }),
    () => true,
  ],
];

describe('a filter', () => {
  test.each(CASES)('%s', async (_, filter, finds) => {
    expect((await filtered(filter())).map(({ id }) => id)).toEqual(all.filter(finds).map(({ id }) => id));
  });

  test('is tested with every operator there is', async () => {
    const types = ['SplitFilter', 'IdFilter', 'StringFilter', 'IntFilter', 'FloatFilter', 'DateFilter'];
    const { schema } = await server.request<{
      schema: { types: { name: string; inputFields: { name: string }[] | null }[] };
    }>(`{ schema: __schema { types { name inputFields { name } } } }`);
    const operators = schema.types
      .filter(({ name }) => types.includes(name))
      .flatMap(({ name, inputFields }) => inputFields!.map((field) => `${name.replace('Filter', '')} ${field.name}`));
    expect(operators).toHaveLength(28);
    const tested = CASES.map(([name]) => name.replace('is not null', 'isNull'));
    for (const operator of operators) expect(tested.filter((name) => name.startsWith(operator))).not.toEqual([]);
  });

  const deep = (levels: number): object => (levels === 0 ? { size: { equals: 2 } } : { not: deep(levels - 1) });
  test.each([
    ['nested too deeply', () => deep(11), 'BAD_USER_INPUT', /nested deeper than 10 levels; flatten it/],
    [
      'with too many conditions',
      () => ({ or: Array.from({ length: 201 }, (_, i) => ({ size: { equals: i } })) }),
      'BAD_USER_INPUT',
      /more than 200 conditions; use in/,
    ],
    [
      'by the id of another type',
      () => ({ clusterId: { equals: all[0].id } }),
      'NOT_FOUND',
      /is the id of a Calculation, not of a Cluster/,
    ],
    ['by what is no id', () => ({ id: { in: ['1'] } }), 'NOT_FOUND', /"1" is not an id that this server gave/],
    [
      'by a text that no label can be',
      () => ({ label: { equals: 'a\0' } }),
      'BAD_USER_INPUT',
      /filter\.label\.equals holds a NUL/,
    ],
    ['by a date that is none', () => ({ createdAt: { lessThan: 'yesterday' } }), 'BAD_USER_INPUT', /yesterday/],
    ['by a field that there is not', () => ({ shieldingsPpm: { equals: 1 } }), 'BAD_USER_INPUT', /shieldingsPpm/],
    ['by an operator of another type', () => ({ size: { contains: '2' } }), 'BAD_USER_INPUT', /contains/],
    ['by a number out of range', () => ({ size: { equals: 2 ** 31 } }), 'BAD_USER_INPUT', /32-bit/],
  ])('%s is refused', async (_, filter, code, says) => {
    const error = await errorOf(server, QUERY, { filter: filter() });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('may be ten levels deep', async () => {
    expect(await filtered(deep(10))).toEqual(all.filter((each) => size(each) === 2));
  });

  test('holds for every list that has one', async () => {
    const { type } = await server.request<{ type: { fields: { name: string; args: { name: string }[] }[] } }>(
      `{ type: __type(name: "Query") { fields { name args { name } } } }`,
    );
    const lists = type.fields.filter(
      ({ name, args }) => args.some((arg) => arg.name === 'filter') && !/^(atoms|calculationInputs)$/.test(name),
    );
    expect(lists).toHaveLength(12);
    for (const { name } of lists) {
      const counts = await server.request<Record<string, { totalCount: number }>>(
        `{ all: ${name}(first: 1, filter: { createdBy: { isNull: false } }) { totalCount }
           none: ${name}(first: 1, filter: { not: { createdBy: { isNull: false } } }) { totalCount } }`,
      );
      expect(counts.none.totalCount).toBe(0);
      expect(counts.all.totalCount).toBe(['calculations', 'clusters'].includes(name) ? 5 : 0);
    }
  });
});
