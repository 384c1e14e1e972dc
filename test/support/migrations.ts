import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { testDatabase } from './postgres.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);

/** A database of the time before a migration, which is still to be run. */
export async function databaseBefore(number: string): Promise<{
  readonly client: pg.Client;
  migrate(): Promise<void>;
  drop(): Promise<void>;
}> {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}-.*\.sql$/.test(name));
  const sql = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const name of names.sort().filter((each) => each < number)) await client.query(sql(name));
  return {
    client,
    async migrate() {
      await client.query(sql(names.find((name) => name.startsWith(number))!));
    },
    async drop() {
      await client.end();
      await database.drop();
    },
  };
}
