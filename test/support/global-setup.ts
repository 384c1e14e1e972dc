import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** the PostgreSQL that all test files share; each makes databases of its own in it */
    postgresUrl: string;
  }
}

let postgres: EmbeddedPostgres | undefined;
let dataFolder: string | undefined;

/** Starts one PostgreSQL for the whole run, with nothing synced to disk: these data are gone after the run anyway. */
export async function setup(project: TestProject): Promise<void> {
  dataFolder = await mkdtemp(join(tmpdir(), 'natrium-test-postgres-'));
  const logLines: string[] = [];
  postgres = await startEmbeddedPostgres({ dataFolder, log: (line) => logLines.push(line) });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes'])
    await client.query(`ALTER SYSTEM SET ${setting} = off`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
  project.provide('postgresUrl', postgres.url);
}

export async function teardown(): Promise<void> {
  await postgres?.stop();
  if (dataFolder !== undefined) await rm(dataFolder, { recursive: true, force: true });
}
