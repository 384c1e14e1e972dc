import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, refusal, startApiServer } from '../support/api.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { runEnded, trainLasso } from '../support/training.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
  const datasetVersion = await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 3 });
  await server.request(`mutation { createFeatureSet(input: { name: "rcn", runningCoordinationNumbers: {} }) { id } }`);
  const run = await trainLasso(server, { model: 'm', datasetVersion, featureSet: 'rcn' });
  expect(await runEnded(server, run)).toMatchObject({ state: 'SUCCEEDED' });
});
afterAll(() => server?.dispose());

const PREDICT = `mutation ($structures: [StructureInput!]!) {
  predictShieldings(input: { modelVersion: "m/1", structures: $structures }) { predictions { label shieldingsPpm } }
}`;
const GOOD = {
  elements: ['Na', 'Na'],
  positionsAngstrom: [
    [0, 0, 0],
    [3.1, 0, 0],
  ],
};

describe('a structure given inline', () => {
  test('is answered for in its place, and leaves no trace', async () => {
    const before = await server.countRecords();
    const { predictShieldings } = await server.request<{ predictShieldings: { predictions: object[] } }>(PREDICT, {
      structures: [
        { ...GOOD, label: 'first' },
        { ...GOOD, charge: 1 },
      ],
    });
    const shieldingsPpm = [expect.any(Number), expect.any(Number)];
    expect(predictShieldings.predictions).toEqual([
      { label: 'first', shieldingsPpm },
      { label: null, shieldingsPpm },
    ]);
    expect(await server.countRecords()).toEqual(before);
  });

  test.each([
    ['no atoms', { elements: [], positionsAngstrom: [] }, 'INVALID_STRUCTURE', /structures\[1\] has no atoms/],
    [
      'an unknown element',
      { elements: ['Na', 'Zz'] },
      'UNKNOWN_ELEMENT',
      /Atom 2 of structures\[1\] has the symbol "Zz", which is no element; use symbols/,
    ],
    [
      'atoms too close',
      {
        positionsAngstrom: [
          [0, 0, 0],
          [0.3, 0.3, 0.2],
        ],
      },
      'ATOMS_TOO_CLOSE',
      /structures\[1\]: atoms 1 \(Na\) and 2 \(Na\) are 0\.469 Å apart/,
    ],
    [
      'two atoms at one place',
      {
        positionsAngstrom: [
          [1, 2, 3],
          [1, 2, 3],
        ],
      },
      'ATOMS_TOO_CLOSE',
      /structures\[1\]: atoms 1 \(Na\) and 2 \(Na\) are 0\.00 Å apart/,
    ],
    [
      'a position out of reach',
      {
        positionsAngstrom: [
          [0, 0, 0],
          [1e9, 0, 0],
        ],
      },
      'INVALID_STRUCTURE',
      /x of atom 2 is 1000000000 Å/,
    ],
    [
      'a position too few',
      { positionsAngstrom: [[0, 0, 0]] },
      'BAD_USER_INPUT',
      /structures\[1\] has 2 elements and 1 positions/,
    ],
    [
      'a coordinate too few',
      {
        positionsAngstrom: [
          [0, 0, 0],
          [3, 0],
        ],
      },
      'BAD_USER_INPUT',
      /structures\[1\]\.positionsAngstrom\[1\] must hold three numbers/,
    ],
    [
      'a coordinate that is null',
      {
        positionsAngstrom: [
          [0, 0, 0],
          [3, 0, null],
        ],
      },
      'BAD_USER_INPUT',
      /null/,
    ],
    ['an impossible charge', { charge: 23 }, 'INVALID_STRUCTURE', /charge 23, which its atoms cannot have/],
    [
      'an impossible multiplicity',
      { multiplicity: 2 },
      'INVALID_STRUCTURE',
      /22 electrons .* the lowest possible is 1/,
    ],
    [
      'a label that is no text',
      { label: '\udead' },
      'BAD_USER_INPUT',
      /structures\[1\]\.label holds a NUL character or half/,
    ],
  ])('with %s is refused, and the others with it', async (_, changes, code, says) => {
    const error = await refusal(server, PREDICT, { structures: [GOOD, { ...GOOD, ...changes }] });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });

  test('with an infinite position is refused', async () => {
    const error = await refusal(
      server,
      `mutation {
        predictShieldings(
          input: { modelVersion: "m/1", structures: [{ elements: ["Na"], positionsAngstrom: [[0, -1e999, 0]] }] }
        ) { predictions { label } }
      }`,
    );
    expect(error.code).toBe('NON_FINITE_NUMBER');
    expect(error.message).toMatch(/structures\[0\]: y of atom 1 is -Infinity; give a number in Å/);
  });

  test('has to be given, or a cluster', async () => {
    const error = await refusal(server, PREDICT, { structures: [] });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(error.message).toMatch(/nothing to predict: give clusters or structures/);
  });
});
