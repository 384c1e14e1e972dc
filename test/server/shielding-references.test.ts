import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiServer,
  frame,
  importCalculations,
  levelOfTheoryId,
  refusal,
  rowOfAtoms,
  setShieldingReference,
  startApiServer,
} from '../support/api.ts';

let server: ApiServer;
let levelOfTheory: string;
let otherLevel: string;
let calculation: string;
beforeAll(async () => {
  server = await startApiServer();
  const nacl = { elements: ['Na', 'Cl', 'Na'], positions: rowOfAtoms(3, 0.1), sigma: [576, 950, 560.5] };
  const { items } = await importCalculations(
    server,
    frame(nacl) + frame({ ...nacl, level: 'program=other program_version=1 method=m basis=b' }),
  );
  calculation = items[0].calculation!.id;
  levelOfTheory = await levelOfTheoryId(server, 'invented');
  otherLevel = await levelOfTheoryId(server, 'other');
});
afterAll(() => server?.dispose());

const SET = `mutation ($input: SetShieldingReferenceInput!) {
  reference: setShieldingReference(input: $input) {
    id nucleus version shieldingPpm compound source createdBy levelOfTheory { id }
  }
}`;

interface Reference {
  readonly id: string;
  readonly version: number;
}

const input = (changes: object = {}) => ({
  input: { levelOfTheory, shieldingPpm: 576.25, compound: '0.1 M NaCl in D2O', source: 'invented', ...changes },
});

async function set(changes: object = {}): Promise<Reference> {
  return (await server.request<{ reference: Reference }>(SET, input(changes))).reference;
}

const SHIFTS = `query ($id: ID!, $nucleus: String! = "23Na", $reference: ID) {
  calculation(id: $id) { shiftsPpm(nucleus: $nucleus, reference: $reference) }
}`;

async function shifts(variables: object = {}): Promise<(number | null)[]> {
  const answer = await server.request<{ calculation: { shiftsPpm: (number | null)[] } }>(SHIFTS, {
    id: calculation,
    ...variables,
  });
  return answer.calculation.shiftsPpm;
}

const shift = (shielding: number, reference: number) => (reference - shielding) / (1 - 1e-6 * reference);

test('a registry starts without references, and says how to set one', async () => {
  expect(await server.request('{ shieldingReferences(first: 1) { totalCount } }')).toEqual({
    shieldingReferences: { totalCount: 0 },
  });
  const error = await refusal(server, SHIFTS, { id: calculation });
  expect(error.code).toBe('NOT_FOUND');
  expect(error.message).toBe(
    'there is no shielding reference of 23Na at invented 1 none/none; set one with the mutation setShieldingReference',
  );
});

describe('a shielding reference', () => {
  test('is versioned per nucleus and level of theory; the same values again are no new version', async () => {
    const first = await set();
    expect(first).toEqual({
      ...{ id: first.id, nucleus: '23Na', version: 1, shieldingPpm: 576.25, compound: '0.1 M NaCl in D2O' },
      ...{ source: 'invented', createdBy: 'local admin', levelOfTheory: { id: levelOfTheory } },
    });
    expect(await set({ nucleus: 'na-23' })).toEqual(first);
    const second = await set({ shieldingPpm: 575 });
    expect(second.version).toBe(2);
    expect((await set({ source: 'elsewhere', shieldingPpm: 575 })).version).toBe(3);
    // back to what version 1 said: a decision of its own
    expect((await set()).version).toBe(4);
    expect((await set({ nucleus: '35Cl' })).version).toBe(1);
    expect((await set({ levelOfTheory: otherLevel })).version).toBe(1);
    const { page } = await server.request<{ page: { nodes: object[] } }>(
      `{ page: shieldingReferences(first: 10, filter: { nucleus: { equals: "23Na" }, version: { lessThan: 3 } }) {
        nodes { version shieldingPpm levelOfTheory { program } }
      } }`,
    );
    expect(page.nodes).toEqual([
      { version: 1, shieldingPpm: 576.25, levelOfTheory: { program: 'invented' } },
      { version: 2, shieldingPpm: 575, levelOfTheory: { program: 'invented' } },
      { version: 1, shieldingPpm: 576.25, levelOfTheory: { program: 'other' } },
    ]);
    const { reference } = await server.request<{ reference: object }>(
      'query ($id: ID!) { reference: shieldingReference(id: $id) { version shieldingPpm } }',
      { id: first.id },
    );
    expect(reference).toEqual({ version: 1, shieldingPpm: 576.25 });
  });

  test('gets one number, however many set different ones at the same time', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, i) => set({ nucleus: '7Li', shieldingPpm: 90 + i / 10 })),
    );
    expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('converts both ways', async () => {
    const id = await setShieldingReference(server, { levelOfTheory, nucleus: '13C', shieldingPpm: 184.1 });
    const shieldings = [184.1, 0, -300.25, 1e5];
    const query = `query ($id: ID!, $shieldings: [Float!]!, $shifts: [Float!]!) {
      shieldingReference(id: $id) { shiftsPpm(shieldingsPpm: $shieldings) shieldingsPpm(shiftsPpm: $shifts) }
    }`;
    type Answer = { shieldingReference: { shiftsPpm: number[]; shieldingsPpm: number[] } };
    const { shiftsPpm } = (await server.request<Answer>(query, { id, shieldings, shifts: [] })).shieldingReference;
    expect(shiftsPpm).toEqual(shieldings.map((each) => shift(each, 184.1)));
    const back = await server.request<Answer>(query, { id, shieldings: [], shifts: shiftsPpm });
    back.shieldingReference.shieldingsPpm.forEach((each, i) => {
      expect(Math.abs(each - shieldings[i])).toBeLessThanOrEqual(1e-15 * 1e5);
    });
  });

  test.each([
    [
      'shiftsPpm(shieldingsPpm: [576, 1e308])',
      /^shieldingsPpm\[1\] is 1e\+308 ppm; it must lie within ±1000000000 ppm/,
    ],
    ['shieldingsPpm(shiftsPpm: [-1e308])', /^shiftsPpm\[0\] is -1e\+308 ppm; it must lie within/],
  ])('refuses %s, which no nucleus has', async (field, says) => {
    const id = await setShieldingReference(server, { levelOfTheory, nucleus: '13C', shieldingPpm: 999_999.9999 });
    const error = await refusal(server, `query ($id: ID!) { shieldingReference(id: $id) { ${field} } }`, { id });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });

  test.each([
    ['an empty source', { source: '' }, /^source must have 1 to 2000 characters/],
    ['a blank source', { source: ' \n' }, /^source must have/],
    ['an empty compound', { compound: '' }, /^compound must have 1 to 500 characters/],
    ['a source too long', { source: 'x'.repeat(2001) }, /^source must have/],
    ['an unknown nucleus', { nucleus: '23Zz' }, /"23Zz" is no nucleus: there is no element Zz/],
    ['no nucleus', { nucleus: 'sodium' }, /"sodium" is no nucleus; write mass number and element, such as 23Na/],
    ['a mass number that cannot be', { nucleus: '230Na' }, /mass number of Na lies between 11 and 44/],
    ['a shielding out of all reason', { shieldingPpm: 1e6 }, /is 1000000 ppm; it must lie between ±1000000 ppm/],
    ['a shielding that is no number', { shieldingPpm: 'much' }, /Float cannot represent/],
  ])('with %s is refused', async (_, changes, says) => {
    const error = await refusal(server, SET, input(changes));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(says);
  });
});

describe('shifts of a calculation', () => {
  test('are reckoned from the newest reference, null for other elements', async () => {
    await set({ shieldingPpm: 580, source: 'newest' });
    expect(await shifts()).toEqual([shift(576, 580), null, shift(560.5, 580)]);
    expect(await shifts({ nucleus: 'NA23' })).toEqual(await shifts());
    await set({ nucleus: '35Cl', shieldingPpm: 975 });
    expect(await shifts({ nucleus: '35Cl' })).toEqual([null, shift(950, 975), null]);
  });

  test('are reckoned from the reference that is given', async () => {
    const older = await setShieldingReference(server, { levelOfTheory, shieldingPpm: 500 });
    await set({ shieldingPpm: 580 });
    expect(await shifts({ reference: older })).toEqual([shift(576, 500), null, shift(560.5, 500)]);
  });

  test('are refused with a reference of another level of theory or nucleus', async () => {
    const other = await setShieldingReference(server, { levelOfTheory: otherLevel });
    const level = await refusal(server, SHIFTS, { id: calculation, reference: other });
    expect(level.code).toBe('MIXED_LEVELS_OF_THEORY');
    expect(level.message).toMatch(
      /another level of theory than the shieldings, invented 1 none\/none: errors of the two/,
    );
    const chlorine = await setShieldingReference(server, { levelOfTheory, nucleus: '35Cl' });
    const nucleus = await refusal(server, SHIFTS, { id: calculation, reference: chlorine });
    expect(nucleus.code).toBe('BAD_USER_INPUT');
    expect(nucleus.message).toBe('the reference is of 35Cl, not of 23Na');
    const unknown = Buffer.from('ShieldingReference:999999').toString('base64');
    expect(await refusal(server, SHIFTS, { id: calculation, reference: unknown })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(server, SHIFTS, { id: calculation, nucleus: 'x' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
