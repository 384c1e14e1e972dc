import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Store } from '../ports.ts';
import type { WorkerStatus } from '../records.ts';

/** Worker processes, as those see them who look after the machines. */
export class Workers {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
  ) {}

  /** Asks a worker to finish what it has, to take nothing more and to end. */
  async drain(caller: Caller, request: MutationRequest, name: string): Promise<WorkerStatus> {
    requireRole(caller, 'ADMIN');
    await this.mutations.run(caller, request, async (store) => {
      const found = (await store.workers.statuses()).find((worker) => worker.name === name);
      if (found === undefined) {
        throw new NatriumError('NOT_FOUND', `there is no worker ${JSON.stringify(name)}; the query workers lists them`);
      }
      if (found.state === 'GONE') throw new NatriumError('INVALID_STATE', `the worker ${name} is gone already`);
      await store.workers.drain(name, caller.name);
      return name;
    });
    return (await this.store.workers.statuses()).find((worker) => worker.name === name)!;
  }
}
