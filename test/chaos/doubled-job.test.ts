import { setTimeout as delay } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { expect } from 'vitest';
import { finishedClusterRun, startGeneration } from '../support/cluster-runs.ts';
import { allJobsEnded, startFleet, storeId } from '../support/fleet.ts';
import { until } from '../support/server.ts';
import { trainSchNet } from '../support/training.ts';
import { expectUndisturbed, scenario, succeeded, trialsOf } from './scenario.ts';
import { isSmall, SEEDS, TRAINING } from './training.ts';

const TRIALS = isSmall ? 4 : 12;
const DOUBLES = isSmall ? 20 : 100;
const WORKERS = 3;

scenario('doubled-job', async ({ random, say }) => {
  const fleet = await startFleet();
  const boss = new PgBoss({ connectionString: fleet.databaseUrl, supervise: false, schedule: false });
  try {
    await boss.start();
    const seeds = SEEDS.slice(0, TRIALS);
    for (let i = 0; i < WORKERS; i++) await fleet.startWorker();
    const id = await trainSchNet(fleet.server, { ...TRAINING, model: 'doubled', seeds });
    const generation = { sizes: [20, 30], clustersPerSize: 500, seed: 1 };
    const clusterRun = await startGeneration(fleet.server, generation);

    const trials = await trialsOf(fleet, id);
    const kinds = [
      () => ['trial', { trialId: trials[random.integer(TRIALS)].id }] as const,
      () => ['completion', { trainingRunId: storeId(id) }] as const,
      () => ['cluster-run', { clusterRunId: storeId(clusterRun.id) }] as const,
    ];
    const sent: { queue: string; delivery: string }[] = [];
    const deliver = async () => {
      // trials three times out of five
      const [queue, data] = kinds[Math.max(0, random.integer(5) - 2)]();
      sent.push({ queue, delivery: (await boss.send(queue, { ...data }))! });
    };
    // some at once, before anybody has taken anything, the others on the way
    for (let i = 0; i < DOUBLES / 4; i++) await deliver();
    while (sent.length < DOUBLES) {
      await delay(random.integer(1500));
      await deliver();
    }
    const run = await succeeded(fleet.server, id);
    await finishedClusterRun(fleet.server, clusterRun.id);
    for (let i = 0; i < DOUBLES / 4; i++) await deliver();
    for (const { queue, delivery } of sent) {
      await until(
        async () => (await boss.findJobs(queue, { id: delivery }))[0].state === 'completed',
        `the end of delivery ${delivery} to ${queue}`,
      );
    }
    const counts = ['trial', 'completion', 'cluster-run'].map(
      (each) => `${sent.filter(({ queue }) => queue === each).length} of ${each}`,
    );
    say(`delivered once more: ${counts.join(', ')}`);

    await allJobsEnded(fleet);
    expectUndisturbed(run);
    const [{ attempts, jobs }] = await fleet.sql<{ attempts: number; jobs: number }>(
      `SELECT count(*) FILTER (WHERE a.ending = 'SUCCEEDED')::int AS attempts, count(DISTINCT a.job_id)::int AS jobs
       FROM job_attempts a`,
    );
    // the trials, their completion and the cluster run
    expect({ attempts, jobs }).toEqual({ attempts: TRIALS + 2, jobs: TRIALS + 2 });
    expect(await fleet.sql('SELECT 1 FROM model_versions')).toHaveLength(1);
    expect(await fleet.sql('SELECT 1 FROM cluster_run_items')).toHaveLength(1000);
    say('one result each');
  } finally {
    await boss.stop({ graceful: false });
    await fleet.dispose();
  }
});
