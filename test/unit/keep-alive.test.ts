import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { Queue } from '../../src/jobs/queue.ts';
import { Changes } from '../../src/store/changes.ts';
import { connectDatabase } from '../../src/store/database.ts';
import { runSql, testDatabase } from '../support/postgres.ts';
import { until } from '../support/server.ts';

// What the kernel has under way for each connection stands in /proc/net/tcp (proc(5)): 02 is the keepalive, in hundredths of a second.
const KEEPALIVE = '02';
const MOST = 1000;

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.drop());

const silent = () => {};
const log = { info: silent, warn: silent, error: silent, child: () => log };

function isKeptAlive(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const timers = rows.flatMap((row) => {
    const [, address, , , , timer] = row.trim().split(/\s+/);
    return address?.endsWith(local) ? [timer] : [];
  });
  return timers.some((timer) => timer.startsWith(KEEPALIVE) && Number.parseInt(timer.slice(3), 16) <= MOST);
}

test('every connection to the database finds out that its machine has vanished', async () => {
  const dataSource = await connectDatabase(database.url, 'kept alive');
  const changes = new Changes('job_changed', database.url, 'kept alive', silent);
  const queue = new Queue(database.url, 'kept alive', log);
  await queue.start();
  changes.watch('1', silent);
  await until(async () => {
    const connections = await runSql<{ name: string; port: number }>(
      database.url,
      `SELECT application_name AS name, client_port AS port FROM pg_stat_activity WHERE application_name LIKE 'kept alive%'`,
    );
    return connections.length >= 3 && connections.every(({ port }) => isKeptAlive(port));
  }, 'the keepalive of all connections');
  await Promise.all([changes.close(), queue.stop(), dataSource.destroy()]);
});
