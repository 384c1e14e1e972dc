import { checkGenerationParameters, type GenerationParameters, generatedCount } from '../chemistry/s-blda/generator.ts';
import { NatriumError } from '../errors.ts';
import { BackgroundWork, type Interruptions, type WorkKind } from './background-work.ts';
import { type Caller, requireRole, SYSTEM } from './caller.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import { type ClusterDraft, lockClusters, storeClusters } from './new-clusters.ts';
import type { Compute, Store } from './ports.ts';
import type { ClusterRun, ClusterRunItem, ItemStatus, RelaxationOutcome } from './records.ts';

/** So many clusters, or clusters with so many pairs of atoms, are made and stored at once: about a second's work. */
const BATCH_CLUSTERS = 200;
const BATCH_PAIRS = 100_000;

const CLUSTER_RUN_WORK: WorkKind<ClusterRun> = {
  name: 'cluster run',
  listedBy: 'clusterRuns',
  resumedBy: 'resumeClusterRun',
  records: (store) => store.clusterRuns,
  job: (clusterRunId) => ({ kind: 'cluster-run', clusterRunId }),
};

/** One cluster that a run made, or why it could not. */
interface Made {
  readonly sourceClusterId: string | null;
  readonly result: { readonly draft: ClusterDraft; readonly relaxation: RelaxationOutcome | null } | NatriumError;
}

/**
 * Background runs that make clusters. Each batch is stored in one transaction with the counts that say how far the run is, so a
 * run that was interrupted goes on there.
 */
export class ClusterRuns {
  private readonly work: BackgroundWork<ClusterRun>;

  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly compute: Compute,
  ) {
    this.work = new BackgroundWork(store, CLUSTER_RUN_WORK);
  }

  /** Queues the generation of clusters by S-BLDA. Throws as `checkGenerationParameters` does. */
  generate(caller: Caller, request: MutationRequest, parameters: GenerationParameters): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkGenerationParameters(parameters);
    return this.mutations.run(caller, request, (store) =>
      this.start(store, caller, {
        kind: 'GENERATION',
        settings: parameters,
        sourceClusterIds: null,
        total: generatedCount(parameters),
      }),
    );
  }

  /** Ends a run where it is; the clusters that it made stay. */
  cancel(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.work.cancel(store, caller, runId);
      return runId;
    });
  }

  /** Lets a failed or cancelled run go on where it stopped. */
  resume(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.work.resume(store, runId);
      return runId;
    });
  }

  /** A worker makes all clusters that are left of a run. */
  run(runId: string, worker: string, interruptions: Interruptions): Promise<void> {
    return this.work.run(runId, worker, interruptions, async (taken, interrupted) => {
      let counts: Counts = taken;
      for (let done = doneOf(counts); done < taken.total; done = doneOf(counts)) {
        interrupted.throwIfAborted();
        counts = await this.keep(taken, counts, await this.make(taken, done));
      }
    });
  }

  /** The queue gave a run up after several attempts. */
  lose(runId: string): Promise<void> {
    return this.work.lose(runId);
  }

  private async start(
    store: Store,
    caller: Caller,
    what: Pick<ClusterRun, 'kind' | 'settings' | 'sourceClusterIds' | 'total'>,
  ): Promise<string> {
    const run = await store.clusterRuns.insert({
      ...what,
      ...{ state: 'QUEUED', attempt: 0, worker: null, failure: null },
      ...{ inserted: 0, existing: 0, rejected: 0, startedAt: null, finishedAt: null, createdBy: caller.name },
    });
    await store.jobs.enqueue(CLUSTER_RUN_WORK.job(run.id));
    return run.id;
  }

  /** The next batch of a run. */
  private async make(run: ClusterRun, from: number): Promise<Made[]> {
    const parameters = run.settings as GenerationParameters;
    const { sizes, clustersPerSize, laws, seed } = parameters;
    const to = batchEnd(from, run.total, (index) => sizes[Math.floor(index / clustersPerSize)]);
    const clusters = await this.compute.generate(parameters, from, to);
    const provenance = {
      generated_by: 'S-BLDA',
      seed,
      nearest_mean_angstrom: laws.nearest.meanAngstrom,
      nearest_standard_deviation_angstrom: laws.nearest.standardDeviationAngstrom,
      next_nearest_mean_angstrom: laws.nextNearest.meanAngstrom,
      next_nearest_standard_deviation_angstrom: laws.nextNearest.standardDeviationAngstrom,
    };
    return clusters.map(({ structure, label }) => ({
      sourceClusterId: null,
      result: { draft: { structure, label, provenance, sourceSha256: null, sourceLine: null }, relaxation: null },
    }));
  }

  /** Stores a batch, what became of each, and that the run goes on behind it. */
  private keep(run: ClusterRun, counts: Counts, batch: readonly Made[]): Promise<Counts> {
    return this.store.transaction(async (store) => {
      await lockClusters(store);
      const drafts = batch.flatMap(({ result }) => (result instanceof NatriumError ? [] : [result.draft]));
      const stored = (await storeClusters(store, { ...SYSTEM, name: run.createdBy }, drafts))[Symbol.iterator]();
      const items = batch.map(({ sourceClusterId, result }): ClusterRunItem => {
        if (result instanceof NatriumError) {
          const { code, message } = result;
          return { sourceClusterId, status: 'REJECTED', clusterId: null, relaxation: null, error: { code, message } };
        }
        const { id, status } = stored.next().value!;
        return { sourceClusterId, status, clusterId: id, relaxation: result.relaxation, error: null };
      });
      await store.clusterRunItems.add(run.id, doneOf(counts), items);
      const count = (status: ItemStatus) => items.filter((item) => item.status === status).length;
      const next = {
        inserted: counts.inserted + count('INSERTED'),
        existing: counts.existing + count('EXISTING'),
        rejected: counts.rejected + count('REJECTED'),
      };
      await this.work.save(store, run, next);
      return next;
    });
  }
}

type Counts = Pick<ClusterRun, 'inserted' | 'existing' | 'rejected'>;

function doneOf({ inserted, existing, rejected }: Counts): number {
  return inserted + existing + rejected;
}

/** Where the batch that begins at `from` ends. */
function batchEnd(from: number, total: number, sizeOf: (index: number) => number): number {
  let to = from;
  for (let pairs = 0; to < total && to - from < BATCH_CLUSTERS && pairs < BATCH_PAIRS; to++) pairs += sizeOf(to) ** 2;
  return to;
}
