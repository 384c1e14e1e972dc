import { expect, test } from 'vitest';
import { PAPER_SMEARING_ANGSTROM } from '../../src/ml/features/feature-set.ts';
import { atomFeatures } from '../../src/registry/datasets/atom-features.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { DatasetVersion, Study } from '../../src/registry/records.ts';
import { studyEvidence } from '../../src/registry/studies/study-evidence.ts';

const LABELS = ['4PX', '3S', '1S', '4S'];
const POPULATION: Readonly<Record<string, number>> = { '1S': 2, '3S': 0.5, '4S': 0.25, '4PX': 0.125 };
const COUNT = 450;

/** Chains of two or three atoms, 3 Å apart: an atom in the middle has two neighbours at 4 Å, one at an end has one. */
const sizeOf = (id: number) => 2 + (id % 2);
const ids = Array.from({ length: COUNT }, (_, id) => id);
const splitOf = (id: number) => (id % 3 === 0 ? 'test' : 'train');
const atomsOf = (members: readonly number[]) =>
  members.flatMap((id) => Array.from({ length: sizeOf(id) }, (_, i) => ({ id, i })));
const shielding = (id: number, i: number) => 500 + id + i / 10;
const neighbours = (id: number, i: number) => (sizeOf(id) === 3 && i === 1 ? 2 : 1);
const population = (label: string, id: number, i: number) => POPULATION[label] + id + i / 10;

const calculation = (id: number) => ({
  ...{ id: String(id), clusterId: `c${id}`, label: `chain ${id}`, populationLabels: LABELS },
  shieldingsPpm: Array.from({ length: sizeOf(id) }, (_, i) => shielding(id, i)),
  grossOrbitalPopulations: Array.from({ length: sizeOf(id) }, (_, i) =>
    LABELS.map((label) => population(label, id, i)),
  ).flat(),
});
const cluster = (id: number) => ({
  ...{ id: `c${id}`, atomicNumbers: Array(sizeOf(id)).fill(11), charge: 0, multiplicity: 1 },
  positionsAngstrom: Array.from({ length: sizeOf(id) }, (_, i) => [3 * i, 0, 0]).flat(),
});

const VERSION = {
  id: 'v',
  splitCounts: (['train', 'validation', 'test'] as const).map((split) => {
    const members = ids.filter((id) => splitOf(id) === split);
    return { split, clusters: members.length, atoms: atomsOf(members).length };
  }),
} as unknown as DatasetVersion;

const store = {
  datasetVersions: { getMany: async () => [VERSION] },
  versionMembers: {
    withoutPopulations: async (_: string, __: unknown, [label]: string[]) => (LABELS.includes(label) ? null : 'all'),
    list: async (_: string, split: string | null) =>
      ids.filter((id) => split === null || splitOf(id) === split).map((id) => ({ calculationId: String(id) })),
  },
  calculations: { getMany: async (wanted: string[]) => wanted.map((id) => calculation(Number(id))) },
  clusters: { getMany: async (wanted: string[]) => wanted.map((id) => cluster(Number(id.slice(1)))) },
} as unknown as Store;

test('features of atoms are columns in the order of the version, of one split or of all', async () => {
  const definition = {
    runningCoordinationNumbers: { radiiAngstrom: [2, 4], smearingAngstrom: PAPER_SMEARING_ANGSTROM },
    grossOrbitalPopulations: { labels: ['3S', '4PX'] },
  };
  for (const split of [null, 'test'] as const) {
    const members = ids.filter((id) => split === null || splitOf(id) === split);
    const atoms = atomsOf(members);
    const found = await atomFeatures(store, VERSION, split, definition);
    expect(found.calculationIds).toEqual(members.map(String));
    expect([...found.sizes]).toEqual(atoms.map(({ id }) => sizeOf(id)));
    expect([...found.shieldingsPpm]).toEqual(atoms.map(({ id, i }) => shielding(id, i)));
    expect(found.features.map((column) => [...column])).toEqual([
      atoms.map(() => 0),
      atoms.map(({ id, i }) => neighbours(id, i)),
      atoms.map(({ id, i }) => population('3S', id, i)),
      atoms.map(({ id, i }) => population('4PX', id, i)),
    ]);
  }
});

test('the evidence of a study has coordination numbers at 4 Å and the populations that all atoms have, each by its label', async () => {
  const { atoms, models } = await studyEvidence(store, { datasetVersionId: 'v', parts: [] } as unknown as Study);
  const all = atomsOf(ids);
  expect([...atoms.shieldingsPpm]).toEqual(all.map(({ id, i }) => shielding(id, i)));
  expect([...atoms.coordinationNumbers]).toEqual(all.map(({ id, i }) => neighbours(id, i)));
  expect([...atoms.populations.keys()]).toEqual(['3S', '4S', '4PX']);
  for (const [label, column] of atoms.populations) {
    expect([...column]).toEqual(all.map(({ id, i }) => population(label, id, i)));
  }
  expect(models).toEqual([]);
});
