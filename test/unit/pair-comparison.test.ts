import { expect, it } from 'vitest';
import type { Store } from '../../src/registry/ports.ts';
import type { ClusterShape } from '../../src/registry/records.ts';
import { PairComparison } from '../../src/registry/structures/pair-comparison.ts';

/** A store of dimers, `id` mÅ longer than 3 Å, that keeps which of them were read together. */
function dimers() {
  const reads: string[][] = [];
  const clusters = {
    async getMany(ids: readonly string[]) {
      reads.push([...ids]);
      const positions = (id: string) => [0, 0, 0, 3 + Number(id) / 1000, 0, 0];
      return ids.map((id) => ({
        id,
        fingerprint: id,
        atomicNumbers: [11, 11],
        charge: 0,
        positionsAngstrom: positions(id),
      }));
    },
  };
  return { store: { clusters } as unknown as Store, reads };
}

const shape = (clusterId: number, size = 2) => ({ clusterId: String(clusterId), size }) as ClusterShape;

it('keeps the pairs within the tolerance, with what they were called', async () => {
  const comparison = new PairComparison<string>(dimers().store, 0.0021, 10);
  await comparison.add(shape(0), shape(2), 'two');
  await comparison.add(shape(0), shape(3), 'three');
  await comparison.add(shape(5), shape(5), 'none');
  expect(await comparison.finish()).toEqual([
    { tag: 'two', differenceAngstrom: expect.closeTo(0.002, 12), sameFingerprint: false },
    { tag: 'none', differenceAngstrom: 0, sameFingerprint: true },
  ]);
});

it('reads each cluster once for all its pairs, few of them at a time, and lets others work between', async () => {
  const { store, reads } = dimers();
  const comparison = new PairComparison<number>(store, 0.0001, 10);
  let turns = 0;
  let over = false;
  const count = () => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  for (let i = 0; i < 9000; i++) await comparison.add(shape(i % 100, 1000), shape(5000, 1000), i);
  for (let i = 0; i < 500; i++) await comparison.add(shape(100 + i, 1000), shape(700 + i, 1000), i);
  expect(await comparison.finish()).toEqual([]);
  over = true;
  expect(Math.max(...reads.map((ids) => ids.length))).toBe(5);
  const read = reads.flat();
  expect(read).toHaveLength(101 + 2 * 500);
  expect(new Set(read).size).toBe(read.length);
  expect(turns).toBeGreaterThan(0);
});

it('gives up where too many are found, or where it would take too long', async () => {
  const few = new PairComparison<number>(dimers().store, 1, 3);
  for (let i = 0; i < 4; i++) await few.add(shape(i), shape(i + 1), i);
  const found = 'a search within 1 Å finds more than 3; give a smaller toleranceAngstrom';
  await expect(few.finish()).rejects.toMatchObject({ code: 'TOO_LARGE', message: found });

  const { store, reads } = dimers();
  const long = new PairComparison<number>(store, 1e-4, 3);
  const all = async () => {
    for (let i = 0; i < 10_000; i++) await long.add(shape(2 * i, 500), shape(2 * i + 1, 500), i);
    await long.finish();
  };
  await expect(all()).rejects.toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('takes too long') });
  expect(reads.flat().length).toBeLessThan(5000);
});
