import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts';

/** A PostgreSQL server at an address that stays the same when it is stopped and started again. */
export interface RestartablePostgres {
  readonly url: string;
  /**
   * As an administrator does: connections are ended, and there is nobody at the address. `immediate` ends it without a checkpoint,
   * so that it recovers from its log when it is started.
   */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** From now on it answers nobody, and breaks no connection off. */
  hang(): void;
  drop(): Promise<void>;
}

export async function startRestartablePostgres(): Promise<RestartablePostgres> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'natrium-restartable-postgres-'));
  let postgres: EmbeddedPostgres | null = null;
  let door: Server | null = null;
  let port = 0;
  const sockets = new Set<Socket>();
  let hangs = false;

  const start = async () => {
    postgres = await startEmbeddedPostgres({ dataFolder, log: () => {} });
    const behind = Number(new URL(postgres.url).port);
    door = createServer((front) => {
      if (hangs) {
        sockets.add(front.on('error', () => {}));
        return;
      }
      const back = connect(behind, '127.0.0.1');
      for (const [socket, other] of [
        [front, back],
        [back, front],
      ]) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    door.listen(port, '127.0.0.1');
    await once(door, 'listening');
    port = (door.address() as AddressInfo).port;
  };
  const stop = async (mode: 'fast' | 'immediate' = 'fast') => {
    if (mode === 'immediate') process.kill(postmasterOf(dataFolder), 'SIGQUIT');
    const closed = door && once(door, 'close');
    door?.close();
    await postgres?.stop();
    for (const socket of sockets) socket.destroy();
    await closed;
    [postgres, door] = [null, null];
  };
  await start();
  const url = new URL(postgres!.url);
  url.port = String(port);
  return {
    url: url.href,
    ...{ start, stop },
    hang() {
      hangs = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    async drop() {
      await stop();
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function postmasterOf(dataFolder: string): number {
  const [pid] = readFileSync(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  return Number(pid);
}
