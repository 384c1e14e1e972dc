import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/api.ts';
import { outcomeOf, spawnCommand } from '../support/command.ts';
import { type Fleet, jobOf, readWorkers, startFleet, workerWhen } from '../support/fleet.ts';
import { workersOf } from '../support/processes.ts';
import { startTestServer, until } from '../support/server.ts';
import {
  ENDLESS_SCHNET,
  LONGER_SCHNET,
  readRun,
  runEnded,
  runUnderWay,
  SMALL_SCHNET,
  trainSchNet,
} from '../support/training.ts';

const DRAIN = 'mutation ($worker: String!) { drainWorker(input: { worker: $worker }) { name state drainedBy } }';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.dispose());

const train = (input: object) => trainSchNet(fleet.server, { model: 'm', datasetVersion: 'synthetic/1', ...input });

describe('a worker that is drained', () => {
  test('finishes its trial, takes no other and ends well', async () => {
    const { server } = fleet;
    const worker = await fleet.startWorker();
    const begun = await train(LONGER_SCHNET);
    await runUnderWay(server, begun);
    const waiting = await train(SMALL_SCHNET);
    const [trial] = (await readRun(server, begun)).trials;
    expect(await readWorkers(server)).toEqual([
      {
        ...{ name: worker.name, pid: worker.process.pid, state: 'ALIVE', drainedBy: null },
        ...{ host: worker.name.split(':')[0], version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
        jobs: [{ kind: 'TRIAL', subject: { id: trial.id } }],
      },
    ]);
    expect(await server.request(DRAIN, { worker: worker.name })).toEqual({
      drainWorker: { name: worker.name, state: 'DRAINING', drainedBy: 'local admin' },
    });
    expect(await worker.ended).toBe(0);
    expect(await workerWhen(server, worker.name, 'GONE')).toMatchObject({ jobs: [] });
    expect((await jobOf(server, 'TRIAL', trial.id)).attempts).toMatchObject([{ number: 1, ending: 'SUCCEEDED' }]);
    expect(await readRun(server, waiting)).toMatchObject({ state: 'QUEUED', trials: [{ attempt: 0 }] });
    expect(await errorOf(server, DRAIN, { worker: worker.name })).toMatchObject({
      code: 'INVALID_STATE',
      message: `the worker ${worker.name} is gone already`,
    });
    await fleet.startWorker();
    expect(await runEnded(server, begun)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await runEnded(server, waiting)).toMatchObject({ state: 'SUCCEEDED' });
    await fleet.stopWorkers();
  });

  test('gives its trial back after all when it is told to stop', async () => {
    const { server } = fleet;
    const worker = await fleet.startWorker();
    const id = await train(ENDLESS_SCHNET);
    await runUnderWay(server, id);
    await server.request(DRAIN, { worker: worker.name });
    await until(async () => worker.output().includes('drains'), 'the worker to hear of it');
    worker.process.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    const [trial] = (await readRun(server, id)).trials;
    expect((await jobOf(server, 'TRIAL', trial.id)).attempts).toMatchObject([
      { number: 1, ending: 'RELEASED', reason: null },
    ]);
    await server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }`, { id });
    expect(await jobOf(server, 'TRIAL', trial.id)).toMatchObject({
      state: 'CANCELLED',
      failure: 'cancelled by local admin',
    });
  });

  test('by the command, is not replaced by the server whose it is', async () => {
    const server = await startTestServer({ environment: { NATRIUM_WORKERS: '1' } });
    const [{ name }] = await until(async () => {
      const workers = await readWorkers(server);
      return workers.length > 0 && workers;
    }, 'the worker');
    const drain = (...args: string[]) =>
      outcomeOf(spawnCommand(['drain', ...args], { NATRIUM_DATA_FOLDER: server.dataFolder }));
    expect(await drain(name)).toEqual({
      code: 0,
      stdout: `${name} takes nothing more and ends now\n`,
      stderr: '',
    });
    await until(async () => server.output().includes('worker 1 was drained'), 'the end of the worker');
    expect(workersOf(server.dataFolder)).toEqual([]);
    expect(await drain('nobody:1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no worker "nobody:1"; the query workers lists them (NOT_FOUND)'),
    });
    expect(await drain()).toMatchObject({ code: 1, stderr: expect.stringContaining('give the name of one worker') });
    await server.dispose();
  });
});

describe('a worker beneath which the database is migrated', () => {
  test('gives back what it has, takes nothing more and ends with a line that says why', async () => {
    const { server } = fleet;
    const worker = await fleet.startWorker();
    const id = await train(ENDLESS_SCHNET);
    await runUnderWay(server, id);
    await fleet.sql(`INSERT INTO schema_migrations (timestamp, name) VALUES (9000, '9000-future-0000000009000')`);
    expect(await worker.ended).toBe(1);
    expect(worker.output()).toMatch(
      /: the database was migrated while this worker of schema \d{4} ran; start it anew with that version/,
    );
    await fleet.sql('DELETE FROM schema_migrations WHERE timestamp = 9000');
    const [trial] = (await until(() => readRun(server, id).catch(() => null), 'the server to answer again')).trials;
    expect(trial).toMatchObject({ state: 'QUEUED', attempt: 1, worker: null });
  });
});
