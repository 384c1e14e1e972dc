import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that breaks for good after so many bytes. */
export interface CuttingProxy {
  readonly endpoint: string;
  /** How many bytes of uploads came through. */
  bytes(): number;
  close(): Promise<void>;
}

/**
 * Passes everything on until `offset` bytes have gone to the server, counted from the head of the first PUT on. Then all
 * connections break, and nothing comes through any more.
 */
export async function startCuttingProxy(endpoint: string, offset: number): Promise<CuttingProxy> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let counting = false;
  let bytes = 0;
  let isCut = false;
  const proxy = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      sockets.add(from);
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => from.destroy());
    }
    server.pipe(client);
    client.on('data', (chunk) => {
      if (isCut) return;
      counting ||= chunk.subarray(0, 4).toString('latin1') === 'PUT ';
      const left = counting ? offset - bytes : chunk.length;
      if (counting) bytes += Math.min(chunk.length, left);
      if (chunk.length < left) {
        if (!server.write(chunk)) {
          client.pause();
          server.once('drain', () => client.resume());
        }
        return;
      }
      isCut = counting;
      // what came before the cut arrives
      server.write(chunk.subarray(0, left), () => {
        if (isCut) for (const socket of sockets) socket.destroy();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    bytes: () => bytes,
    async close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
