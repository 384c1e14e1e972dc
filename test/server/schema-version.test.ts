import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectDatabase, migrate } from '../../src/store/database.ts';
import { type Environment, type Outcome, outcomeOf, spawnCommand } from '../support/command.ts';
import { testDatabase } from '../support/postgres.ts';

const [NEWEST, ...OLDER] = readdirSync(new URL('../../migrations/', import.meta.url))
  .filter((file) => /^\d{4}-/.test(file))
  .map((file) => file.slice(0, 4))
  .sort()
  .reverse();

const dataFolder = mkdtempSync(join(tmpdir(), 'natrium-schema-version-'));
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

let database: Awaited<ReturnType<typeof testDatabase>>;
let client: pg.Client;
beforeEach(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

async function migrated(): Promise<void> {
  const dataSource = await connectDatabase(database.url, 'test');
  await migrate(dataSource);
  await dataSource.destroy();
}

/** A command that shall be refused. */
function refused(command: string, settings: Environment = {}): Promise<Outcome> {
  const own = { DATABASE_URL: database.url, NATRIUM_DATA_FOLDER: dataFolder, NATRIUM_PORT: '0', NATRIUM_WORKERS: '0' };
  // one that is not refused would serve on
  return outcomeOf(spawnCommand([command], { ...own, ...settings }, { timeout: 60_000 }));
}

const FUTURE = String(Number(NEWEST) + 1).padStart(4, '0');

/** As if a newer Natrium had been here. */
async function migrateFurther(): Promise<void> {
  await client.query(`INSERT INTO schema_migrations (timestamp, name) VALUES ($1, $2)`, [
    Number(FUTURE),
    `${FUTURE}-future-${FUTURE.padStart(13, '0')}`,
  ]);
}

describe('a database that a newer Natrium has migrated', () => {
  test.each(['serve', 'worker', 'migrate'])('is refused by %s in one line', async (command) => {
    await migrated();
    await migrateFurther();
    expect(await refused(command)).toEqual({
      code: 1,
      stdout: '',
      stderr: `natrium: the database is at schema ${FUTURE}, and this Natrium knows ${NEWEST}: update this Natrium\n`,
    });
  });

  test.each([
    ['serve', 'api'],
    ['worker', 'worker'],
  ])('is refused by %s in one line of JSON where JSON is asked for', async (command, process) => {
    await migrated();
    await migrateFurther();
    const { code, stdout, stderr } = await refused(command, { NATRIUM_LOG: 'json' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ level: 'error', process, pid: expect.any(Number) },
      msg: `the database is at schema ${FUTURE}, and this Natrium knows ${NEWEST}: update this Natrium`,
    });
  });
});

describe('a database that is not migrated yet', () => {
  const wayOut = `and this Natrium needs ${NEWEST}: start the server of this version, or run \`natrium migrate\`, before its workers`;

  test('is refused by a worker, which leaves it alone', async () => {
    expect(await refused('worker')).toEqual({
      code: 1,
      stdout: '',
      stderr: `natrium: the database is empty, ${wayOut}\n`,
    });
    const { rows } = await client.query(`SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'`);
    expect(rows).toEqual([{ tables: 0 }]);
  });

  test('is refused by a worker when it is that of an older Natrium', async () => {
    await migrated();
    await client.query(`DELETE FROM schema_migrations WHERE name LIKE $1`, [`${NEWEST}-%`]);
    expect(await refused('worker')).toEqual({
      code: 1,
      stdout: '',
      stderr: `natrium: the database is at schema ${OLDER[0]}, ${wayOut}\n`,
    });
  });
});
