// node scripts/store-data.mjs NAME: has a server store some of everything and keeps a copy in test/fixtures/stored-data/NAME.json.gz,
// which every later Natrium must be able to open. Needs `npm run build`. Once written, a copy is never written again.
import '../test/support/typescript-hooks.mjs';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './lib/run.mjs';

const { startEmbeddedPostgres } = await import('../src/store/embedded-postgres.ts');
const { startTestServer } = await import('../test/support/server.ts');
const { copyOf, writeStoredData } = await import('../test/support/stored-data.ts');
const { answersOf, storeSomeOfEverything } = await import('../test/support/stored-work.ts');

const [name] = process.argv.slice(2);
if (!/^[0-9]{2}-[a-z-]+$/.test(name ?? '')) {
  console.error('usage: node scripts/store-data.mjs NN-NAME, such as 05-study');
  process.exit(1);
}
const file = join(ROOT, 'test/fixtures/stored-data', `${name}.json.gz`);
if (existsSync(file)) {
  console.error(`${file} is there; what an earlier Natrium stored is kept as it is`);
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'natrium-store-'));
const postgres = await startEmbeddedPostgres({ dataFolder: folder, log: console.log });
let server;
try {
  server = await startTestServer({ environment: { DATABASE_URL: postgres.url } });
  await storeSomeOfEverything(server);
  const answers = await answersOf(server);
  // as a machine that loses its power leaves it
  process.kill(-server.process.pid, 'SIGKILL');
  writeStoredData(name, await copyOf(postgres.url, server.dataFolder, answers));
  console.log(`${file}: ${(statSync(file).size / 1000).toFixed(0)} kB`);
} finally {
  await server?.dispose();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
