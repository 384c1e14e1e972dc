import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase, migrate } from '../../src/store/database.ts';
import { testDatabase } from '../support/postgres.ts';

let dataSource: DataSource;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  dataSource = await connectDatabase(database.url, 'schema test');
  drop = async () => {
    await dataSource.destroy();
    await database.drop();
  };
  await migrate(dataSource);
});
afterAll(() => drop?.());

/** Tables that the store reads and writes by SQL of its own, without an entity. */
const WITHOUT_ENTITY = [
  'artifacts',
  'cluster_parents',
  'dataset_version_members',
  'idempotency_keys',
  'cluster_run_items',
  'cluster_run_sources',
  'import_items',
  'job_attempts',
  'model_aliases',
  'schema_migrations',
  'trial_points',
];

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const byName = (a: Column, b: Column) => (a.name < b.name ? -1 : 1);

async function columnsInDatabase(table: string): Promise<Column[]> {
  const columns: Column[] = await dataSource.query(
    `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable
     FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
    [table],
  );
  return columns.sort(byName);
}

test('every table has an entity or is known to need none', async () => {
  const tables: { name: string }[] = await dataSource.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const entities = dataSource.entityMetadatas.map((entity) => entity.tableName);
  expect(tables.map(({ name }) => name).sort()).toEqual([...entities, ...WITHOUT_ENTITY].sort());
});

test('the columns of every entity are those of its table: name, type and whether null is allowed', async () => {
  expect(dataSource.entityMetadatas.length).toBeGreaterThan(0);
  for (const entity of dataSource.entityMetadatas) {
    const columns = entity.columns.map((column) => ({
      name: column.databaseName,
      type: `${dataSource.driver
        .normalizeType(column)
        .replace(/^timestamptz$/, 'timestamp with time zone')}${column.isArray ? '[]' : ''}`,
      nullable: column.isNullable,
    }));
    expect({ [entity.tableName]: columns.sort(byName) }).toEqual({
      [entity.tableName]: await columnsInDatabase(entity.tableName),
    });
  }
});

test('the primary key of every entity is the generated id of its table', async () => {
  for (const entity of dataSource.entityMetadatas) {
    expect(entity.primaryColumns.map((column) => column.databaseName)).toEqual(['id']);
    const keys = await dataSource.query(
      `SELECT c.column_name AS name, c.identity_generation AS generated
       FROM information_schema.key_column_usage k
       JOIN information_schema.table_constraints t USING (constraint_name, table_name)
       JOIN information_schema.columns c USING (table_name, column_name)
       WHERE k.table_name = $1 AND t.constraint_type = 'PRIMARY KEY' AND c.table_schema = 'public'`,
      [entity.tableName],
    );
    expect(keys).toEqual([{ name: 'id', generated: 'ALWAYS' }]);
  }
});

test('migrating again changes nothing', async () => {
  expect(await migrate(dataSource)).toEqual([]);
});
