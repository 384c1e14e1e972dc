import { expect, it } from 'vitest';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { type Structure, structureFromSymbols } from '../../src/chemistry/structure.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';
import type { Store } from '../../src/registry/ports.ts';
import { type Tied, tieToClusters } from '../../src/registry/structures/tied-clusters.ts';

const POSITIONS = [0.1234567890123456, -0.2, 1 / 3, 1.7, 1.05, Math.E, -3.3333333333, 0.5, 0.25];
const NA3 = structureFromSymbols(['Na', 'Na', 'Na'], POSITIONS, 1);

/** A store that knows the structures and counts its queries. */
function storeOf(...structures: Structure[]) {
  const queries: string[][] = [];
  const clusters = {
    async findIn(_: string, values: string[]) {
      queries.push(values);
      return structures
        .map((each) => ({
          ...each,
          positionsAngstrom: [...each.positionsAngstrom],
          identitySha256: structureHash(each),
        }))
        .filter(({ identitySha256 }) => values.includes(identitySha256));
    },
  };
  return { store: { clusters } as unknown as Store, queries };
}

function recordOf(structure: Structure, named: string | null = structureHash(NA3)): CalculationRecord {
  return {
    structure,
    provenance: named === null ? { frame: 'given' } : { natrium_cluster: named, frame: 'given' },
  } as unknown as CalculationRecord;
}

function moved(change: (x: number, k: number) => number, structure = NA3): Structure {
  return { ...structure, positionsAngstrom: structure.positionsAngstrom.map(change) };
}

async function tieOne(structure: Structure, named?: string | null): Promise<Tied<CalculationRecord>> {
  return (await tieToClusters(storeOf(NA3).store, [recordOf(structure, named)]))[0];
}

it.each([5, 6, 8])('gives printed positions of %i decimals back their digits', async (decimals) => {
  const printed = moved((x) => Number(x.toFixed(decimals)));
  expect(structureHash(printed)).not.toBe(structureHash(NA3));
  const { record, parentSha256 } = await tieOne(printed);
  expect(structureHash(record.structure)).toBe(structureHash(NA3));
  expect(record.provenance).toMatchObject({ tied_by: 'name tag', frame: 'given', natrium_cluster: structureHash(NA3) });
  expect(parentSha256).toBeNull();
});

it.each([
  ['an optimised geometry', moved((x, k) => (k === 4 ? x + 3e-5 : x)), /^other positions, by up to 0\.0000300 Å/, true],
  ['another frame', moved((_, k) => [POSITIONS[k + 1], -POSITIONS[k - 1], POSITIONS[k]][k % 3]), /another frame/, true],
  ['the centre moved', moved((x) => x + 1), /another frame/, true],
  ['another charge', { ...NA3, charge: -1 }, /another charge/, false],
  ['another multiplicity', { ...NA3, multiplicity: 3 }, /another charge or multiplicity/, false],
  ['other elements', { ...NA3, atomicNumbers: [11, 11, 19] }, /other elements/, false],
  ['fewer atoms', structureFromSymbols(['Na'], [0, 0, 0], 1), /other elements/, false],
])('leaves a record as it is, and says why: %s', async (_, structure, reason, isChild) => {
  const { record, parentSha256 } = await tieOne(structure);
  expect(parentSha256).toBe(isChild ? structureHash(NA3) : null);
  expect(record.structure).toBe(structure);
  expect(record.provenance.not_tied).toMatch(reason);
  expect(record.provenance).toMatchObject({ natrium_cluster: structureHash(NA3) });
  expect(record.provenance).not.toHaveProperty('tied_by');
});

it('asks once for many, in their order, and leaves those that name no known cluster alone', async () => {
  const other = structureFromSymbols(['K'], [0, 0, 0]);
  const { store, queries } = storeOf(NA3, other);
  const records = [
    recordOf(other, null),
    recordOf(NA3),
    recordOf(NA3, 'f'.repeat(64)),
    recordOf(other, structureHash(other)),
    recordOf(NA3, 'na06'),
    recordOf(NA3),
  ];
  const tied = await tieToClusters(store, records);
  expect(queries).toEqual([[structureHash(NA3), 'f'.repeat(64), structureHash(other)]]);
  expect(tied.map(({ record }) => record.provenance.tied_by)).toEqual([
    undefined,
    'name tag',
    undefined,
    'name tag',
    undefined,
    'name tag',
  ]);
  expect(tied[0].record).toBe(records[0]);
  expect(tied[2].record).toBe(records[2]);
  expect(tied.map(({ parentSha256 }) => parentSha256)).toEqual(Array(6).fill(null));
});

it('asks nothing where nothing is named', async () => {
  const { store, queries } = storeOf(NA3);
  expect(await tieToClusters(store, [recordOf(NA3, null)])).toHaveLength(1);
  expect(queries).toEqual([]);
});

it('forgets what an earlier import said', async () => {
  const record = recordOf(NA3);
  const [{ record: tied }] = await tieToClusters(storeOf(NA3).store, [
    { ...record, provenance: { ...record.provenance, not_tied: 'other positions' } },
  ]);
  expect(tied.provenance).not.toHaveProperty('not_tied');
});

it('knows the clusters that come in together, in any order', async () => {
  const longer = moved((x) => 1.01 * x);
  const printed = moved((x) => Number(x.toFixed(6)));
  const records = [recordOf(longer), recordOf(NA3, null), recordOf(printed)];
  const tied = await tieToClusters(storeOf().store, records);
  expect(tied.map(({ parentSha256 }) => parentSha256)).toEqual([structureHash(NA3), null, null]);
  expect(tied.map(({ record }) => structureHash(record.structure))).toEqual(
    [longer, NA3, NA3].map((structure) => structureHash(structure)),
  );
  expect(tied[1].record).toBe(records[1]);
});
