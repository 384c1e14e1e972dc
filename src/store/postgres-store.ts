import type { DataSource, EntityManager } from 'typeorm';
import type * as ports from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import { ClusterRunItems } from './cluster-run-items.ts';
import { ClusterShapes } from './cluster-shapes.ts';
import { ApiTokenEntity } from './entities/access.ts';
import {
  CalculationEntity,
  ClusterEntity,
  LevelOfTheoryEntity,
  ShieldingReferenceEntity,
} from './entities/chemistry.ts';
import { ClusterRunEntity } from './entities/cluster-runs.ts';
import { DatasetEntity, DatasetVersionEntity, ExportEntity, FeatureSetEntity } from './entities/datasets.ts';
import { ImportEntity, UploadEntity } from './entities/imports.ts';
import {
  EvaluationEntity,
  ModelAliasChangeEntity,
  ModelEntity,
  ModelVersionEntity,
  PredictionEntity,
  TrainingRunEntity,
  TrialEntity,
} from './entities/models.ts';
import { StudyEntity } from './entities/studies.ts';
import { EntityCollection } from './entity-collection.ts';
import { addImportItems, importItems } from './import-report.ts';
import { JobCollection } from './job-collection.ts';
import { Lineage } from './lineage.ts';
import { type Affected, asUnavailable, query } from './query.ts';
import { TrialCurves } from './trial-curves.ts';
import { VersionMembers } from './version-members.ts';
import { WorkerCollection } from './worker-collection.ts';

const VERSIONED = {
  datasetVersions: ['dataset_versions', 'dataset_id'],
  featureSets: ['feature_sets', 'name'],
  modelVersions: ['model_versions', 'model_id'],
} as const;

const DEADLOCK_DETECTED = '40P01';
const TRANSACTION_ATTEMPTS = 5;

/** The queue, by SQL that runs inside the caller's transaction. */
export interface SqlQueue extends Pick<ports.JobQueue, 'isOpen'> {
  enqueue(
    query: (sql: string, values?: unknown[]) => Promise<unknown[]>,
    ...job: Parameters<ports.JobQueue['enqueue']>
  ): Promise<void>;
}

/** The registry's store on PostgreSQL. One instance is bound to one connection pool or one transaction. */
export class PostgresStore implements ports.Store {
  readonly apiTokens: EntityCollection<records.ApiToken>;
  readonly levelsOfTheory: EntityCollection<records.LevelOfTheoryRecord>;
  readonly shieldingReferences: EntityCollection<records.ShieldingReference>;
  readonly clusters: EntityCollection<records.Cluster>;
  readonly calculations: EntityCollection<records.Calculation>;
  readonly datasets: EntityCollection<records.Dataset>;
  readonly datasetVersions: EntityCollection<records.DatasetVersion>;
  readonly featureSets: EntityCollection<records.FeatureSet>;
  readonly exports: EntityCollection<records.Export>;
  readonly models: EntityCollection<records.Model>;
  readonly trainingRuns: EntityCollection<records.TrainingRun>;
  readonly trials: EntityCollection<records.Trial>;
  readonly trialCurves: TrialCurves;
  readonly studies: EntityCollection<records.Study>;
  readonly modelVersions: EntityCollection<records.ModelVersion>;
  readonly modelAliasChanges: EntityCollection<records.ModelAliasChange>;
  readonly evaluations: EntityCollection<records.Evaluation>;
  readonly predictions: EntityCollection<records.Prediction>;
  readonly uploads: EntityCollection<records.Upload>;
  readonly imports: EntityCollection<records.Import>;
  readonly clusterRuns: EntityCollection<records.ClusterRun>;
  readonly clusterRunItems: ClusterRunItems;
  readonly versionMembers: VersionMembers;
  readonly lineage: Lineage;
  readonly clusterShapes: ClusterShapes;
  readonly jobs: JobCollection;
  readonly workers: WorkerCollection;
  readonly queue: ports.JobQueue;

  private constructor(
    private readonly manager: EntityManager,
    private readonly sqlQueue: SqlQueue,
    private readonly inTransaction: boolean,
  ) {
    this.apiTokens = new EntityCollection(manager, ApiTokenEntity);
    this.levelsOfTheory = new EntityCollection(manager, LevelOfTheoryEntity);
    this.shieldingReferences = new EntityCollection(manager, ShieldingReferenceEntity);
    this.clusters = new EntityCollection(manager, ClusterEntity);
    const level = (column: string) => `(SELECT l.${column} FROM levels_of_theory l WHERE l.id = t.level_of_theory_id)`;
    const cluster = (column: string) => `(SELECT c.${column} FROM clusters c WHERE c.id = t.cluster_id)`;
    this.calculations = new EntityCollection(manager, CalculationEntity, {
      program: level('program'),
      method: level('method'),
      basis: level('basis'),
      size: cluster('size'),
      formula: cluster('formula'),
    });
    this.datasets = new EntityCollection(manager, DatasetEntity);
    this.datasetVersions = new EntityCollection(manager, DatasetVersionEntity);
    this.featureSets = new EntityCollection(manager, FeatureSetEntity);
    this.exports = new EntityCollection(manager, ExportEntity);
    this.models = new EntityCollection(manager, ModelEntity);
    this.trainingRuns = new EntityCollection(manager, TrainingRunEntity, {
      model: `(SELECT m.name FROM models m WHERE m.id = t.model_id)`,
    });
    this.trials = new EntityCollection(manager, TrialEntity);
    this.trialCurves = new TrialCurves(manager);
    this.studies = new EntityCollection(manager, StudyEntity);
    this.modelVersions = new EntityCollection(manager, ModelVersionEntity);
    this.modelAliasChanges = new EntityCollection(manager, ModelAliasChangeEntity);
    this.evaluations = new EntityCollection(manager, EvaluationEntity);
    this.predictions = new EntityCollection(manager, PredictionEntity);
    this.uploads = new EntityCollection(manager, UploadEntity);
    this.imports = new EntityCollection(manager, ImportEntity);
    this.clusterRuns = new EntityCollection(manager, ClusterRunEntity);
    this.clusterRunItems = new ClusterRunItems(manager);
    this.versionMembers = new VersionMembers(manager);
    this.lineage = new Lineage(manager);
    this.clusterShapes = new ClusterShapes(manager);
    this.jobs = new JobCollection(manager);
    this.workers = new WorkerCollection(manager);
    this.queue = {
      enqueue: (...job) => sqlQueue.enqueue((sql, values) => query(manager, sql, values), ...job),
      isOpen: (kind, delivery) => sqlQueue.isOpen(kind, delivery),
    };
  }

  static over(dataSource: DataSource, queue: SqlQueue): PostgresStore {
    return new PostgresStore(dataSource.manager, queue, false);
  }

  async transaction<T>(work: (store: ports.Store) => Promise<T>): Promise<T> {
    if (this.inTransaction) return work(this);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.manager.transaction((manager) => work(new PostgresStore(manager, this.sqlQueue, true)));
      } catch (error) {
        // two predictions of the same clusters in another order: PostgreSQL ends one of them, which then finds them stored
        const code = (error as { code?: unknown }).code;
        if (code !== DEADLOCK_DETECTED || attempt === TRANSACTION_ATTEMPTS) throw asUnavailable(error);
      }
    }
  }

  async lock(name: string): Promise<void> {
    await query(this.manager, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [name]);
  }

  trialStates(runId: string): Promise<ports.TrialState[]> {
    return query(this.manager, `SELECT id, state, attempt FROM trials WHERE training_run_id = $1 ORDER BY ordinal`, [
      runId,
    ]);
  }

  trialPaces(runIds: readonly string[]): Promise<ports.TrialPace[]> {
    return query(
      this.manager,
      `SELECT training_run_id AS "trainingRunId", state, progress FROM trials
       WHERE training_run_id = ANY($1::bigint[]) ORDER BY training_run_id, ordinal`,
      [runIds],
    );
  }

  async latestVersion(noun: keyof typeof VERSIONED, of: string): Promise<number> {
    const [table, column] = VERSIONED[noun];
    const [row] = await query<{ version: number }[]>(
      this.manager,
      `SELECT coalesce(max(version), 0) AS version FROM ${table} WHERE ${column} = $1`,
      [of],
    );
    return row.version;
  }

  async idempotentResult(scope: string, key: string): Promise<ports.IdempotentResult | null> {
    const [row] = await query<ports.IdempotentResult[]>(
      this.manager,
      `SELECT operation, input_sha256 AS "inputSha256", result FROM idempotency_keys WHERE scope = $1 AND key = $2`,
      [scope, key],
    );
    return row ?? null;
  }

  async takeIdempotencyKey(scope: string, key: string, operation: string, inputSha256: string): Promise<boolean> {
    await query(this.manager, `DELETE FROM idempotency_keys WHERE created_at < now() - interval '7 days'`);
    const rows = await query(
      this.manager,
      `INSERT INTO idempotency_keys (scope, key, operation, input_sha256) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING key`,
      [scope, key, operation, inputSha256],
    );
    return rows.length === 1;
  }

  async saveIdempotentResult(scope: string, key: string, result: unknown): Promise<void> {
    await query(this.manager, `UPDATE idempotency_keys SET result = $3 WHERE scope = $1 AND key = $2`, [
      scope,
      key,
      JSON.stringify(result),
    ]);
  }

  async recordArtifact(artifact: Omit<records.Artifact, 'createdAt'>): Promise<void> {
    await query(
      this.manager,
      `INSERT INTO artifacts (sha256, byte_length, media_type, file_name, created_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [artifact.sha256, artifact.byteLength, artifact.mediaType, artifact.fileName, artifact.createdBy],
    );
  }

  async artifact(sha256: string): Promise<records.Artifact | null> {
    const [row] = await query<records.Artifact[]>(
      this.manager,
      `SELECT sha256, byte_length AS "byteLength", media_type AS "mediaType", file_name AS "fileName",
              created_at AS "createdAt", created_by AS "createdBy" FROM artifacts WHERE sha256 = $1`,
      [sha256],
    );
    return row ?? null;
  }

  calculationsAlike(alike: {
    readonly contentSha256s: readonly string[];
    readonly clusterIds: readonly string[];
    readonly labels: readonly string[];
  }): Promise<ports.CalculationMark[]> {
    return query(
      this.manager,
      `SELECT id, content_sha256 AS "contentSha256", cluster_id AS "clusterId", level_of_theory_id AS "levelOfTheoryId",
              label, source_file_name AS "sourceFileName", source_line AS "sourceLine",
              invalidation_reason AS "invalidationReason"
       FROM calculations
       WHERE content_sha256 = ANY($1) OR (cluster_id = ANY($2::bigint[]) AND label = ANY($3)) ORDER BY id`,
      [alike.contentSha256s, alike.clusterIds, alike.labels],
    );
  }

  calculationSummaries(ids: readonly string[]): Promise<records.CalculationSummary[]> {
    return query(
      this.manager,
      `SELECT k.id, k.content_sha256 AS "contentSha256", k.cluster_id AS "clusterId",
              k.level_of_theory_id AS "levelOfTheoryId", k.label, k.given_split AS "givenSplit",
              k.invalidation_reason AS "invalidationReason", c.size, c.formula
       FROM calculations k JOIN clusters c ON c.id = k.cluster_id WHERE k.id = ANY($1::bigint[]) ORDER BY k.id`,
      [ids],
    );
  }

  calculationLines(ids: readonly string[], fieldGradients: boolean): Promise<records.CalculationLines[]> {
    return query(
      this.manager,
      `SELECT k.id, c.atomic_numbers AS "atomicNumbers", k.shieldings_ppm AS "shieldingsPpm",
              CASE WHEN $2 THEN k.electric_field_gradients_au END AS "electricFieldGradientsAu"
       FROM calculations k JOIN clusters c ON c.id = k.cluster_id WHERE k.id = ANY($1::bigint[]) ORDER BY k.id`,
      [ids, fieldGradients],
    );
  }

  calculationIds(filter: ports.Filter | null, limit: number): Promise<string[]> {
    return this.calculations.ids(filter, limit, 't.invalidated_at IS NULL');
  }

  givenSplits(clusterIds: readonly string[]): Promise<ports.GivenSplit[]> {
    return query(
      this.manager,
      `SELECT cluster_id AS "clusterId", id AS "calculationId", label, given_split AS split FROM calculations
       WHERE cluster_id = ANY($1::bigint[]) AND given_split IS NOT NULL AND invalidated_at IS NULL ORDER BY id`,
      [clusterIds],
    );
  }

  aliases(modelIds: readonly string[]): Promise<records.ModelAlias[]> {
    return query(
      this.manager,
      `SELECT model_id AS "modelId", alias, model_version_id AS "modelVersionId", created_at AS "createdAt",
              created_by AS "createdBy" FROM model_aliases WHERE model_id = ANY($1) ORDER BY model_id, alias`,
      [modelIds],
    );
  }

  async setAlias(modelId: string, alias: string, modelVersionId: string, by: string): Promise<void> {
    await query(
      this.manager,
      `INSERT INTO model_aliases (model_id, alias, model_version_id, created_by) VALUES ($1, $2, $3, $4)
       ON CONFLICT (model_id, alias)
       DO UPDATE SET model_version_id = excluded.model_version_id, created_by = excluded.created_by, created_at = now()`,
      [modelId, alias, modelVersionId, by],
    );
  }

  async deleteAlias(modelId: string, alias: string): Promise<boolean> {
    const [, count] = await query<Affected>(
      this.manager,
      `DELETE FROM model_aliases WHERE model_id = $1 AND alias = $2`,
      [modelId, alias],
    );
    return count === 1;
  }

  addImportItems(importId: string, position: number, items: readonly records.ImportedItem[]): Promise<void> {
    return addImportItems(this.manager, importId, position, items);
  }

  importItems(
    importId: string,
    page: { readonly after: number; readonly first: number; readonly status: records.ItemStatus | null },
  ): Promise<readonly (records.ImportedItem & { readonly position: number })[]> {
    return importItems(this.manager, importId, page);
  }

  async schemaVersion(): Promise<string> {
    const [row] = await query<{ name: string }[]>(
      this.manager,
      `SELECT name FROM schema_migrations ORDER BY timestamp DESC LIMIT 1`,
    );
    return row.name.slice(0, 4);
  }
}
