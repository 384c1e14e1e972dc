import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relaxCluster } from '../../src/chemistry/relaxation.ts';
import { generateCluster } from '../../src/chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';
import {
  type ApiServer,
  createDataset,
  createVersion,
  errorOf,
  frame,
  importCalculations,
  importStructures,
  refusal,
  startApiServer,
} from '../support/api.ts';
import {
  findClusterRun,
  finishedClusterRun,
  GENERATE,
  generated,
  itemsOf,
  RELAX,
  relaxed,
  startGeneration,
} from '../support/cluster-runs.ts';
import { until } from '../support/server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ workers: 1 });
});
afterAll(() => server?.dispose());

const structures = (sizes: readonly number[], clustersPerSize: number, seed: number) =>
  Array.from({ length: sizes.length * clustersPerSize }, (_, index) =>
    generateCluster({ element: 'Na', sizes, clustersPerSize, laws: PAPER_LAWS, seed }, index),
  );

describe('a generation', () => {
  test('stores the clusters of its seed, in order, and says how they were made', async () => {
    const run = await generated(server, { sizes: [6, 4], clustersPerSize: 3, seed: 11 });
    expect(run).toMatchObject({
      kind: 'GENERATION',
      state: 'SUCCEEDED',
      total: 6,
      inserted: 6,
      existing: 0,
      rejected: 0,
    });
    const items = await itemsOf(server, run);
    const expected = structures([6, 4], 3, 11);
    expect(items.map(({ cluster }) => [cluster!.label, cluster!.identitySha256])).toEqual(
      expected.map(({ label, structure }) => [label, structureHash(structure)]),
    );
    expect(items.map(({ cluster }) => cluster!.label)[3]).toBe('s-blda-11-Na4-0001');
    expect(items[0].cluster!.provenance).toMatchObject({
      generated_by: 'S-BLDA',
      seed: 11,
      nearest_mean_angstrom: 3.5,
    });
    const { settings } = await server.request<{ settings: object }>(
      `query ($id: ID!) { settings: clusterRun(id: $id) {
        generation { element sizes clustersPerSize nearest { meanAngstrom standardDeviationAngstrom } seed } relaxation { mostSteps }
      } }`,
      { id: run.id },
    );
    expect(settings).toEqual({
      generation: {
        element: 'Na',
        sizes: [6, 4],
        clustersPerSize: 3,
        nearest: { meanAngstrom: 3.5, standardDeviationAngstrom: 0.1 },
        seed: 11,
      },
      relaxation: null,
    });
  });

  test('that was asked for before finds its clusters stored', async () => {
    await generated(server, { sizes: [5], clustersPerSize: 2, seed: 12 });
    const again = await generated(server, { sizes: [5], clustersPerSize: 3, seed: 12 });
    expect(again).toMatchObject({ inserted: 1, existing: 2 });
  });

  test("makes the paper's clusters unless told otherwise", async () => {
    const run = await startGeneration(server, { seed: 1 });
    expect(run).toMatchObject({ total: 2000 });
    await server.request(`mutation ($id: ID!) { cancelClusterRun(input: { clusterRun: $id }) { id } }`, { id: run.id });
  });

  test('of what cannot be met fails with the reason', async () => {
    const run = await generated(server, {
      sizes: [20],
      clustersPerSize: 1,
      nextNearest: { meanAngstrom: 5, standardDeviationAngstrom: 0.1 },
      seed: 1,
    });
    expect(run).toMatchObject({
      state: 'FAILED',
      failure: expect.stringMatching(/^no cluster of 20 atoms was found .* bring the two means closer together/),
    });
  });

  test.each<readonly [string, object, string, RegExp]>([
    ['of no atoms', { sizes: [0] }, 'BAD_USER_INPUT', /sizes holds 0/],
    ['without spread', { nearest: { meanAngstrom: 3.5, standardDeviationAngstrom: 0 } }, 'BAD_USER_INPUT', /is 0 Å/],
    ['of too many clusters', { clustersPerSize: 1e9 }, 'TOO_LARGE', /10000000000 clusters/],
    ['of no element', { element: 'Nx' }, 'UNKNOWN_ELEMENT', /"Nx"/],
    ['with a broken seed', { seed: 1.5 }, 'BAD_USER_INPUT', /seed 1\.5/],
    [
      'of atoms on top of each other',
      { nearest: { meanAngstrom: 0.6, standardDeviationAngstrom: 0.1 } },
      'BAD_USER_INPUT',
      /would be 0\.200 Å apart/,
    ],
  ])('%s is refused', async (_, input, code, message) => {
    const error = await refusal(server, GENERATE, { input: { seed: 1, ...input } });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('a relaxation', () => {
  test('stores for each cluster its relaxed child', async () => {
    const parents = await generated(server, { sizes: [8, 20], clustersPerSize: 2, seed: 21 });
    const run = await relaxed(server, { clusterRun: parents.id });
    expect(run).toMatchObject({ kind: 'RELAXATION', state: 'SUCCEEDED', total: 4, inserted: 4, rejected: 0 });
    const before = await itemsOf(server, parents);
    const after = await itemsOf(server, run);
    const expected = structures([8, 20], 2, 21).map(({ structure, label }) => relaxCluster(structure, label));
    for (const [i, { cluster, source, relaxation }] of after.entries()) {
      expect(source).toEqual({ id: before[i].cluster!.id });
      expect(cluster!.identitySha256).toBe(structureHash(expected[i].structure));
      expect(cluster!.label).toBe(`${before[i].cluster!.label}-relaxed`);
      expect(cluster!.parents).toEqual([{ relation: 'RELAXATION', cluster: { id: before[i].cluster!.id } }]);
      expect(cluster!.provenance).toMatchObject({ relaxed_from: before[i].cluster!.identitySha256 });
      expect(relaxation).toEqual({
        energyBeforeEv: expected[i].energyBeforeEv,
        energyAfterEv: expected[i].energyAfterEv,
        largestForceEvPerAngstrom: expected[i].largestForceEvPerAngstrom,
        steps: expected[i].steps,
      });
      expect(relaxation!.largestForceEvPerAngstrom).toBeLessThanOrEqual(1e-6);
      expect(relaxation!.energyAfterEv).toBeLessThan(relaxation!.energyBeforeEv);
    }
  });

  test('of many clusters takes them in their order, and reads none of them for a list of runs', async () => {
    const parents = await generated(server, { sizes: [2], clustersPerSize: 450, seed: 24 });
    await relaxed(server, { clusterRun: parents.id });
    const [items] = await server.sql(
      `SELECT count(*)::int AS total, count(*) FILTER (WHERE child.source_cluster_id = parent.cluster_id)::int AS "inOrder"
       FROM cluster_run_items child JOIN cluster_run_items parent USING (position)
       WHERE child.cluster_run_id = (SELECT max(id) FROM cluster_runs)
         AND parent.cluster_run_id = (SELECT max(id) - 1 FROM cluster_runs)`,
    );
    expect(items).toEqual({ total: 450, inOrder: 450 });
    const [run] = await server.sql(
      'SELECT length(to_jsonb(r)::text) AS characters FROM cluster_runs r ORDER BY id DESC LIMIT 1',
    );
    expect(run.characters).toBeLessThan(1000);
  });

  test('of a relaxed cluster finds the cluster itself, which is no child of its own', async () => {
    const parents = await generated(server, { sizes: [6], clustersPerSize: 1, seed: 22 });
    const [first] = await itemsOf(server, await relaxed(server, { clusterRun: parents.id }));
    const again = await relaxed(server, { clusters: [first.cluster!.id] });
    expect(again).toMatchObject({ state: 'SUCCEEDED', existing: 1 });
    const [second] = await itemsOf(server, again);
    expect(second.cluster).toMatchObject({ id: first.cluster!.id, parents: first.cluster!.parents });
    expect(second.relaxation).toMatchObject({ steps: 0 });
  });

  test('answers for those that it cannot relax, and relaxes the others', async () => {
    const report = await importStructures(
      server,
      [
        frame({
          elements: ['Na', 'Cl'],
          positions: [
            [0, 0, 0],
            [2.4, 0, 0],
          ],
        }),
        frame({
          positions: [
            [0, 0, 0],
            [3.3, 0, 0],
          ],
        }),
        frame({
          positions: [
            [0, 0, 0],
            [40, 0, 0],
          ],
        }),
      ].join(''),
    );
    const clusters = report.items.map((item) => item.cluster!.id);
    const run = await relaxed(server, { clusters });
    expect(run).toMatchObject({ state: 'SUCCEEDED', inserted: 1, rejected: 2 });
    const [salt, dimer, apart] = await itemsOf(server, run);
    const { found } = await server.request<{ found: { identitySha256: string } }>(
      'query ($id: ID!) { found: cluster(id: $id) { identitySha256 } }',
      { id: clusters[0] },
    );
    expect(salt.error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(`^cluster ClNa ${found.identitySha256.slice(0, 12)}: atom 2 is Cl,`),
    });
    expect(dimer.cluster!.size).toBe(2);
    expect(apart.error).toMatchObject({ code: 'NOT_CONVERGED', message: expect.stringMatching(/2 parts/) });
    const filtered = await server.request<{ found: { items: { totalCount: number; nodes: unknown[] } } }>(
      `query ($id: ID!) { found: clusterRun(id: $id) { items(first: 1, status: REJECTED) { totalCount nodes { status } } } }`,
      { id: run.id },
    );
    expect(filtered.found.items).toEqual({ totalCount: 2, nodes: [{ status: 'REJECTED' }] });
  });

  test('keeps child and parent in one split', async () => {
    const parents = await generated(server, { sizes: [4], clustersPerSize: 2, seed: 23 });
    const children = await itemsOf(server, await relaxed(server, { clusterRun: parents.id }));
    const content = [...(await itemsOf(server, parents)), ...children].map(async ({ cluster }, i) => {
      const { found } = await server.request<{ found: { positionsAngstrom: number[] } }>(
        `query ($id: ID!) { found: cluster(id: $id) { positionsAngstrom } }`,
        { id: cluster!.id },
      );
      const positions = Array.from({ length: 4 }, (_, k) => found.positionsAngstrom.slice(3 * k, 3 * k + 3));
      const keys = ['split=train', 'split=test', '', ''][i];
      return frame({ id: `kin-${i}`, positions, keys });
    });
    const { sourceSha256 } = await importCalculations(server, (await Promise.all(content)).join(''));
    await createDataset(server, 'kin');
    const version = await createVersion(server, {
      dataset: 'kin',
      filter: { sourceSha256: { equals: sourceSha256 } },
      split: { asGiven: true },
    });
    expect(version.splitCounts).toMatchObject([
      { split: 'TRAIN', clusters: 2 },
      { split: 'VALIDATION', clusters: 0 },
      { split: 'TEST', clusters: 2 },
    ]);
  });

  test.each<readonly [string, object, RegExp]>([
    ['of nothing', {}, /exactly one of clusters, filter and clusterRun/],
    ['of two things', { clusters: [], filter: {} }, /exactly one of/],
    ['of no cluster', { clusters: [] }, /no cluster to relax/],
    ['of a filter that nothing matches', { filter: { size: { equals: 999 } } }, /no cluster to relax/],
    ['to no force', { filter: {}, forceToleranceEvPerAngstrom: 0 }, /force tolerance is 0 eV/],
    ['to less than rounding allows', { filter: {}, forceToleranceEvPerAngstrom: 1e-300 }, /give 1e-10 at least/],
    ['in no steps', { filter: {}, mostSteps: 0 }, /at most 0 steps/],
  ])('%s is refused', async (_, input, message) => {
    expect((await refusal(server, RELAX, { input })).message).toMatch(message);
  });

  test('of a cluster that is listed twice is refused', async () => {
    const [{ cluster }] = await itemsOf(server, await generated(server, { sizes: [3], clustersPerSize: 1, seed: 3 }));
    const error = await errorOf(server, RELAX, { input: { clusters: [cluster!.id, cluster!.id] } });
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/listed twice/) });
  });
});

test('a run that is cancelled keeps what it made, and goes on when it is resumed', async () => {
  const { id, total } = await startGeneration(server, { sizes: [100, 101], clustersPerSize: 150, seed: 31 });
  await until(async () => (await findClusterRun(server, id)).inserted > 0, 'the first clusters of the run');
  const change = (mutation: string) =>
    server.request(`mutation ($id: ID!) { ${mutation}(input: { clusterRun: $id }) { id } }`, { id });
  await change('cancelClusterRun');
  const cancelled = await findClusterRun(server, id);
  expect(cancelled).toMatchObject({ state: 'CANCELLED', failure: 'cancelled by local admin' });
  expect(cancelled.inserted).toBeLessThan(total);
  await change('resumeClusterRun');
  const whole = await finishedClusterRun(server, id);
  expect(whole).toMatchObject({ state: 'SUCCEEDED', inserted: total, existing: 0, rejected: 0 });
  const positions = await server.sql(
    `SELECT count(*)::int AS items, max(position) AS last FROM cluster_run_items i
     WHERE cluster_run_id = (SELECT max(id) FROM cluster_runs)`,
  );
  expect(positions).toEqual([{ items: total, last: total - 1 }]);
});

test('a step that lasts ends within seconds of being cancelled, and the next run goes on', async () => {
  const large = await generated(server, { sizes: [1000], clustersPerSize: 1, seed: 51 });
  const { started } = await server.request<{ started: { id: string } }>(RELAX, {
    input: { clusterRun: large.id, forceToleranceEvPerAngstrom: 1e-10, mostSteps: 100_000 },
  });
  await until(async () => (await findClusterRun(server, started.id)).state === 'RUNNING', 'the relaxation to begin');
  await server.request(`mutation ($id: ID!) { cancelClusterRun(input: { clusterRun: $id }) { id } }`, {
    id: started.id,
  });
  expect(await generated(server, { sizes: [3], clustersPerSize: 1, seed: 52 })).toMatchObject({ state: 'SUCCEEDED' });
  expect(await findClusterRun(server, started.id)).toMatchObject({ state: 'CANCELLED', inserted: 0 });
});

test('a run that still makes clusters cannot be relaxed', async () => {
  const { id } = await startGeneration(server, { sizes: [150], clustersPerSize: 200, seed: 61 });
  const error = await errorOf(server, RELAX, { input: { clusterRun: id } });
  expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringMatching(/still makes clusters/) });
  await server.request(`mutation ($id: ID!) { cancelClusterRun(input: { clusterRun: $id }) { id } }`, { id });
});

test('a run that is over is neither cancelled nor resumed', async () => {
  const { id } = await generated(server, { sizes: [3], clustersPerSize: 1, seed: 41 });
  for (const [mutation, says] of [
    ['cancelClusterRun', /the cluster run has succeeded already/],
    ['resumeClusterRun', /the cluster run is succeeded; only one that failed or was cancelled/],
  ] as const) {
    const error = await errorOf(server, `mutation ($id: ID!) { ${mutation}(input: { clusterRun: $id }) { id } }`, {
      id,
    });
    expect(error).toMatchObject({ code: 'INVALID_STATE', message: expect.stringMatching(says) });
  }
});
