import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { startTestServer, type TestServer, until } from '../support/server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from '../support/synthetic-clusters.ts';
import { expectExactlyOnce, keyedMutations, persist, recordCounts } from './mutations.ts';
import { begun, type Chaos, points, scenario } from './scenario.ts';
import { isSmall } from './training.ts';

const MUTATIONS = isSmall ? 200 : 2000;
const KILLS = isSmall ? 5 : 40;
const CLIENTS = 8;

scenario('api-killed', async (chaos) => {
  const database = await testDatabase();
  try {
    await killedAmidst(chaos, { DATABASE_URL: database.url });
  } finally {
    await database.drop();
  }
});

scenario('api-killed with the database that it runs itself', (chaos) => killedAmidst(chaos, {}));

async function killedAmidst({ random, say }: Chaos, settings: Readonly<Record<string, string>>): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'natrium-chaos-api-'));
  const environment = { ...settings, NATRIUM_WORKERS: '0' };
  let server = await startTestServer({ dataFolder, environment });
  try {
    await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
    const before = await recordCounts(server);
    const mutations = keyedMutations(random, MUTATIONS);
    const answered = () => mutations.filter(({ answer }) => answer !== null).length;

    const waiting = [...mutations];
    const clients = Array.from({ length: CLIENTS }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await persist(() => server, next);
    });
    const all = begun(clients);
    for (const point of points(random, KILLS).sort((a, b) => a - b)) {
      await until(async () => answered() >= Math.floor(point * MUTATIONS), `${point} of all answers`, 120);
      await delay(random.integer(50));
      server.process.kill('SIGKILL');
      await server.ended;
      say(`killed after ${answered()} answers`);
      server = await restarted(server, environment);
    }
    await all;
    const repeated = mutations.filter(({ sent }) => sent > 1);
    say(`${repeated.length} of ${MUTATIONS} mutations had to be sent again`);
    expect(repeated.length).toBeGreaterThan(0);
    await expectExactlyOnce(server, mutations, before);
    say('each is there exactly once, and answers as before');
  } finally {
    await server.dispose();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

function restarted({ dataFolder }: TestServer, environment: Readonly<Record<string, string>>): Promise<TestServer> {
  return startTestServer({ dataFolder, environment });
}
