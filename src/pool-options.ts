import type { ClientBase } from 'pg';

/**
 * For each pool of connections. Between handing a connection out and the first use of it nobody listens to it for a moment, and pg ends
 * the process if the database breaks it off just then.
 */
export const POOL_OPTIONS = {
  onConnect(client: ClientBase): void {
    client.on('error', () => {});
  },
};
