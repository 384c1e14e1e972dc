import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, jobOf, startFleet, workerWhen } from '../support/fleet.ts';
import { computeProcessesOf } from '../support/processes.ts';
import { until } from '../support/server.ts';
import { runEnded, runUnderWay, runWhen, SMALL_SCHNET, trainSchNet } from '../support/training.ts';
import type { TestWorker } from '../support/worker.ts';

const LONGER = { ...SMALL_SCHNET, atomBasis: 64, filters: 64, gaussians: 25, interactions: 2, epochs: 1500 };

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.dispose());

/** A worker and all that it computes with, as they stand still when their machine does. */
function machineOf(worker: TestWorker): number[] {
  const { pid } = worker.process;
  return [pid!, ...computeProcessesOf(fleet.dataFolder).flatMap((each) => (each.parent === pid ? [each.pid] : []))];
}

/** Every row that a worker could have changed. */
async function everything(): Promise<unknown> {
  const tables = ['training_runs', 'trials', 'trial_points', 'model_versions', 'evaluations', 'jobs', 'job_attempts'];
  return Promise.all(tables.map((table) => fleet.sql(`SELECT * FROM ${table} AS t ORDER BY t::text`)));
}

describe('a worker that is frozen and replaced', () => {
  test('can change nothing when it wakes, and is as good as any other from then on', async () => {
    const { server } = fleet;
    const whole = await (async () => {
      const worker = await fleet.startWorker();
      const run = await runEnded(
        server,
        await trainSchNet(server, { model: 'whole', datasetVersion: 'synthetic/1', ...LONGER }),
      );
      await fleet.stopWorkers();
      expect(await worker.ended).toBe(0);
      return run.trials[0].weightsSha256;
    })();

    const frozen = await fleet.startWorker();
    const id = await trainSchNet(server, { model: 'frozen', datasetVersion: 'synthetic/1', ...LONGER });
    await runUnderWay(server, id);
    await until(async () => frozen.output().includes('checkpoint kept'), 'the first checkpoint');
    const machine = machineOf(frozen);
    expect(machine).toHaveLength(2);
    for (const pid of machine) process.kill(pid, 'SIGSTOP');

    const next = await fleet.startWorker();
    await workerWhen(server, frozen.name, 'GONE');
    await runWhen(server, id, 'taken over', ({ trials }) => trials[0].worker === next.name);
    const run = await runEnded(server, id);
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      trials: [{ attempt: 2, worker: next.name, weightsSha256: whole }],
    });
    expect(next.output()).toMatch(/attempt 2\) goes on from its checkpoint/);

    const before = await everything();
    for (const pid of machine) process.kill(pid, 'SIGCONT');
    await until(async () => frozen.output().includes('is no longer wanted here'), 'the frozen worker to find out');
    expect(await everything()).toEqual(before);
    await workerWhen(server, frozen.name, 'ALIVE');
    const job = await jobOf(server, 'TRIAL', run.trials[0].id);
    expect(job).toMatchObject({ state: 'SUCCEEDED', attempt: 2 });
    expect(job.attempts).toMatchObject([
      { number: 1, worker: frozen.name, ending: 'TAKEN_OVER', reason: `it fell silent; ${next.name} took over` },
      { number: 2, worker: next.name, ending: 'SUCCEEDED', reason: null },
    ]);
    await fleet.sql(`UPDATE workers SET draining_at = now() WHERE name = $1`, [next.name]);
    expect(await next.ended).toBe(0);
    const again = await runEnded(
      server,
      await trainSchNet(server, { model: 'again', datasetVersion: 'synthetic/1', ...SMALL_SCHNET }),
    );
    expect(again).toMatchObject({ state: 'SUCCEEDED', trials: [{ worker: frozen.name }] });
  });
});
