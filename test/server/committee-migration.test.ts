import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseBefore } from '../support/migrations.ts';

let before: Awaited<ReturnType<typeof databaseBefore>>;
beforeAll(async () => {
  before = await databaseBefore('0010');
});
afterAll(() => before?.drop());

test('trainings of the time before committees were none', async () => {
  const { client } = before;
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
  await before.migrate();
  for (const table of ['training_runs', 'model_versions']) {
    const { rows } = await client.query(`SELECT hyperparameters FROM ${table} ORDER BY id`);
    expect(rows.map((row) => row.hyperparameters)).toEqual([{ ...settings.SCHNET, committee: false }, settings.LASSO]);
  }
  const { rows } = await client.query(`SELECT members FROM model_versions`);
  expect(rows).toEqual([{ members: null }, { members: null }]);
});
