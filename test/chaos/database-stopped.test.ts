import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { findClusterRun, startGeneration } from '../support/cluster-runs.ts';
import { type Fleet, readWorkers, startFleet, storeId } from '../support/fleet.ts';
import { startRestartablePostgres } from '../support/restartable-postgres.ts';
import { until } from '../support/server.ts';
import { trainSchNet } from '../support/training.ts';
import { expectExactlyOnce, keyedMutations, persist, recordCounts } from './mutations.ts';
import { begun, expectUndisturbed, points, scenario, succeeded, trialAt } from './scenario.ts';
import { isSmall, SEEDS, TRAINING } from './training.ts';

const STOPS = isSmall ? 5 : 25;
/** One of the stops lasts longer than it takes to give a silent worker's job to another. */
const LONG_SECONDS = isSmall ? 40 : 120;
const MUTATIONS_PER_STOP = 10;

scenario('database-stopped', async ({ random, say }) => {
  const postgres = await startRestartablePostgres();
  let fleet: Fleet | null = null;
  try {
    fleet = await startFleet({ database: postgres });
    const { server } = fleet;
    const workers = [await fleet.startWorker(), await fleet.startWorker()];
    const long = random.integer(STOPS);
    for (const [i, point] of points(random, STOPS).entries()) {
      const before = await recordCounts(server);
      const id = await trainSchNet(server, { ...TRAINING, model: 'stopped', seeds: [SEEDS[i]] });
      const clusterRun = await startGeneration(server, { sizes: [20, 30], clustersPerSize: 200, seed: 1000 + i });
      await trialAt(fleet, id, point, random);
      const mutations = keyedMutations(random, MUTATIONS_PER_STOP, i * MUTATIONS_PER_STOP);
      const asking = begun(
        mutations.map(async (mutation) => {
          await delay(random.integer(300));
          await persist(() => server, mutation);
        }),
      );
      await delay(random.integer(200));
      const mode = random.integer(2) === 1 ? 'immediate' : 'fast';
      const seconds = i === long ? LONG_SECONDS : 8 * random.uniform();
      say(`stop ${i + 1} (${mode}) for ${seconds.toFixed(1)} s, with the trial at ${point.toFixed(2)}`);
      await postgres.stop(mode);
      await delay(1000 * seconds);
      await postgres.start();

      await asking;
      expectUndisturbed(await succeeded(server, id));
      await until(async () => (await findClusterRun(server, clusterRun.id)).state === 'SUCCEEDED', 'the clusters', 120);
      const [{ items }] = await fleet.sql(
        'SELECT count(*)::int AS items FROM cluster_run_items WHERE cluster_run_id = $1',
        [storeId(clusterRun.id)],
      );
      expect(items).toBe(400);
      const own = { ...before, trainSchNet: before.trainSchNet + 1, generateClusters: before.generateClusters + 1 };
      await expectExactlyOnce(server, mutations, own);
    }
    expect(server.process.exitCode).toBeNull();
    const alive = (await readWorkers(server)).filter(({ state }) => state === 'ALIVE').map(({ name }) => name);
    expect(alive.toSorted()).toEqual(workers.map(({ name }) => name).toSorted());
    say('nothing was lost, and no process of ours had to be started again');
  } finally {
    if (fleet === null) await postgres.drop();
    else await fleet.dispose();
  }
});
