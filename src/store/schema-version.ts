import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataSource } from 'typeorm';
import { NatriumError } from '../errors.ts';
import { asUnavailable } from './query.ts';

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Names of the migrations of this Natrium, in order. */
export const MIGRATION_FILES: readonly string[] = readdirSync(MIGRATIONS_FOLDER)
  .filter((file) => /^\d{4}-.+\.sql$/.test(file))
  .sort();

/** Number of the newest migration of this Natrium, which a database must have for it to be used. */
export const KNOWN_SCHEMA: string = MIGRATION_FILES.at(-1)!.slice(0, 4);

/** Number of the newest migration applied to a database; null of one that was never migrated. */
export async function schemaOf(dataSource: Pick<DataSource, 'query'>): Promise<string | null> {
  try {
    const [{ exists }] = await dataSource.query(`SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`);
    if (!exists) return null;
    const [row] = await dataSource.query(`SELECT name FROM schema_migrations ORDER BY timestamp DESC LIMIT 1`);
    return row === undefined ? null : row.name.slice(0, 4);
  } catch (error) {
    throw asUnavailable(error);
  }
}

/** Throws INVALID_STATE if the database was migrated by a newer Natrium. */
export function refuseNewerSchema(schema: string | null): void {
  if (schema === null || schema <= KNOWN_SCHEMA) return;
  throw new NatriumError(
    'INVALID_STATE',
    `the database is at schema ${schema}, and this Natrium knows ${KNOWN_SCHEMA}: update this Natrium`,
  );
}

/** Throws INVALID_STATE unless the database is at the schema of this Natrium, for those who do not migrate. */
export function refuseOtherSchema(schema: string | null): void {
  refuseNewerSchema(schema);
  if (schema === KNOWN_SCHEMA) return;
  throw new NatriumError(
    'INVALID_STATE',
    `the database ${schema === null ? 'is empty' : `is at schema ${schema}`}, and this Natrium needs ${KNOWN_SCHEMA}: ` +
      'start the server of this version, or run `natrium migrate`, before its workers',
  );
}
