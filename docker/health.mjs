// health.mjs api|worker|URL: the health check of a container. Exits with 0 if its service is well, else with 1 and says why.

import { hostname } from 'node:os';

const [what] = process.argv.slice(2);

try {
  if (what === 'worker') await lives();
  else await answers(what === 'api' ? `http://127.0.0.1:${process.env.NATRIUM_PORT || 4000}/readyz` : what);
} catch (error) {
  console.error(String(error.cause ?? error));
  process.exitCode = 1;
}

async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(6000) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

/** A worker that lives says so every two seconds; see src/store/worker-collection.ts. */
async function lives() {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 6000 });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT 1 FROM workers WHERE host = $1 AND ended_at IS NULL AND heartbeat_at > now() - interval '15 seconds'`,
      [hostname()],
    );
    if (rowCount === 0) throw new Error('no worker of this machine has said anything for 15 s');
  } finally {
    await client.end();
  }
}
