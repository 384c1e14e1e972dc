import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/postgres.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);

let client: pg.Client;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  drop = async () => {
    await client.end();
    await database.drop();
  };
});
afterAll(() => drop?.());

test('trainings of the time before committees were none', async () => {
  const names = readdirSync(MIGRATIONS).filter((name) => /^\d{4}-.*\.sql$/.test(name));
  const sql = (name: string) => readFileSync(new URL(name, MIGRATIONS), 'utf8');
  for (const name of names.sort().filter((each) => each < '0010')) await client.query(sql(name));
  // rows alone, without the data that they refer to
  await client.query('SET session_replication_role = replica');
  const settings = { SCHNET: { kind: 'SCHNET', epochs: 3 }, LASSO: { kind: 'LASSO', alphas: [1] } };
  for (const [kind, hyperparameters] of Object.entries(settings)) {
    await client.query(
      `INSERT INTO training_runs (model_id, kind, state, dataset_version_id, target, hyperparameters, created_by)
       VALUES (1, $1, 'QUEUED', 1, 'DIRECT', $2, 'test')`,
      [kind, hyperparameters],
    );
    await client.query(
      `INSERT INTO model_versions (model_id, version, kind, training_run_id, trial_id, dataset_version_id, target,
         hyperparameters, outcome, weights_sha256, created_by)
       VALUES (1, (SELECT count(*) + 1 FROM model_versions), $1, (SELECT max(id) FROM training_runs), 1, 1, 'DIRECT', $2, '{}',
         'none', 'test')`,
      [kind, hyperparameters],
    );
  }
  await client.query(sql(names.find((name) => name.startsWith('0010'))!));
  for (const table of ['training_runs', 'model_versions']) {
    const { rows } = await client.query(`SELECT hyperparameters FROM ${table} ORDER BY id`);
    expect(rows.map((row) => row.hyperparameters)).toEqual([{ ...settings.SCHNET, committee: false }, settings.LASSO]);
  }
  const { rows } = await client.query(`SELECT members FROM model_versions`);
  expect(rows).toEqual([{ members: null }, { members: null }]);
});
