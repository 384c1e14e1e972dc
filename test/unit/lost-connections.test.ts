import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectDatabase, migrate } from '../../src/store/database.ts';
import { DatabaseWatch } from '../../src/store/database-watch.ts';
import { PostgresStore } from '../../src/store/postgres-store.ts';
import { runSql, testDatabase } from '../support/postgres.ts';
import { until } from '../support/server.ts';

// A database that is stopped ends its connections wherever a transaction just is; the caller may always try again.

let database: Awaited<ReturnType<typeof testDatabase>>;
let dataSource: DataSource;
let store: PostgresStore;

beforeEach(async () => {
  database = await testDatabase();
  dataSource = await connectDatabase(database.url, 'lost');
  await migrate(dataSource);
  store = PostgresStore.over(dataSource, { enqueue: async () => {}, isOpen: async () => false });
});
afterEach(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

const endConnections = () =>
  runSql(database.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost'`);

const AWAY = { code: 'UNAVAILABLE', message: 'the database cannot be reached at the moment; try again' };

test('between two statements, and the loss was noticed', async () => {
  const { master: pool } = dataSource.driver as unknown as { readonly master: pg.Pool };
  const lost = store.transaction(async (inside) => {
    await inside.lock('first');
    const noticed = new Promise((resolve) => pool.once('remove', resolve));
    await endConnections();
    await noticed;
    await inside.lock('second');
  });
  await expect(lost).rejects.toMatchObject(AWAY);
});

test('between two statements, and the loss was not noticed', async () => {
  const lost = store.transaction(async (inside) => {
    await inside.lock('first');
    const ended = endConnections();
    while (true) {
      const answer = await Promise.race([ended, inside.lock('again').then(() => null)]);
      if (answer !== null) await inside.lock('last');
    }
  });
  await expect(lost).rejects.toMatchObject(AWAY);
});

test('within a statement', async () => {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(hashtextextended('held', 0))`);
  const lost = expect(store.transaction((inside) => inside.lock('held'))).rejects.toMatchObject(AWAY);
  await until(
    async () => (await runSql(database.url, 'SELECT 1 FROM pg_locks WHERE NOT granted')).length === 1,
    'the statement to wait',
  );
  await endConnections();
  await lost;
  await holder.end();
});

test('and the next transaction finds another connection', async () => {
  await store.transaction((inside) => inside.lock('first'));
  await endConnections();
  const isDone = () =>
    store
      .transaction((inside) => inside.lock('second'))
      .then(
        () => true,
        () => false,
      );
  await until(isDone, 'another connection');
});

test('before the schema is looked at', async () => {
  const { master: pool } = dataSource.driver as unknown as { readonly master: pg.Pool };
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  vi.spyOn(pool, 'connect').mockImplementation((callback) => callback(refused, undefined, () => {}));
  await expect(new DatabaseWatch(dataSource).checkMigrations()).rejects.toMatchObject(AWAY);
});
