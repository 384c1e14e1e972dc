import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';

// A server reduced to its database: starts it in the folder given, tells the URL, and stays until it is killed.
const postgres = await startEmbeddedPostgres({ dataFolder: process.argv[2], log: () => {} });
process.stdout.write(`${postgres.url}\n`);
setInterval(() => {}, 60_000);
