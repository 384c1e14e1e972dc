import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Queue } from '../../src/jobs/queue.ts';
import { connectDatabase } from '../../src/store/database.ts';

// A database that is stopped may end a connection in the packet in which it takes it: nobody has had time to listen.

let server: Server;
afterEach(() => server?.close());

/** What a PostgreSQL says of a connection that it takes and ends at once. */
const GREETING_AND_END = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  message('Z', Buffer.from('I')),
  message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')),
]);

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

async function brokenDatabase(): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(GREETING_AND_END));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `postgres://natrium@127.0.0.1:${(server.address() as AddressInfo).port}/natrium`;
}

test('the store says that the database is away', async () => {
  await expect(connectDatabase(await brokenDatabase(), 'broken')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('so does the queue', async () => {
  const log = { info() {}, warn() {}, error() {}, child: () => log };
  const queue = new Queue(await brokenDatabase(), 'broken', log);
  await expect(queue.start()).rejects.toThrow(/Connection terminated|terminating connection|not queryable/);
});
