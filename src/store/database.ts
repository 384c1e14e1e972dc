import { readFileSync } from 'node:fs';
import pg from 'pg';
import {
  DataSource,
  type DataSourceOptions,
  DefaultNamingStrategy,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import { NatriumError } from '../errors.ts';
import { POOL_OPTIONS } from '../pool-options.ts';
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
import { JobEntity, WorkerEntity } from './entities/jobs.ts';
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
import { MIGRATION_FILES, MIGRATIONS_FOLDER, refuseNewerSchema, schemaOf } from './schema-version.ts';

const FLOAT8_ARRAY_OID = 1022;

class SnakeCaseNames extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName || propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}

/** PostgreSQL's text form of float8[] without nulls, several times faster than pg's own parser. */
function parseFloat8Array(text: string): number[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(Number);
}

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return oid === FLOAT8_ARRAY_OID && format !== 'binary' ? parseFloat8Array : pg.types.getTypeParser(oid, format);
  },
};

/** Each `NNNN-name.sql` of the migrations folder as a TypeORM migration; they only ever go forward. */
function sqlMigrations(): (new () => MigrationInterface)[] {
  return MIGRATION_FILES.map((file) => {
    const sql = readFileSync(`${MIGRATIONS_FOLDER}${file}`, 'utf8');
    return class {
      // TypeORM orders migrations by the 13 digits at the end of their name
      readonly name = `${file.slice(0, -4)}-${file.slice(0, 4).padStart(13, '0')}`;
      async up(runner: QueryRunner): Promise<void> {
        await runner.query(sql);
      }
      async down(): Promise<void> {
        throw new Error('migrations only go forward; restore a backup to go back');
      }
    };
  });
}

/**
 * Connects to PostgreSQL; `application` names the process in pg_stat_activity. A transaction in which nothing happens for
 * `longestPauseMs` is ended by the database; 0: never.
 */
export async function connectDatabase(
  url: string,
  application: string,
  { poolSize = 10, longestPauseMs = 0 } = {},
): Promise<DataSource> {
  const options: DataSourceOptions = {
    type: 'postgres',
    url,
    applicationName: application,
    poolSize,
    connectTimeoutMS: 10_000,
    extra: { ...POOL_OPTIONS, types, idle_in_transaction_session_timeout: longestPauseMs },
    namingStrategy: new SnakeCaseNames(),
    entities: [
      ApiTokenEntity,
      LevelOfTheoryEntity,
      ShieldingReferenceEntity,
      ClusterEntity,
      ClusterRunEntity,
      CalculationEntity,
      DatasetEntity,
      DatasetVersionEntity,
      ExportEntity,
      FeatureSetEntity,
      ModelEntity,
      TrainingRunEntity,
      TrialEntity,
      ModelVersionEntity,
      ModelAliasChangeEntity,
      EvaluationEntity,
      PredictionEntity,
      UploadEntity,
      ImportEntity,
      StudyEntity,
      JobEntity,
      WorkerEntity,
    ],
    migrations: sqlMigrations(),
    migrationsTableName: 'schema_migrations',
  };
  try {
    return await new DataSource(options).initialize();
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors.map(String).join('; ') : (cause as Error).message;
    throw new NatriumError(
      'UNAVAILABLE',
      `cannot reach the database at ${withoutPassword(url)}: ${reason}; check DATABASE_URL`,
      {},
      { cause },
    );
  }
}

/** Applies what is missing, once, however many processes start at the same time. Refuses the database of a newer Natrium. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(`SELECT pg_advisory_lock(hashtext('natrium:migrate'))`);
    refuseNewerSchema(await schemaOf(dataSource));
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  } finally {
    await runner.query(`SELECT pg_advisory_unlock(hashtext('natrium:migrate'))`);
    await runner.release();
  }
}

/** Where a database is, for people. A password may hold `@`, and may stand among the parameters. */
export function withoutPassword(url: string): string {
  return url.replace(/\?.*$/s, '').replace(/\/\/([^:@/]*):.*@/s, '//$1:***@');
}
