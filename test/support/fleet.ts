import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSql, testDatabase } from './postgres.ts';
import { computeProcessesOf } from './processes.ts';
import { startTestServer, type TestServer, until } from './server.ts';
import { importSyntheticDataset, SMALL_SPLIT } from './synthetic-clusters.ts';
import { startTestWorker, type TestWorker } from './worker.ts';

/** A server without workers of its own, and workers that the test starts; `synthetic/1` is its data set version. */
export interface Fleet {
  readonly server: TestServer;
  readonly databaseUrl: string;
  readonly dataFolder: string;
  sql<T = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>;
  startWorker(environment?: Readonly<Record<string, string>>): Promise<TestWorker>;
  /** Ends all workers, gently. */
  stopWorkers(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startFleet({
  database,
  environment,
}: {
  readonly database?: { readonly url: string; drop(): Promise<void> };
  readonly environment?: Readonly<Record<string, string>>;
} = {}): Promise<Fleet> {
  const { url, drop } = database ?? (await testDatabase());
  const dataFolder = mkdtempSync(join(tmpdir(), 'natrium-fleet-'));
  const server = await startTestServer({
    dataFolder,
    environment: { ...environment, DATABASE_URL: url, NATRIUM_WORKERS: '0' },
  });
  await importSyntheticDataset(server, 'synthetic', { clusters: SMALL_SPLIT, seed: 1 });
  const workers: TestWorker[] = [];
  const end = async (signal: NodeJS.Signals) => {
    for (const worker of workers.splice(0)) {
      worker.process.kill(signal);
      worker.process.kill('SIGCONT');
      await worker.ended;
    }
  };
  return {
    ...{ server, databaseUrl: url, dataFolder },
    sql: <T>(text: string, values?: unknown[]) => runSql<T>(url, text, values),
    async startWorker(own) {
      const worker = await startTestWorker({ databaseUrl: url, dataFolder, environment: { ...environment, ...own } });
      workers.push(worker);
      return worker;
    },
    stopWorkers: () => end('SIGTERM'),
    async dispose() {
      await end('SIGKILL');
      await server.dispose();
      await drop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A worker and all that it computes with, as they are lost, or stand still, when their machine does. */
export function machineOf({ dataFolder }: Fleet, { process: { pid } }: TestWorker): number[] {
  return [...computeProcessesOf(dataFolder).flatMap((each) => (each.parent === pid ? [each.pid] : [])), pid!];
}

/** Every row that a worker could have changed. */
export async function everything(fleet: Fleet): Promise<string[]> {
  const tables = ['training_runs', 'trials', 'trial_points', 'model_versions', 'evaluations', 'jobs', 'job_attempts'];
  const rows = await Promise.all(
    tables.map((table) =>
      fleet.sql<{ row: string }>(`SELECT '${table}' || t::text AS row FROM ${table} AS t ORDER BY 1`),
    ),
  );
  return rows.flat().map(({ row }) => row);
}

/** Until no worker has anything to do: the job of a completion ends a moment after its run. */
export async function allJobsEnded({ sql }: Fleet): Promise<void> {
  const open = () => sql(`SELECT 1 FROM jobs WHERE state IN ('QUEUED', 'RUNNING')`);
  await until(async () => (await open()).length === 0, 'the end of all jobs');
}

/** The id of a record in the database, by that of the API. */
export function storeId(globalId: string): string {
  return atob(globalId).split(':')[1];
}

export interface Attempt {
  readonly number: number;
  readonly worker: string;
  readonly host: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly ending: string | null;
  readonly reason: string | null;
}

export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempt: number;
  readonly priority: number;
  readonly worker: string | null;
  readonly host: string | null;
  readonly failure: string | null;
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly attempts: readonly Attempt[];
  readonly subject: { readonly __typename: string; readonly id: string };
}

const JOB = `id kind state attempt priority worker host failure reason startedAt finishedAt
  attempts { number worker host startedAt endedAt ending reason }
  subject { __typename ... on Trial { id } ... on TrainingRun { id } ... on Import { id } ... on ClusterRun { id } }`;

export async function readJobs(server: TestServer, filter: object = {}): Promise<JobRecord[]> {
  const { jobs } = await server.request<{ jobs: { nodes: JobRecord[] } }>(
    `query ($filter: JobFilter) { jobs(first: 200, filter: $filter) { nodes { ${JOB} } } }`,
    { filter },
  );
  return jobs.nodes;
}

/** The job of a subject, by the global id of that. */
export async function jobOf(server: TestServer, kind: string, subjectId: string): Promise<JobRecord> {
  return (await readJobs(server, { kind: { equals: kind } })).find(({ subject }) => subject.id === subjectId)!;
}

export interface WorkerRecord {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly state: string;
  readonly drainedBy: string | null;
  readonly jobs: readonly { readonly kind: string; readonly subject: { readonly id: string } }[];
}

export async function readWorkers(server: TestServer): Promise<WorkerRecord[]> {
  const { workers } = await server.request<{ workers: WorkerRecord[] }>(
    `{ workers { name host pid version state drainedBy jobs { kind subject { ... on Trial { id } } } } }`,
  );
  return workers;
}

export function workerWhen(server: TestServer, name: string, state: string): Promise<WorkerRecord> {
  return until(
    async () => (await readWorkers(server)).find((worker) => worker.name === name && worker.state === state),
    `worker ${name} ${state}`,
  );
}
