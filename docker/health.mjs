// health.mjs api|worker|URL: the health check of a container. Exits with 0 if its service is well, else with 1 and says why.

import { hostname } from 'node:os';

const [what] = process.argv.slice(2);

try {
  if (what === 'worker') await isConnected();
  else await answers(what === 'api' ? `http://127.0.0.1:${process.env.NATRIUM_PORT || 4000}/readyz` : what);
} catch (error) {
  console.error(String(error.cause ?? error));
  process.exitCode = 1;
}

async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(6000) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

/** A worker that works holds connections in its name; see src/store/workers-alive.ts. */
async function isConnected() {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 6000 });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'natrium worker %'
       AND starts_with(split_part(application_name, '@', 2), $1)`,
      // PostgreSQL keeps the beginning of a long name
      [hostname().slice(0, 32)],
    );
    if (rowCount === 0) throw new Error('this worker is not connected to the database');
  } finally {
    await client.end();
  }
}
