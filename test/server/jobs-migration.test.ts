import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseBefore } from '../support/migrations.ts';

let before: Awaited<ReturnType<typeof databaseBefore>>;
beforeAll(async () => {
  before = await databaseBefore('0012');
});
afterAll(() => before?.drop());

const DAY = (day: number) => `2026-01-0${day}T00:00:00.000Z`;

test('work of the time before jobs has its jobs, and attempts where they are known', async () => {
  const { client } = before;
  // rows alone, without the data that they refer to
  await client.query('SET session_replication_role = replica');
  const run = (state: string, by: string, day: number) =>
    client.query(
      `INSERT INTO training_runs (model_id, kind, state, dataset_version_id, target, hyperparameters, created_by, created_at)
       VALUES (1, 'LASSO', $1, 1, 'DIRECT', '{}', $2, $3)`,
      [state, by, DAY(day)],
    );
  const trial = (
    runId: number,
    state: string,
    attempt: number,
    times: readonly (string | null)[],
    failure: string | null,
  ) =>
    client.query(
      `INSERT INTO trials (training_run_id, ordinal, seed, state, attempt, worker, failure, started_at, finished_at)
       VALUES ($1, 0, 1, $2, $3, $4, $5, $6, $7)`,
      [runId, state, attempt, attempt > 0 ? 'lab:77' : null, failure, ...times],
    );
  await run('SUCCEEDED', 'ann', 1);
  await trial(1, 'SUCCEEDED', 1, [DAY(1), DAY(2)], null);
  await run('RUNNING', 'bob', 2);
  await trial(2, 'RUNNING', 1, [DAY(2), null], null);
  await run('QUEUED', 'cid', 3);
  await trial(3, 'QUEUED', 0, [null, null], null);
  await run('FAILED', 'cid', 4);
  await trial(4, 'FAILED', 3, [DAY(4), DAY(5)], 'diverged');
  await run('RUNNING', 'dora', 5);
  await trial(5, 'SUCCEEDED', 1, [DAY(5), DAY(6)], null);
  await client.query(
    `INSERT INTO cluster_runs (kind, settings, total, state, attempt, worker, inserted, existing, rejected, started_at, finished_at,
       created_by, created_at) VALUES ('GENERATION', '{}', 1, 'CANCELLED', 1, 'lab:78', 0, 0, 0, $1, $2, 'eve', $3)`,
    [DAY(6), DAY(7), DAY(6)],
  );
  await client.query('SET session_replication_role = DEFAULT');
  await before.migrate();

  const { rows: jobs } = await client.query(
    `SELECT kind, subject_id::int AS subject, state, attempt, created_by AS "by" FROM jobs ORDER BY id`,
  );
  expect(jobs).toEqual([
    { kind: 'TRIAL', subject: 1, state: 'SUCCEEDED', attempt: 1, by: 'ann' },
    { kind: 'COMPLETION', subject: 1, state: 'SUCCEEDED', attempt: 0, by: 'ann' },
    { kind: 'TRIAL', subject: 2, state: 'RUNNING', attempt: 1, by: 'bob' },
    { kind: 'TRIAL', subject: 3, state: 'QUEUED', attempt: 0, by: 'cid' },
    { kind: 'TRIAL', subject: 4, state: 'FAILED', attempt: 3, by: 'cid' },
    { kind: 'TRIAL', subject: 5, state: 'SUCCEEDED', attempt: 1, by: 'dora' },
    // its trial has ended: the completion is queued
    { kind: 'COMPLETION', subject: 5, state: 'QUEUED', attempt: 0, by: 'dora' },
    { kind: 'CLUSTER_RUN', subject: 1, state: 'CANCELLED', attempt: 1, by: 'eve' },
  ]);
  const { rows: attempts } = await client.query(
    `SELECT j.created_by AS "by", number, a.worker, host, a.started_at AS "from", ended_at AS "to", ending
     FROM job_attempts a JOIN jobs j ON j.id = job_id ORDER BY job_id`,
  );
  const attempt = { number: 1, worker: 'lab:77', host: 'lab' };
  expect(JSON.parse(JSON.stringify(attempts))).toEqual([
    { by: 'ann', ...attempt, from: DAY(1), to: DAY(2), ending: 'SUCCEEDED' },
    { by: 'bob', ...attempt, from: DAY(2), to: null, ending: null },
    { by: 'dora', ...attempt, from: DAY(5), to: DAY(6), ending: 'SUCCEEDED' },
    { by: 'eve', ...attempt, worker: 'lab:78', from: DAY(6), to: DAY(7), ending: 'CANCELLED' },
  ]);
  const { rows: runs } = await client.query('SELECT DISTINCT priority FROM training_runs');
  expect(runs).toEqual([{ priority: 0 }]);

  // what was running is taken over as any other
  await client.query(`UPDATE jobs SET attempt = 2, worker = 'other:1' WHERE created_by = 'bob'`);
  const { rows: taken } = await client.query(
    `SELECT number, a.worker, ending FROM job_attempts a JOIN jobs j ON j.id = job_id WHERE created_by = 'bob' ORDER BY number`,
  );
  expect(taken).toEqual([
    { number: 1, worker: 'lab:77', ending: 'TAKEN_OVER' },
    { number: 2, worker: 'other:1', ending: null },
  ]);
  const { rows: trials } = await client.query('SELECT attempt, worker FROM trials WHERE id = 2');
  expect(trials).toEqual([{ attempt: 2, worker: 'other:1' }]);
});
