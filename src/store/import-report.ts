import type { EntityManager } from 'typeorm';
import type { ImportedItem, ItemStatus } from '../registry/records.ts';
import { query } from './query.ts';

/** Adds items to the report of an import, from this position on. */
export async function addImportItems(
  manager: EntityManager,
  importId: string,
  position: number,
  items: readonly ImportedItem[],
): Promise<void> {
  const column = <T>(value: (item: ImportedItem) => T) => items.map(value);
  await query(
    manager,
    `INSERT INTO import_items
       (import_id, position, file, line, label, status, cluster_id, calculation_id, error_code, error_message)
     SELECT $1, $2 + ordinality - 1, file, line, label, status, cluster_id, calculation_id, error_code, error_message
     FROM unnest($3::text[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[])
       WITH ORDINALITY AS i (file, line, label, status, cluster_id, calculation_id, error_code, error_message, ordinality)`,
    [
      importId,
      position,
      column((item) => item.file),
      column((item) => item.line),
      column((item) => item.label),
      column((item) => item.status),
      column((item) => item.clusterId),
      column((item) => item.calculationId),
      column((item) => item.error?.code ?? null),
      column((item) => item.error?.message ?? null),
    ],
  );
}

interface Row extends Omit<ImportedItem, 'error'> {
  readonly position: number;
  readonly code: string | null;
  readonly message: string;
}

export async function importItems(
  manager: EntityManager,
  importId: string,
  { after, first, status }: { readonly after: number; readonly first: number; readonly status: ItemStatus | null },
): Promise<(ImportedItem & { readonly position: number })[]> {
  const rows = await query<Row[]>(
    manager,
    `SELECT position, file, line, label, status, cluster_id AS "clusterId", calculation_id AS "calculationId",
            error_code AS code, error_message AS message
     FROM import_items WHERE import_id = $1 AND position > $2 AND ($3::text IS NULL OR status = $3)
     ORDER BY position LIMIT $4`,
    [importId, after, status, first],
  );
  return rows.map(({ code, message, ...item }) => ({ ...item, error: code === null ? null : { code, message } }));
}
