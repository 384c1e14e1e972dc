import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { getConstructionPlans } from 'pg-boss';
import { artifactKey } from '../../src/artifacts/artifact-store.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const FOLDER = new URL('../fixtures/stored-data/', import.meta.url);

/** What a server left behind, as the code of its time wrote it. */
export interface StoredData {
  /** Statements that made the tables, of the job queue too. */
  readonly schema: readonly string[];
  /** Rows of each table as JSON, by `schema.table`. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
  /** Bytes in base64, by their sha256. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** What the API said of them then. */
  readonly answers: unknown;
}

/** The names of all that is kept of earlier times, oldest first. */
export function storedDataNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => name.slice(0, -'.json.gz'.length));
}

export function readStoredData(name: string): StoredData {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, FOLDER))).toString()) as StoredData;
}

export function writeStoredData(name: string, data: StoredData): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${name}.json.gz`, FOLDER), gzipSync(JSON.stringify(data), { level: 9 }));
}

/** Copies a database and the artifacts that its tables name. */
export async function copyOf(databaseUrl: string, dataFolder: string, answers: unknown): Promise<StoredData> {
  const client = await connected(databaseUrl);
  try {
    const rows: Record<string, string[]> = {};
    for (const table of await tablesOf(client)) {
      const { rows: found } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t`);
      if (found.length > 0) rows[table] = found.map(({ row }) => row);
    }
    const artifacts = Object.fromEntries(
      (rows['public.artifacts'] ?? []).map((row) => {
        const { sha256 } = JSON.parse(row) as { sha256: string };
        return [sha256, readFileSync(join(dataFolder, 'artifacts', artifactKey(sha256))).toString('base64')];
      }),
    );
    const migrations = readdirSync(MIGRATIONS).filter((file) => /^\d{4}-.*\.sql$/.test(file));
    const sql = migrations.sort().map((file) => readFileSync(new URL(file, MIGRATIONS), 'utf8'));
    const bookkeeping =
      'CREATE TABLE schema_migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)';
    return { schema: [...sql, bookkeeping, getConstructionPlans('pgboss')], rows, artifacts, answers };
  } finally {
    await client.end();
  }
}

/** Puts a copy into an empty database and an empty data folder. */
export async function restore({ schema, rows, artifacts }: StoredData, databaseUrl: string, dataFolder: string) {
  const client = await connected(databaseUrl);
  try {
    for (const statements of schema) await client.query(statements);
    // neither foreign keys nor triggers: rows come in any order, and are as they were
    await client.query('SET session_replication_role = replica');
    for (const table of await tablesOf(client)) {
      await client.query(`DELETE FROM ${table}`);
      const columns = await givenColumnsOf(client, table);
      for (const row of rows[table] ?? []) {
        const sql = `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $1)`;
        await client.query(sql, [row]);
      }
    }
    for (const { table, column } of await identitiesOf(client)) {
      const next = `(SELECT coalesce(max(${column}), 0) + 1 FROM ${table})`;
      await client.query(`SELECT setval(pg_get_serial_sequence('${table}', '${column}'), ${next}, false)`);
    }
  } finally {
    await client.end();
  }
  for (const [sha256, content] of Object.entries(artifacts)) {
    const path = join(dataFolder, 'artifacts', artifactKey(sha256));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(content, 'base64'));
  }
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Tables of ours and of the job queue; of a table in partitions the whole. */
async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('public', 'pgboss') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY name`);
  return rows.map(({ name }) => name);
}

/** The columns of a table but for those that PostgreSQL works out by itself. */
async function givenColumnsOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [table],
  );
  return rows.map(({ name }) => name).join(', ');
}

async function identitiesOf(client: pg.Client): Promise<{ table: string; column: string }[]> {
  const { rows } = await client.query<{ table: string; column: string }>(`
    SELECT table_schema || '.' || table_name AS table, column_name AS column FROM information_schema.columns
    WHERE table_schema IN ('public', 'pgboss') AND pg_get_serial_sequence(table_schema || '.' || table_name, column_name) IS NOT NULL`);
  return rows;
}
