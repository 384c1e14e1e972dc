import type { ClientBase } from 'pg';

/** A database whose machine has vanished says no word of it: without this, whoever waits for its answer would wait for ever. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;

/** For each pool of connections to the database. */
export const POOL_OPTIONS = {
  ...KEEP_ALIVE,
  /** Between its handing out and its first use nobody listens to a connection, and pg ends the process if it breaks just then. */
  onConnect(client: ClientBase): void {
    client.on('error', () => {});
  },
};
