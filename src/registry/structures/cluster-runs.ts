import { checkRelaxationOptions, type Relaxation } from '../../chemistry/relaxation.ts';
import {
  checkGenerationParameters,
  type GenerationParameters,
  generatedCount,
} from '../../chemistry/s-blda/generator.ts';
import type { Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import { unlabelledInput } from '../datasets/datasets.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Compute, Filter, Store } from '../ports.ts';
import type {
  Cluster,
  ClusterRun,
  ClusterRunItem,
  ItemStatus,
  Provenance,
  RelaxationOutcome,
  RelaxationSettings,
} from '../records.ts';
import { type Delivery, Jobs, STORED, type WorkKind } from '../work/jobs.ts';
import { isOpen } from '../work/run-state.ts';
import { type ClusterDraft, lockClusters, storeClusters } from './new-clusters.ts';

/** So many clusters, or clusters with so many pairs of atoms, are made and stored at once: small ones in about a second. */
const BATCH_CLUSTERS = 200;
const BATCH_PAIRS = 100_000;

const CLUSTER_RUN_WORK: WorkKind<ClusterRun> = {
  kind: 'CLUSTER_RUN',
  name: 'cluster run',
  resumedBy: 'resumeClusterRun',
  queued: (clusterRunId) => ({ kind: 'cluster-run', clusterRunId }),
  subject: async (store, { subjectId }) => (await store.clusterRuns.getMany([subjectId]))[0]!,
};

const MOST_RELAXED_CLUSTERS = 100_000;

/** Which clusters to relax: exactly one of the three is not null. */
export interface ToRelax {
  /** Of clusters that exist. */
  readonly clusterIds: readonly string[] | null;
  readonly filter: Filter | null;
  /** All that a run made. */
  readonly clusterRunId: string | null;
}

type Draft = Omit<ClusterDraft, 'createdBy'>;

/** One cluster that a run made, or why it could not. */
interface Made {
  /** What was relaxed. */
  readonly source: Cluster | null;
  readonly result: { readonly draft: Draft; readonly relaxation: RelaxationOutcome | null } | NatriumError;
}

/**
 * Background runs that make clusters. Each batch is stored in one transaction with the counts that say how far the run is, so a
 * run that was interrupted goes on there.
 */
export class ClusterRuns {
  private readonly jobs: Jobs<ClusterRun>;

  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly compute: Compute,
  ) {
    this.jobs = new Jobs(store, CLUSTER_RUN_WORK);
  }

  /** Queues the generation of clusters by S-BLDA. Throws as `checkGenerationParameters` does. */
  generate(caller: Caller, request: MutationRequest, parameters: GenerationParameters): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkGenerationParameters(parameters);
    return this.mutations.run(caller, request, (store) =>
      this.start(store, caller, {
        kind: 'GENERATION',
        settings: parameters,
        total: generatedCount(parameters),
      }),
    );
  }

  /** Queues the relaxation of clusters. Each gives a new cluster, the child of the one that was relaxed. */
  relax(caller: Caller, request: MutationRequest, what: ToRelax, settings: RelaxationSettings): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkRelaxationOptions(settings);
    return this.mutations.run(caller, request, async (store) => {
      const sourceClusterIds = await chooseClusters(store, what);
      const total = sourceClusterIds.length;
      const runId = await this.start(store, caller, { kind: 'RELAXATION', settings, total });
      await store.clusterRunItems.addSources(runId, sourceClusterIds);
      return runId;
    });
  }

  /** Ends a run where it is; the clusters that it made stay. */
  cancel(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.jobs.cancel(store, caller, runId);
      return runId;
    });
  }

  /** Lets a failed or cancelled run go on where it stopped. */
  resume(caller: Caller, request: MutationRequest, runId: string): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    return this.mutations.run(caller, request, async (store) => {
      await this.jobs.resume(store, caller, runId);
      return runId;
    });
  }

  /** A worker makes all clusters that are left of a run. */
  run(runId: string, delivery: Delivery): Promise<void> {
    return this.jobs.run(runId, delivery, async (taken, interrupted) => {
      let counts: Counts = taken;
      for (let done = doneOf(counts); done < taken.total; done = doneOf(counts)) {
        interrupted.throwIfAborted();
        const batch = await this.jobs.watched(taken, interrupted, (signal) => this.make(taken, done, signal));
        counts = await this.keep(taken, counts, batch);
      }
      return STORED;
    });
  }

  /** The queue gave a run up after several attempts. */
  lose(runId: string): Promise<void> {
    return this.jobs.lose(runId);
  }

  private async start(
    store: Store,
    caller: Caller,
    what: Pick<ClusterRun, 'kind' | 'settings' | 'total'>,
  ): Promise<string> {
    const run = await store.clusterRuns.insert({
      ...what,
      ...{ state: 'QUEUED', attempt: 0, worker: null, failure: null },
      ...{ inserted: 0, existing: 0, rejected: 0, startedAt: null, finishedAt: null, createdBy: caller.name },
    });
    await this.jobs.request(store, run.id, caller);
    return run.id;
  }

  /** The next batch of a run. */
  private async make(run: ClusterRun, from: number, signal: AbortSignal): Promise<Made[]> {
    if (run.kind === 'GENERATION') {
      return this.makeGenerated(run.settings as GenerationParameters, from, run.total, signal);
    }
    const sourceIds = await this.store.clusterRunItems.sources(run.id, from, BATCH_CLUSTERS);
    return this.makeRelaxed(run.settings as RelaxationSettings, sourceIds, signal);
  }

  private async makeGenerated(
    parameters: GenerationParameters,
    from: number,
    total: number,
    signal: AbortSignal,
  ): Promise<Made[]> {
    const { sizes, clustersPerSize } = parameters;
    const batch = batchSize(total - from, (k) => sizes[Math.floor((from + k) / clustersPerSize)]);
    const clusters = await this.compute.generate(parameters, from, from + batch, signal);
    // an unlucky one leaves the others, but laws that none can meet end the run
    if (clusters.every((each) => each instanceof NatriumError)) throw clusters[0];
    return clusters.map((each) => ({
      source: null,
      result:
        each instanceof NatriumError
          ? each
          : { draft: draftOf(each.structure, each.label, each.provenance), relaxation: null },
    }));
  }

  private async makeRelaxed(
    settings: RelaxationSettings,
    sourceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Made[]> {
    const found = (await this.store.clusters.getMany(sourceIds)).map((cluster) => cluster!);
    const sources = found.slice(
      0,
      batchSize(found.length, (k) => found[k].size),
    );
    const relaxations = await this.compute.relax(
      sources.map((source) => unlabelledInput(source, null)),
      settings,
      signal,
    );
    return sources.map((source, i) => ({ source, result: relaxed(source, relaxations[i]) }));
  }

  /** Stores a batch, what became of each, and that the run goes on behind it. */
  private keep(run: ClusterRun, counts: Counts, batch: readonly Made[]): Promise<Counts> {
    return this.store.transaction(async (store) => {
      await this.jobs.save(store, run);
      await lockClusters(store);
      const drafts = batch.flatMap(({ result }) =>
        result instanceof NatriumError ? [] : [{ ...result.draft, createdBy: run.createdBy }],
      );
      const stored = (await storeClusters(store, drafts))[Symbol.iterator]();
      const items = batch.map(({ source, result }): ClusterRunItem => {
        const sourceClusterId = source?.id ?? null;
        if (result instanceof NatriumError) {
          const { code, message } = result;
          return { sourceClusterId, status: 'REJECTED', clusterId: null, relaxation: null, error: { code, message } };
        }
        const { id, status } = stored.next().value!;
        return { sourceClusterId, status, clusterId: id, relaxation: result.relaxation, error: null };
      });
      await store.lineage.add(
        items.flatMap(({ sourceClusterId: parentId, clusterId }) =>
          parentId === null || clusterId === null || parentId === clusterId
            ? []
            : [{ clusterId, parentId, relation: 'RELAXATION', createdBy: run.createdBy } as const],
        ),
      );
      await store.clusterRunItems.add(run.id, doneOf(counts), items);
      const count = (status: ItemStatus) => items.filter((item) => item.status === status).length;
      const next = {
        inserted: counts.inserted + count('INSERTED'),
        existing: counts.existing + count('EXISTING'),
        rejected: counts.rejected + count('REJECTED'),
      };
      await store.clusterRuns.update(run.id, next);
      return next;
    });
  }
}

type Counts = Pick<ClusterRun, 'inserted' | 'existing' | 'rejected'>;

function doneOf({ inserted, existing, rejected }: Counts): number {
  return inserted + existing + rejected;
}

/** How many of the next clusters are made at once. */
function batchSize(left: number, sizeOf: (k: number) => number): number {
  let size = 0;
  for (let pairs = 0; size < left && size < BATCH_CLUSTERS && pairs < BATCH_PAIRS; size++) pairs += sizeOf(size) ** 2;
  return size;
}

function draftOf(structure: Structure, label: string | null, provenance: Provenance): Draft {
  return { structure, label, provenance, sourceSha256: null, sourceLine: null };
}

function relaxed(source: Cluster, relaxation: Relaxation | NatriumError): Made['result'] {
  if (relaxation instanceof NatriumError) return relaxation;
  const { structure, outcome, reason, energyBeforeEv, energyAfterEv, largestForceEvPerAngstrom, steps } = relaxation;
  if (outcome !== 'converged') return new NatriumError('NOT_CONVERGED', reason!);
  const provenance = {
    relaxed_by: 'Gupta potential (Phys. Rev. B 57, 15519), L-BFGS',
    relaxed_from: source.identitySha256,
    energy_ev: energyAfterEv,
    largest_force_ev_per_angstrom: largestForceEvPerAngstrom,
  };
  return {
    draft: draftOf(structure, source.label && `${source.label}-relaxed`, provenance),
    relaxation: { energyBeforeEv, energyAfterEv, largestForceEvPerAngstrom, steps },
  };
}

async function chooseClusters(store: Store, what: ToRelax): Promise<readonly string[]> {
  const ids = await idsOf(store, what);
  if (ids.length === 0) throw new NatriumError('NOT_FOUND', 'no cluster to relax; name clusters, or widen the filter');
  if (ids.length > MOST_RELAXED_CLUSTERS) {
    throw new NatriumError(
      'TOO_LARGE',
      `more than ${MOST_RELAXED_CLUSTERS} clusters are to be relaxed; narrow the filter, and relax them in parts`,
    );
  }
  if (new Set(ids).size < ids.length) {
    throw new NatriumError('BAD_USER_INPUT', 'a cluster is listed twice; list each once');
  }
  return ids;
}

async function idsOf(store: Store, { clusterIds, filter, clusterRunId }: ToRelax): Promise<readonly string[]> {
  const given = [clusterIds, filter, clusterRunId].filter((each) => each !== null).length;
  if (given !== 1) {
    throw new NatriumError('BAD_USER_INPUT', 'give exactly one of clusters, filter and clusterRun: what to relax');
  }
  if (clusterIds !== null) return clusterIds;
  if (clusterRunId === null) return store.clusters.ids(filter, MOST_RELAXED_CLUSTERS + 1);
  const [run] = await store.clusterRuns.getMany([clusterRunId]);
  if (isOpen(run!)) {
    throw new NatriumError(
      'INVALID_STATE',
      'the cluster run still makes clusters; wait until it has ended, or cancel it',
    );
  }
  // two clusters may have led to one
  return [...new Set(await store.clusterRunItems.clusterIds(clusterRunId))];
}
