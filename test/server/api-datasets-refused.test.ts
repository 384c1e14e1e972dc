import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  CREATE_VERSION,
  createDataset,
  createVersion,
  importOne,
  importSmallClusters,
  invalidateCalculation,
  refusal,
  rowOfAtoms,
  startApiServer,
} from '../support/api.ts';

let server: ApiServer;
let ids: Record<string, string>;
let source: string;
beforeAll(async () => {
  server = await startApiServer();
  ({ ids, source } = await importSmallClusters(server));
  await createDataset(server, 'refusing');
});
afterAll(() => server?.dispose());

const whole = () => ({ filter: { sourceSha256: { equals: source } } });
const asGiven = { split: { asGiven: true } };

describe('a version is refused', () => {
  const bySize = { bySize: { validation: [3], test: [4] } };
  const lists = (train: string[], validation: string[], test: string[]) => ({
    split: { byList: { train, validation, test } },
  });
  const some = () => ({ calculations: [ids.a2, ids.a3] });
  const unknown = Buffer.from('Calculation:999999').toString('base64');

  const CASES: [string, () => object, string, RegExp][] = [
    [
      'that leaves train empty, by size',
      () => ({ ...some(), split: { bySize: { validation: [2], test: [3] } } }),
      'EMPTY_SPLIT',
      /leaves no cluster in train \(2 in validation and test\); change the split/,
    ],
    [
      'that leaves train empty, by list',
      () => ({ ...some(), ...lists([], ['a2'], ['a3']) }),
      'EMPTY_SPLIT',
      /leaves no cluster in train/,
    ],
    [
      'that leaves train empty, as given',
      () => ({ calculations: [ids.a3, ids.a4], ...asGiven }),
      'EMPTY_SPLIT',
      /leaves no cluster in train/,
    ],
    [
      'that nothing matches',
      () => ({ filter: { label: { equals: 'nothing' } }, ...asGiven }),
      'EMPTY_SPLIT',
      /no valid calculation matches; import some/,
    ],
    ['of an empty list', () => ({ calculations: [], ...asGiven }), 'EMPTY_SPLIT', /no valid calculation matches/],
    [
      'of a data set that does not exist',
      () => ({ dataset: 'nowhere', ...whole(), ...asGiven }),
      'NOT_FOUND',
      /no data set "nowhere"; the query datasets lists them/,
    ],
    [
      'of an unknown calculation',
      () => ({ calculations: [unknown], ...asGiven }),
      'NOT_FOUND',
      /no Calculation with the id "Q2Fs[^"]+"; list those there are/,
    ],
    [
      'of the id of something else',
      () => ({ calculations: [Buffer.from('Cluster:1').toString('base64')], ...asGiven }),
      'NOT_FOUND',
      /is the id of a Cluster, not of a Calculation/,
    ],
    ['of ids that are none', () => ({ calculations: ['a2'], ...asGiven }), 'NOT_FOUND', /"a2" is not an id that this/],
    [
      'of a calculation listed twice',
      () => ({ calculations: [ids.a2, ids.a2], split: bySize }),
      'BAD_USER_INPUT',
      /listed twice; list each once/,
    ],
    ['without calculations', () => asGiven, 'BAD_USER_INPUT', /either the ids of the calculations or a filter/],
    [
      'with ids and a filter',
      () => ({ ...some(), ...whole(), ...asGiven }),
      'BAD_USER_INPUT',
      /either the ids of the calculations or a filter/,
    ],
    [
      'with no way to split',
      () => ({ ...some(), split: {} }),
      'BAD_USER_INPUT',
      /exactly one of asGiven: true, bySize/,
    ],
    [
      'with two ways to split',
      () => ({ ...some(), split: { asGiven: true, ...bySize } }),
      'BAD_USER_INPUT',
      /exactly one of/,
    ],
    [
      'with a size in two splits',
      () => ({ ...some(), split: { bySize: { validation: [3, 4], test: [4] } } }),
      'BAD_USER_INPUT',
      /size 4 is in validation and in test/,
    ],
    [
      'with a label in two lists',
      () => ({ ...some(), ...lists(['a2'], ['a2'], ['a3']) }),
      'BAD_USER_INPUT',
      /"a2" is listed in train and in validation; list it once/,
    ],
    [
      'with a calculation in two lists, by its id and by its label',
      () => ({ ...some(), ...lists(['a2'], [ids.a2], ['a3']) }),
      'BAD_USER_INPUT',
      /calculation a2 is listed in (train and in validation|validation and in train); list it once/,
    ],
    [
      'with a calculation in no list',
      () => ({ ...some(), ...lists(['a2'], [], []) }),
      'BAD_USER_INPUT',
      /calculation a3 is in none of the lists; list it or leave it out/,
    ],
    [
      'with a name in a list that is not among the calculations',
      () => ({ ...some(), ...lists(['a2', 'a3'], ['a9'], []) }),
      'NOT_FOUND',
      /"a9" is in the list of the split but not among the calculations/,
    ],
  ];

  test.each(CASES)('%s', async (_, input, code, says) => {
    const error = await refusal(server, CREATE_VERSION, { input: { dataset: 'refusing', ...input() } });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('as given, when a file gave no split', async () => {
    const calculation = await importOne(server, { id: 'without-split' });
    const error = await refusal(server, CREATE_VERSION, {
      input: { dataset: 'refusing', calculations: [calculation], ...asGiven },
    });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/without-split gave it no split; add split=train .* or split by size or by list/);
  });

  test('with mixed levels of theory, unless they are asked for', async () => {
    const other = await importOne(server, {
      id: 'other-level',
      level: 'program=other program_version=2 method=m basis=b',
    });
    const input = { dataset: 'refusing', calculations: [ids.a2, other], split: bySize };
    const error = await refusal(server, CREATE_VERSION, { input });
    expect(error.code).toBe('MIXED_LEVELS_OF_THEORY');
    expect(error.message).toMatch(
      /2 levels of theory \(invented 1 none\/none; other 2 m\/b\); filter for one, or set allow/,
    );

    const version = await createVersion(server, { ...input, allowMixedLevelsOfTheory: true });
    expect(version.levelsOfTheory.map(({ program }) => program).sort()).toEqual(['invented', 'other']);
  });

  test('with an invalidated calculation that is asked for by its id', async () => {
    const calculation = await importOne(server, { id: 'invalidated' });
    await invalidateCalculation(server, calculation, 'a wrong basis');
    const error = await refusal(server, CREATE_VERSION, {
      input: { dataset: 'refusing', calculations: [ids.a2, calculation], split: bySize },
    });
    expect(error.code).toBe('INVALID_STATE');
    expect(error.message).toMatch(/calculation invalidated was invalidated \(a wrong basis\); leave it out/);
  });

  test('with two results for one cluster at one level of theory', async () => {
    const positions = rowOfAtoms(2, 1.5);
    const pair = [
      await importOne(server, { id: 'first-result', positions }),
      await importOne(server, { id: 'second-result', positions, sigma: [1, 2] }),
    ];
    const error = await refusal(server, CREATE_VERSION, {
      input: { dataset: 'refusing', calculations: pair, split: bySize },
    });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(
      /first-result and .*second-result are of the same cluster \(Na2\) .* keep one of them/,
    );
  });

  test('with a cluster in two splits', async () => {
    const positions = rowOfAtoms(2, 1.7);
    const pair = [
      await importOne(server, { id: 'one-level', positions }),
      await importOne(server, {
        id: 'next-level',
        positions,
        level: 'program=next program_version=1 method=m basis=b',
      }),
    ];
    const error = await refusal(server, CREATE_VERSION, {
      input: {
        dataset: 'refusing',
        calculations: pair,
        ...lists(['one-level'], ['next-level'], []),
        allowMixedLevelsOfTheory: true,
      },
    });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/same cluster \(Na2\) but in different splits; put both into one/);
  });
});
