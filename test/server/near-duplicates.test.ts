import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { symbolOf } from '../../src/chemistry/elements.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { structureDifference } from '../../src/chemistry/structure-difference.ts';
import { Random } from '../../src/random.ts';
import { NearDuplicates } from '../../src/registry/structures/near-duplicates.ts';
import { connectDatabase } from '../../src/store/database.ts';
import { PostgresStore } from '../../src/store/postgres-store.ts';
import {
  type ApiServer,
  createDataset,
  createVersion,
  errorOf,
  frame,
  importCalculations,
  startApiServer,
} from '../support/api.ts';
import { copyOf, moved, randomCluster, rounded } from '../support/random-clusters.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server?.dispose());

function frameOf(structure: Structure, id: string, keys = '', level?: string): string {
  const { atomicNumbers, positionsAngstrom: p } = structure;
  return frame({
    id,
    elements: atomicNumbers.map(symbolOf),
    positions: atomicNumbers.map((_, atom) => [...p.subarray(3 * atom, 3 * atom + 3)]),
    keys,
    level,
  });
}

interface Imported {
  readonly calculation: string;
  readonly cluster: string;
}

async function importFrames(frames: readonly string[]): Promise<Imported[]> {
  const { items } = await importCalculations(server, frames.join(''));
  return items.map(({ calculation, cluster }) => ({ calculation: calculation!.id, cluster: cluster!.id }));
}

const OF_CLUSTER = `query ($cluster: ID!, $tolerance: Float!, $after: String, $first: Int! = 200) {
  found: nearDuplicates(cluster: $cluster, toleranceAngstrom: $tolerance, after: $after, first: $first) {
    totalCount nodes { differenceAngstrom sameFingerprint cluster { id label } } pageInfo { endCursor hasNextPage }
  }
}`;

interface Found {
  readonly totalCount: number;
  readonly nodes: readonly {
    readonly differenceAngstrom: number;
    readonly sameFingerprint: boolean;
    readonly cluster: { readonly id: string; readonly label: string };
  }[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

async function likeCluster(cluster: string, tolerance: number, page: object = {}): Promise<Found> {
  return (await server.request<{ found: Found }>(OF_CLUSTER, { cluster, tolerance, ...page })).found;
}

describe('nearDuplicates of a cluster', () => {
  const random = new Random(21);
  const cluster = randomCluster(random, 12, [11, 11, 19]);
  const copies = {
    turned: copyOf(cluster, random),
    printed: rounded(copyOf(cluster, random), 3),
    shaken: copyOf(moved(cluster, 0.008, random), random),
    deformed: copyOf(moved(cluster, 0.1, random), random),
    triplet: { ...copyOf(cluster, random), multiplicity: 3 },
    ion: { ...copyOf(cluster, random), charge: 2 },
    other: randomCluster(random, 12, [11, 11, 19]),
  };
  let ids: Record<string, string>;
  beforeAll(async () => {
    const all: [string, Structure][] = [['itself', cluster], ...Object.entries(copies)];
    const made = await importFrames(
      all.map(([id, each]) => frameOf(each, id, `charge=${each.charge} multiplicity=${each.multiplicity}`)),
    );
    ids = Object.fromEntries(all.map(([name], i) => [name, made[i].cluster]));
  });

  test('are its copies, the closest first, whatever their frame and multiplicity', async () => {
    const { nodes, totalCount } = await likeCluster(ids.itself, 0.02);
    const names = nodes.map((node) => node.cluster.label);
    expect(names.slice(0, 2).sort()).toEqual(['triplet', 'turned']);
    expect(names.slice(2)).toEqual(['printed', 'shaken']);
    expect(totalCount).toBe(4);
    for (const { cluster: found, differenceAngstrom, sameFingerprint } of nodes) {
      const copy = copies[found.label as keyof typeof copies];
      expect(differenceAngstrom).toBeCloseTo(structureDifference(cluster, copy), 12);
      expect(sameFingerprint).toBe(['turned', 'triplet'].includes(found.label));
    }
    const wide = await likeCluster(ids.itself, 0.2);
    expect(wide.nodes.map((node) => node.cluster.label).slice(4)).toEqual(['deformed']);
    expect((await likeCluster(ids.turned, 0)).nodes.map((node) => node.cluster.id).sort()).toEqual(
      [ids.itself, ids.triplet].sort(),
    );
    expect(await likeCluster(ids.other, 0.2)).toMatchObject({ totalCount: 0, nodes: [] });
  });

  test('are those within 0.02 Å unless asked otherwise', async () => {
    const { found } = await server.request<{ found: { totalCount: number } }>(
      `query ($id: ID!) { found: nearDuplicates(cluster: $id, first: 1) { totalCount } }`,
      { id: ids.itself },
    );
    expect(found.totalCount).toBe(4);
  });

  test('keep their pages while clusters are added', async () => {
    const first = await likeCluster(ids.deformed, 0.3, { first: 3 });
    const rest = await likeCluster(ids.deformed, 0.3, { after: first.pageInfo.endCursor });
    const [exact] = await importFrames([frameOf(copyOf(copies.deformed, random), 'added-later')]);
    const again = await likeCluster(ids.deformed, 0.3, { after: first.pageInfo.endCursor });
    expect(again.nodes).toEqual(rest.nodes);
    expect((await likeCluster(ids.deformed, 0.3)).nodes[0].cluster.id).toBe(exact.cluster);
  });

  test.each([-0.001, 1.001, 1e300])('are refused within %f Å, with the reason', async (tolerance) => {
    const error = await errorOf(server, OF_CLUSTER, { cluster: ids.itself, tolerance });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(
      /^toleranceAngstrom is .+; give a number from 0 to 1 Å, a third of a bond: beyond that/,
    );
  });

  test('are refused of what is no cluster', async () => {
    const [calculation, unknown] = ['Calculation:1', 'Cluster:999999'].map((id) => btoa(id));
    for (const cluster of [calculation, unknown, 'x']) {
      expect(await errorOf(server, OF_CLUSTER, { cluster, tolerance: 0 })).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('are refused where there are more than anybody reads', async () => {
    const [atom] = await importFrames([frame({ elements: ['K'], positions: [[0, 0, 0]] })]);
    await server.sql(
      `INSERT INTO clusters (identity_sha256, fingerprint, formula, size, atomic_numbers, positions_angstrom, charge,
         multiplicity, provenance, radius_of_gyration_angstrom, centroid_distance_quantiles_angstrom, created_by)
       SELECT 'k' || i, 'k', 'K', 1, '{19}', ARRAY[i, 0, 0], 0, 2, '{}', 0, '{0,0,0,0,0,0,0}', 'test'
       FROM generate_series(1, 10001) AS i`,
    );
    const error = await errorOf(server, OF_CLUSTER, { cluster: atom.cluster, tolerance: 0 });
    expect(error.code).toBe('TOO_LARGE');
    expect(error.message).toMatch(/more than 10000 clusters may be within 0 Å of it; give a smaller toleranceAngstrom/);
    await server.sql(`DELETE FROM clusters WHERE identity_sha256 = 'k1'`);
    expect((await likeCluster(atom.cluster, 0, { first: 1 })).totalCount).toBe(10_000);
  });
});

const IN_VERSION = `query ($version: String!, $tolerance: Float, $across: Boolean, $first: Int! = 200, $after: String) {
  version: datasetVersion(datasetVersion: $version) {
    nearDuplicates(toleranceAngstrom: $tolerance, acrossSplits: $across, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { differenceAngstrom sameFingerprint first { label } firstSplit second { label } secondSplit }
    }
  }
}`;

interface Pair {
  readonly differenceAngstrom: number;
  readonly sameFingerprint: boolean;
  readonly first: { readonly label: string };
  readonly firstSplit: string;
  readonly second: { readonly label: string };
  readonly secondSplit: string;
}

async function inVersion(version: string, tolerance = 0.02, across = true): Promise<readonly Pair[]> {
  const answer = await server.request<{ version: { nearDuplicates: { totalCount: number; nodes: Pair[] } } }>(
    IN_VERSION,
    {
      version,
      tolerance,
      across,
    },
  );
  const { nodes, totalCount } = answer.version.nearDuplicates;
  expect(totalCount).toBe(nodes.length);
  return nodes;
}

const names = (pairs: readonly Pair[]) => pairs.map(({ first, second }) => `${first.label} ${second.label}`);

describe('nearDuplicates of a data set version', () => {
  const random = new Random(22);
  const a = randomCluster(random, 9, [11]);
  const b = randomCluster(random, 9, [11]);
  let imported: Imported[];
  beforeAll(async () => {
    imported = await importFrames([
      frameOf(a, 'a-train', 'split=train'),
      frameOf(copyOf(moved(a, 0.005, random), random), 'a-train-2', 'split=train'),
      frameOf(copyOf(moved(a, 0.001, random), random), 'a-test', 'split=test'),
      frameOf(b, 'b-train', 'split=train'),
      frameOf(b, 'b-other', 'split=train', 'program=other program_version=1 method=m basis=b'),
      frameOf(copyOf(b, random), 'b-validation', 'split=validation'),
      frameOf(moved(b, 0.2, random), 'b-moved', 'split=test'),
      frameOf({ ...copyOf(b, random), charge: 2 }, 'b-ion', 'split=test charge=2'),
    ]);
    await createDataset(server, 'leaky');
    await createVersion(server, {
      dataset: 'leaky',
      calculations: imported.map((each) => each.calculation),
      split: { asGiven: true },
      allowMixedLevelsOfTheory: true,
    });
  });

  test('are pairs of members in different splits, the closest first', async () => {
    const pairs = await inVersion('leaky/1');
    expect(names(pairs)).toEqual([
      'b-train b-validation',
      'b-other b-validation',
      'a-train a-test',
      'a-train-2 a-test',
    ]);
    expect(pairs.map((pair) => `${pair.firstSplit} ${pair.secondSplit}`)).toEqual([
      'TRAIN VALIDATION',
      'TRAIN VALIDATION',
      'TRAIN TEST',
      'TRAIN TEST',
    ]);
    expect(pairs.map((pair) => pair.sameFingerprint)).toEqual([true, true, false, false]);
    expect(pairs[2].differenceAngstrom).toBeLessThan(0.002);
    expect(pairs[0].differenceAngstrom).toBeLessThan(1e-12);
    const wide = names(await inVersion('leaky/1', 0.4));
    expect(wide.slice(0, 4)).toEqual(names(pairs));
    expect(wide.slice(4).sort()).toEqual(['b-other b-moved', 'b-train b-moved', 'b-validation b-moved']);
  });

  test('are all pairs of members if asked, but none of a cluster with itself', async () => {
    const pairs = await inVersion('leaky/1', 0.02, false);
    expect(names(pairs).sort()).toEqual([
      'a-train a-test',
      'a-train a-train-2',
      'a-train-2 a-test',
      'b-other b-validation',
      'b-train b-validation',
    ]);
    const differences = pairs.map((pair) => pair.differenceAngstrom);
    expect(differences).toEqual(differences.toSorted((x, y) => x - y));
  });

  test('are none in a version without any, and refused within a tolerance that means nothing', async () => {
    await createVersion(server, {
      dataset: 'leaky',
      calculations: [imported[0], imported[3], imported[6]].map((each) => each.calculation),
      split: { asGiven: true },
    });
    expect(await inVersion('leaky/2', 0.1)).toEqual([]);
    for (const tolerance of [-1, 1.5]) {
      const error = await errorOf(server, IN_VERSION, { version: 'leaky/1', tolerance, across: true });
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining('from 0 to 1 Å') });
    }
  });

  test('are refused where there are more than anybody reads', async () => {
    const frames = Array.from({ length: 150 }, (_, k) =>
      frame({
        positions: [
          [0, 0, 0],
          [2.9 + k * 1e-6, 0, 0],
        ],
        keys: `split=${k < 75 ? 'train' : 'test'}`,
      }),
    );
    const calculations = (await importFrames(frames)).map((each) => each.calculation);
    await createDataset(server, 'crowd');
    await createVersion(server, { dataset: 'crowd', calculations, split: { asGiven: true } });
    const variables = { version: 'crowd/1', tolerance: 0.001, first: 1 };
    const error = await errorOf(server, IN_VERSION, { ...variables, across: false });
    expect(error.code).toBe('TOO_LARGE');
    expect(error.message).toMatch(/within 0\.001 Å finds more than 10000; give a smaller toleranceAngstrom/);
    const answer = await server.request(IN_VERSION, { ...variables, across: true });
    expect(answer).toMatchObject({ version: { nearDuplicates: { totalCount: 75 * 75 } } });
  });
});

test('two lists of clusters are compared for whoever asks what a model was tested on', async () => {
  const random = new Random(23);
  const trained = Array.from({ length: 5 }, () => randomCluster(random, 7, [11]));
  const tested = [copyOf(moved(trained[3], 0.004, random), random), randomCluster(random, 7, [11])];
  const ids = (await importFrames([...trained, ...tested].map((each, i) => frameOf(each, `list-${i}`)))).map(
    ({ cluster }) => atob(cluster).split(':')[1],
  );
  const dataSource = await connectDatabase(server.databaseUrl, 'near-duplicates test');
  try {
    const nearDuplicates = new NearDuplicates(
      PostgresStore.over(dataSource, { enqueue: async () => {}, isOpen: async () => false }),
    );
    const training = ids.slice(0, 5);
    const found = await nearDuplicates.between([...ids.slice(5), ids[1], ids[1]], training, 0.01);
    expect(found).toEqual([
      { clusterIds: [ids[1], ids[1]], differenceAngstrom: 0, sameFingerprint: true },
      { clusterIds: [ids[5], ids[3]], differenceAngstrom: expect.closeTo(0.005, 2), sameFingerprint: false },
    ]);
    expect(await nearDuplicates.between([], training, 1)).toEqual([]);
    const unknown = nearDuplicates.between(training, ['999999'], 0.01);
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'there is no cluster 999999' });
  } finally {
    await dataSource.destroy();
  }
});
