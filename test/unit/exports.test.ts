import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileArtifactStore } from '../../src/artifacts/file-store.ts';
import { TemporaryFolder } from '../../src/artifacts/temporary-files.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import { Exports, type UnmadeExport } from '../../src/registry/datasets/exports.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { Calculation, Cluster, Export, PlacedMember } from '../../src/registry/records.ts';
import { until } from '../support/server.ts';

// Versions of one data set with one calculation a part, which come when the test lets them.

const PARTS = 3;

let folder: string;
let exports: Exports;
/** Lets a version's next part come. */
let gates: Map<string, (() => void)[]>;
let stored: Export[];
/** What another server has put into the table in the meantime. */
let foreign: Export | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'natrium exports '));
  gates = new Map();
  stored = [];
  foreign = null;
  const artifacts = new FileArtifactStore(join(folder, 'artifacts'));
  exports = new Exports(fakeStore(), artifacts, new TemporaryFolder(join(folder, 'temporary')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fakeStore(): Store {
  const store = {
    datasets: {
      findOne: async () => DATASET,
      getMany: async () => [DATASET],
    },
    datasetVersions: {
      findOne: async ({ version }: { version: number }) => ({
        id: String(version),
        datasetId: '1',
        version,
        levelOfTheoryIds: ['1'],
      }),
    },
    levelsOfTheory: { getMany: async () => [{ id: '1', program: 'p', version: '1', method: 'm', basis: 'b' }] },
    calculations: { getMany: async (ids: string[]) => ids.map(calculation) },
    clusters: { getMany: async (ids: string[]) => ids.map(cluster) },
    versionMembers: {
      behind: async (versionId: string, position: number): Promise<PlacedMember[]> => {
        if (position + 1 === PARTS) return [];
        await new Promise<void>((resolve) => gates.set(versionId, [...(gates.get(versionId) ?? []), resolve]));
        const id = String(position + 1);
        return [{ position: position + 1, calculationId: id, clusterId: id, split: 'train', size: 1 }];
      },
    },
    exports: {
      findOne: async () => foreign ?? stored[0] ?? null,
      insertUnlessExists: async (value: Export) => {
        if (foreign !== null) return null;
        stored.push(value);
        return value;
      },
    },
    recordArtifact: async () => {},
    transaction: (work: (inside: Store) => Promise<unknown>) => work(store as unknown as Store),
  };
  return store as unknown as Store;
}

const DATASET = { id: '1', name: 'd', title: 't', description: 'd', licence: 'l', citation: null, doi: null };

function calculation(id: string): Partial<Calculation> {
  const nothing = { shieldingTensorsPpm: null, populationLabels: null, grossOrbitalPopulations: null };
  return {
    ...{ id, clusterId: id, levelOfTheoryId: '1', label: 'x'.repeat(100_000), contentSha256: id, provenance: {} },
    ...{ energyHartree: null, spinSquared: null, shieldingGauge: null, shieldingsPpm: [1], ...nothing },
    ...{ tensorIndexOrder: 'UNKNOWN', electricFieldGradientsAu: null },
  };
}

function cluster(id: string): Partial<Cluster> {
  return { id, atomicNumbers: [11], positionsAngstrom: [Number(id), 0, 0], charge: 0, multiplicity: 2, size: 1 };
}

async function openUnmade(version: number): Promise<UnmadeExport> {
  const { state } = await exports.open(LOCAL_ADMIN, `d/${version}`, 'EXTXYZ', null);
  if (!('follow' in state)) throw new Error('it is made');
  return state;
}

/** Lets all parts of a version come as they are asked for. */
async function letAll(version: number): Promise<void> {
  for (let part = 0; part < PARTS; part++) await letOne(version);
}

async function letOne(version: number): Promise<void> {
  const gate = await until(async () => gates.get(String(version))?.shift(), `version ${version} to ask for a part`);
  gate();
}

async function outcome(stream: Readable): Promise<string> {
  return stream.toArray().then(
    (chunks) => `${Buffer.concat(chunks).length} bytes`,
    (error: Error) => error.message,
  );
}

test('a stop breaks off what is being made, and waits until nothing is left of it', async () => {
  const state = await openUnmade(1);
  const following = state.follow();
  await letOne(1);
  const end = outcome(await following);
  const closed = exports.close();
  await letOne(1);
  // the part that was asked for ahead
  await letOne(1);
  await closed;
  expect(await end).toMatch(/the server stops/);
  await expect(state.made()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await exports.close();
  expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
  expect(stored).toEqual([]);
});

test('no more than two files are made at once; the others have their turn', async () => {
  const ends = [];
  for (const version of [1, 2, 3]) ends.push((await openUnmade(version)).follow().then(outcome));
  await until(async () => gates.size === 2, 'two to begin');
  expect([...gates.keys()].sort()).toEqual(['1', '2']);
  await letAll(2);
  await until(async () => gates.has('3'), 'the third to begin');
  await Promise.all([letAll(1), letAll(3)]);
  const [first, ...others] = await Promise.all(ends);
  expect(first).toMatch(/^3\d{5} bytes$/);
  expect(others).toEqual([first, first]);
});

test('who follows a file that another server made otherwise sees no end of it', async () => {
  const end = (await openUnmade(1)).follow().then(outcome);
  await letOne(1);
  foreign = { sha256: 'f'.repeat(64) } as Export;
  await letOne(1);
  await letOne(1);
  expect(await end).toMatch(/d\/1 was exported as EXTXYZ before, with other bytes \(sha256 f{64}\)/);
});
