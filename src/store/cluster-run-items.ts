import type { EntityManager } from 'typeorm';
import type * as ports from '../registry/ports.ts';
import type { ClusterRunItem, ItemStatus } from '../registry/records.ts';
import { query } from './query.ts';

interface Row extends Omit<ports.PlacedClusterRunItem, 'error'> {
  readonly code: string | null;
  readonly message: string;
}

/** What runs relax, and what became of their clusters. */
export class ClusterRunItems implements ports.ClusterRunItems {
  constructor(private readonly manager: EntityManager) {}

  async addSources(runId: string, clusterIds: readonly string[]): Promise<void> {
    await query(
      this.manager,
      `INSERT INTO cluster_run_sources (cluster_run_id, position, cluster_id)
       SELECT $1, ordinality - 1, cluster_id FROM unnest($2::bigint[]) WITH ORDINALITY AS s (cluster_id, ordinality)`,
      [runId, clusterIds],
    );
  }

  async sources(runId: string, from: number, limit: number): Promise<string[]> {
    const rows = await query<{ id: string }[]>(
      this.manager,
      `SELECT cluster_id AS id FROM cluster_run_sources
       WHERE cluster_run_id = $1 AND position >= $2 AND position < $2 + $3::int ORDER BY position`,
      [runId, from, limit],
    );
    return rows.map((row) => row.id);
  }

  async add(runId: string, position: number, items: readonly ClusterRunItem[]): Promise<void> {
    const column = <T>(value: (item: ClusterRunItem) => T) => items.map(value);
    await query(
      this.manager,
      `INSERT INTO cluster_run_items
         (cluster_run_id, position, status, source_cluster_id, cluster_id, relaxation, error_code, error_message)
       SELECT $1, $2 + ordinality - 1, status, source_cluster_id, cluster_id, relaxation, error_code, error_message
       FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::jsonb[], $7::text[], $8::text[])
         WITH ORDINALITY AS i (status, source_cluster_id, cluster_id, relaxation, error_code, error_message, ordinality)`,
      [
        runId,
        position,
        column((item) => item.status),
        column((item) => item.sourceClusterId),
        column((item) => item.clusterId),
        column((item) => item.relaxation && JSON.stringify(item.relaxation)),
        column((item) => item.error?.code ?? null),
        column((item) => item.error?.message ?? null),
      ],
    );
  }

  async list(
    runId: string,
    { after, first, status }: { readonly after: number; readonly first: number; readonly status: ItemStatus | null },
  ): Promise<ports.PlacedClusterRunItem[]> {
    const rows = await query<Row[]>(
      this.manager,
      `SELECT position, status, source_cluster_id AS "sourceClusterId", cluster_id AS "clusterId", relaxation,
              error_code AS code, error_message AS message
       FROM cluster_run_items WHERE cluster_run_id = $1 AND position > $2 AND ($3::text IS NULL OR status = $3)
       ORDER BY position LIMIT $4`,
      [runId, after, status, first],
    );
    return rows.map(({ code, message, ...item }) => ({ ...item, error: code === null ? null : { code, message } }));
  }

  async clusterIds(runId: string): Promise<string[]> {
    const rows = await query<{ id: string }[]>(
      this.manager,
      `SELECT cluster_id AS id FROM cluster_run_items WHERE cluster_run_id = $1 AND cluster_id IS NOT NULL ORDER BY position`,
      [runId],
    );
    return rows.map((row) => row.id);
  }
}
