import { PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allJobsEnded, type Fleet, jobOf, readJobs, startFleet, storeId } from '../support/fleet.ts';
import { until } from '../support/server.ts';
import { subscriptionClient } from '../support/subscriptions.ts';
import {
  ENDLESS_SCHNET,
  LONGER_SCHNET,
  readRun,
  runEnded,
  runUnderWay,
  SMALL_SCHNET,
  trainSchNet,
} from '../support/training.ts';

let fleet: Fleet;
let boss: PgBoss;
beforeAll(async () => {
  fleet = await startFleet({ environment: { NATRIUM_TRIALS_PER_USER: '1' } });
  boss = new PgBoss({ connectionString: fleet.databaseUrl, supervise: false, schedule: false });
  await boss.start();
});
afterAll(async () => {
  await boss?.stop({ graceful: false });
  await fleet?.dispose();
});

const train = (input: object) => trainSchNet(fleet.server, { datasetVersion: 'synthetic/1', ...input });
const cancel = (id: string) =>
  fleet.server.request(`mutation ($id: ID!) { cancelTrainingRun(input: { trainingRun: $id }) { id } }`, { id });

describe('a job that the queue delivers twice', () => {
  test('is done once, by the worker that has it', async () => {
    const { server } = fleet;
    const workers = [await fleet.startWorker(), await fleet.startWorker()];
    const id = await train({ model: 'twice', ...LONGER_SCHNET });
    const [trial] = (await runUnderWay(server, id)).trials;
    const double = (await boss.send('trial', { trialId: storeId(trial.id) }))!;
    await until(
      async () => (await boss.findJobs('trial', { id: double }))[0].state === 'completed',
      'the second delivery',
    );
    expect((await readRun(server, id)).trials[0]).toMatchObject({ attempt: 1, worker: trial.worker });
    const run = await runEnded(server, id);
    // and once more when all is done
    for (const [queue, data] of [
      ['trial', { trialId: storeId(trial.id) }],
      ['completion', { trainingRunId: storeId(id) }],
    ] as const) {
      const late = (await boss.send(queue, data))!;
      await until(async () => (await boss.findJobs(queue, { id: late }))[0].state === 'completed', 'the late delivery');
    }
    expect(await readRun(server, id)).toEqual(run);
    expect(run).toMatchObject({ state: 'SUCCEEDED', modelVersion: { reference: 'twice/1' } });
    await allJobsEnded(fleet);
    for (const [kind, subject] of [
      ['TRIAL', trial.id],
      ['COMPLETION', id],
    ]) {
      expect((await jobOf(server, kind, subject)).attempts).toMatchObject([{ number: 1, ending: 'SUCCEEDED' }]);
    }
    const { evaluations } = await server.request<{ evaluations: object }>('{ evaluations(first: 1) { totalCount } }');
    expect(evaluations).toEqual({ totalCount: 2 });
    for (const worker of workers) expect(worker.output()).not.toContain('failed');
    await fleet.stopWorkers();
  });
});

describe('trials that wait', () => {
  test('come in the order of their priority, and then of their asking', async () => {
    const { server } = fleet;
    await fleet.startWorker();
    const busy = await train({ model: 'p', ...ENDLESS_SCHNET });
    await runUnderWay(server, busy);
    const ids = [];
    for (const priority of [-100, 0, 100, 0])
      ids.push(await train({ model: 'p', ...SMALL_SCHNET, epochs: 2, priority }));
    expect((await readJobs(server, { state: { equals: 'QUEUED' } })).map(({ priority }) => priority)).toEqual([
      -100, 0, 100, 0,
    ]);
    await cancel(busy);
    const runs = [];
    for (const id of ids) runs.push(await runEnded(server, id));
    const [low, usual, high, later] = runs.map(({ startedAt }) => new Date(startedAt!).getTime());
    expect([high, usual, later, low].toSorted((a, b) => a - b)).toEqual([high, usual, later, low]);
    const { trainingRun } = await server.request<{ trainingRun: object }>(
      'query ($id: ID!) { trainingRun(id: $id) { priority } }',
      { id: ids[2] },
    );
    expect(trainingRun).toEqual({ priority: 100 });
    await fleet.stopWorkers();
  });

  test.each([-101, 101])('have a priority that is no number such as %i', async (priority) => {
    await expect(train({ model: 'p', ...SMALL_SCHNET, priority })).rejects.toThrow(
      `priority is ${priority}; it is -100 to 100`,
    );
  });

  test('of one user run no more at once than the setting says, and others pass them', async () => {
    const { server } = fleet;
    const { made } = await server.request<{ made: { secret: string } }>(
      'mutation { made: createApiToken(input: { name: "another", role: CONTRIBUTOR }) { secret } }',
    );
    const mine = await train({ model: 'mine', ...SMALL_SCHNET, epochs: 300, seeds: [1, 2, 3, 4, 5] });
    const { theirs } = await server.request<{ theirs: { id: string } }>(
      `mutation ($input: TrainSchNetInput!) { theirs: trainSchNet(input: $input) { id } }`,
      { input: { model: 'theirs', datasetVersion: 'synthetic/1', ...SMALL_SCHNET } },
      { authorization: `Bearer ${made.secret}` },
    );
    await Promise.all([1, 2, 3].map(() => fleet.startWorker()));
    const [first, passing] = [await runEnded(server, mine), await runEnded(server, theirs.id)];
    expect([first.state, passing.state]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(new Date(passing.finishedAt!).getTime()).toBeLessThan(new Date(first.finishedAt!).getTime());
    const [{ overlapping }] = await fleet.sql(
      `SELECT count(*)::int AS overlapping FROM job_attempts a JOIN job_attempts b ON a.job_id < b.job_id
       JOIN jobs j ON j.id = a.job_id JOIN jobs k ON k.id = b.job_id
       WHERE j.kind = 'TRIAL' AND k.kind = 'TRIAL' AND j.created_by = k.created_by
         AND tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)`,
    );
    expect(overlapping).toBe(0);
    await fleet.stopWorkers();
  });
});

describe('a job that is watched', () => {
  test('tells of each change, and of its end', async () => {
    const { server } = fleet;
    const id = await train({ model: 'watched', ...ENDLESS_SCHNET });
    const [{ id: trial }] = (await readRun(server, id)).trials;
    const { node } = await server.request<{ node: { job: { id: string } } }>(
      'query ($id: ID!) { node(id: $id) { ... on Trial { job { id } } } }',
      { id: trial },
    );
    const client = subscriptionClient(server);
    const told = client.iterate<{ job: object }>({
      query: 'subscription ($id: ID!) { job: jobUpdated(id: $id) { state attempt worker attempts { ending } } }',
      variables: { id: node.job.id },
    });
    const next = async () => (await told.next()).value?.data?.job;
    expect(await next()).toEqual({ state: 'QUEUED', attempt: 0, worker: null, attempts: [] });
    const worker = await fleet.startWorker();
    const taken = { attempt: 1, worker: worker.name };
    expect(await next()).toEqual({ ...taken, state: 'RUNNING', attempts: [{ ending: null }] });
    await cancel(id);
    expect(await next()).toEqual({ ...taken, state: 'CANCELLED', attempts: [{ ending: 'CANCELLED' }] });
    expect(await told.next()).toMatchObject({ done: true });
    await client.dispose();
    await fleet.stopWorkers();
  });
});
