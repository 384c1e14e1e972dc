import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allJobsEnded, everything, type Fleet, jobOf, machineOf, startFleet, workerWhen } from '../support/fleet.ts';
import { until } from '../support/server.ts';
import { LONGER_SCHNET, runEnded, runUnderWay, runWhen, SMALL_SCHNET, trainSchNet } from '../support/training.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.dispose());

describe('a worker that is frozen and replaced', () => {
  test('can change nothing when it wakes, and is as good as any other from then on', async () => {
    const { server } = fleet;
    const whole = await (async () => {
      const worker = await fleet.startWorker();
      const run = await runEnded(
        server,
        await trainSchNet(server, { model: 'whole', datasetVersion: 'synthetic/1', ...LONGER_SCHNET }),
      );
      await fleet.stopWorkers();
      expect(await worker.ended).toBe(0);
      return run.trials[0].weightsSha256;
    })();

    const frozen = await fleet.startWorker();
    const id = await trainSchNet(server, { model: 'frozen', datasetVersion: 'synthetic/1', ...LONGER_SCHNET });
    await runUnderWay(server, id);
    await until(async () => frozen.output().includes('checkpoint kept'), 'the first checkpoint');
    const machine = machineOf(fleet, frozen);
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

    await allJobsEnded(fleet);
    const before = await everything(fleet);
    for (const pid of machine) process.kill(pid, 'SIGCONT');
    await until(async () => frozen.output().includes('is no longer wanted here'), 'the frozen worker to find out');
    expect(await everything(fleet)).toEqual(before);
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
