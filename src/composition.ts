import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openEntries } from './archives/entries.ts';
import { removeOldDrafts } from './artifacts/durable-files.ts';
import { FileArtifactStore } from './artifacts/file-store.ts';
import { FileUploadStore } from './artifacts/file-uploads.ts';
import { S3ArtifactStore } from './artifacts/s3-store.ts';
import { S3UploadStore } from './artifacts/s3-uploads.ts';
import { TemporaryFolder } from './artifacts/temporary-files.ts';
import type { Config } from './config.ts';
import { NatriumError } from './errors.ts';
import { ForkedCompute } from './jobs/forked-compute.ts';
import { Queue } from './jobs/queue.ts';
import type { Log } from './logging.ts';
import { requireSameArtifacts } from './registry/models/same-artifacts.ts';
import type { Operations } from './registry/operations.ts';
import type { ArtifactStore } from './registry/ports.ts';
import { Registry } from './registry/registry.ts';
import { Changes } from './store/changes.ts';
import { connectDatabase, migrate } from './store/database.ts';
import { DatabaseWatch } from './store/database-watch.ts';
import { PostgresStore } from './store/postgres-store.ts';
import { refuseOtherSchema, schemaOf } from './store/schema-version.ts';

/** The parts of one process, wired together. */
export interface Parts {
  readonly registry: Registry;
  readonly artifacts: ArtifactStore;
  /** Where uploads are put through this server; null where they go to the S3 directly. */
  readonly receiver: FileUploadStore | null;
  readonly compute: ForkedCompute;
  readonly queue: Queue;
  readonly dataSource: DataSource;
  readonly operations: Operations;
  /** Removes the unfinished files of processes that have ended. */
  removeLeftovers(): Promise<void>;
  close(): Promise<void>;
}

/** Less than it takes the queue to give its job to another. */
const WORKER_PAUSE_MS = 15_000;

/** Connects everything that a server or a worker needs. A server brings the database up to date, a worker needs one that is. */
export async function openParts(
  config: Config,
  databaseUrl: string,
  application: string,
  log: Log,
  role: 'server' | 'worker' = 'server',
): Promise<Parts> {
  const { artifacts, uploads, folders } = openArtifacts(config);
  await artifacts.check();
  // a worker that is frozen within a transaction must not keep others from what it holds
  const longestPauseMs = role === 'worker' ? WORKER_PAUSE_MS : 0;
  const dataSource = await connectDatabase(databaseUrl, application, { longestPauseMs });
  const queue = new Queue(databaseUrl, application, log);
  const compute = new ForkedCompute();
  const store = PostgresStore.over(dataSource, queue);
  try {
    if (role === 'worker') refuseOtherSchema(await schemaOf(dataSource));
    else for (const migration of await migrate(dataSource)) log.info(`migration ${migration} applied`);
    if (role === 'worker') await requireSameArtifacts(store, artifacts);
    await queue.start();
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  const temporaryFiles = new TemporaryFolder(join(config.dataFolder, 'temporary'));
  const warn = (line: string) => log.warn(line);
  const runChanges = new Changes('training_run_changed', databaseUrl, application, warn);
  const jobChanges = new Changes('job_changed', databaseUrl, application, warn);
  const { trialsPerUser } = config;
  const checkArtifacts = () => artifacts.check();
  const checkSameArtifacts = () =>
    requireSameArtifacts(store, artifacts).catch((error) => {
      // that one of the two is away is told by itself
      if (error instanceof NatriumError && error.code === 'UNAVAILABLE') return;
      throw error;
    });
  const registry = new Registry({
    ...{ store, artifacts, uploads, temporaryFiles, openEntries, compute, runChanges, jobChanges, trialsPerUser },
  });
  return {
    registry,
    artifacts,
    receiver: uploads instanceof FileUploadStore ? uploads : null,
    compute,
    queue,
    dataSource,
    operations: Object.assign(new DatabaseWatch(dataSource), { checkArtifacts, checkSameArtifacts }),
    async removeLeftovers() {
      await Promise.all([temporaryFiles.removeLeftovers(), ...folders.map(removeOldDrafts)]);
    },
    async close() {
      await registry.exports.close();
      // jobs in hand may still compute
      await queue.stop();
      compute.close();
      await Promise.all([runChanges.close(), jobChanges.close()]);
      await dataSource.destroy();
    },
  };
}

function openArtifacts({ s3, dataFolder }: Config) {
  if (s3 === null) {
    const folders = [join(dataFolder, 'artifacts'), join(dataFolder, 'uploads')] as const;
    return { artifacts: new FileArtifactStore(folders[0]), uploads: new FileUploadStore(folders[1]), folders };
  }
  const settings = { ...s3, createBucket: true };
  return { artifacts: new S3ArtifactStore(settings), uploads: new S3UploadStore(settings), folders: [] };
}
