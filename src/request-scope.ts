import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<string>();

/** The id of the request for which this is done; undefined where nobody asked. */
export function currentRequestId(): string | undefined {
  return scope.getStore();
}

/** Does something for a request: whatever it starts, however much later, knows its id. */
export function forRequest<T>(requestId: string | undefined, work: () => T): T {
  return requestId === undefined ? scope.exit(work) : scope.run(requestId, work);
}
