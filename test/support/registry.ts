import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openEntries } from '../../src/archives/entries.ts';
import { FileArtifactStore } from '../../src/artifacts/file-store.ts';
import { FileUploadStore } from '../../src/artifacts/file-uploads.ts';
import { TemporaryFolder } from '../../src/artifacts/temporary-files.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import type { Compute, QueuedJob } from '../../src/registry/ports.ts';
import { type Ports, Registry } from '../../src/registry/registry.ts';
import { Changes } from '../../src/store/changes.ts';
import { connectDatabase, migrate } from '../../src/store/database.ts';
import { PostgresStore } from '../../src/store/postgres-store.ts';
import { testDatabase } from './postgres.ts';
import { SMALL_SPLIT, syntheticClusters } from './synthetic-clusters.ts';

/** A registry on a real database whose jobs are only noted; `synthetic/1` is its one data set version. */
export interface TestRegistry {
  readonly registry: Registry;
  readonly ports: Ports;
  readonly databaseUrl: string;
  readonly dataSource: DataSource;
  readonly store: PostgresStore;
  readonly runChanges: Changes;
  /** Of the artifacts. */
  readonly folder: string;
  readonly jobs: QueuedJob[];
  /** Deliveries that the queue still sees to. */
  readonly openDeliveries: Set<string>;
  dispose(): Promise<void>;
}

/** A computer that can do what is given, and refuses the rest. */
export function computing(able: Partial<Compute>): Compute {
  const refuse = () => Promise.reject(new Error('this test computes no such thing'));
  return {
    train: refuse,
    measure: refuse,
    predict: refuse,
    compare: refuse,
    distances: refuse,
    generate: refuse,
    relax: refuse,
    ...able,
  };
}

export function request(operation: string) {
  return { operation, idempotencyKey: null, input: null };
}

export async function openTestRegistry(compute: Compute): Promise<TestRegistry> {
  const database = await testDatabase();
  const dataSource = await connectDatabase(database.url, 'test');
  await migrate(dataSource);
  const folder = mkdtempSync(join(tmpdir(), 'natrium-registry-'));
  const jobs: QueuedJob[] = [];
  const openDeliveries = new Set<string>();
  const store = PostgresStore.over(dataSource, {
    enqueue: async (_query, job) => void jobs.push(job),
    isOpen: async (_kind, delivery) => openDeliveries.has(delivery),
  });
  const runChanges = new Changes('training_run_changed', database.url, 'test', () => {});
  const jobChanges = new Changes('job_changed', database.url, 'test', () => {});
  const ports: Ports = {
    ...{ store, artifacts: new FileArtifactStore(folder), uploads: new FileUploadStore(join(folder, 'uploads')) },
    ...{
      temporaryFiles: new TemporaryFolder(folder),
      openEntries,
      compute,
      runChanges,
      jobChanges,
      trialsPerUser: null,
    },
  };
  const registry = new Registry(ports);
  const { imports, datasets } = registry;
  const content = syntheticClusters({ clusters: SMALL_SPLIT, seed: 1 });
  await imports.importFile(
    LOCAL_ADMIN,
    request('importCalculations'),
    { fileName: 'synthetic.extxyz', content, format: null },
    { content: 'CALCULATIONS', levelOfTheory: null },
  );
  await datasets.create(LOCAL_ADMIN, request('createDataset'), {
    ...{ name: 'synthetic', title: 'Synthetic', description: 'Not DFT', licence: 'CC0-1.0', citation: null, doi: null },
  });
  await datasets.createVersion(LOCAL_ADMIN, request('createDatasetVersion'), {
    ...{ dataset: 'synthetic', calculationIds: null, filter: {}, allowMixedLevelsOfTheory: false },
    split: { asGiven: true, bySize: null, byList: null },
  });
  return {
    ...{ registry, ports, databaseUrl: database.url, dataSource, store, runChanges, folder, jobs, openDeliveries },
    async dispose() {
      await Promise.all([runChanges.close(), jobChanges.close()]);
      await dataSource.destroy();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
