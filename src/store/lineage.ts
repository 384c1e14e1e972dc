import type { EntityManager } from 'typeorm';
import type * as ports from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import { query } from './query.ts';

const LINK = `cluster_id AS "clusterId", parent_id AS "parentId", relation, created_at AS "createdAt",
  created_by AS "createdBy"`;

/** Which clusters came out of which. */
export class Lineage implements ports.Lineage {
  constructor(private readonly manager: EntityManager) {}

  async add(parents: readonly Omit<records.ClusterParent, 'createdAt'>[]): Promise<void> {
    if (parents.length === 0) return;
    await query(
      this.manager,
      `INSERT INTO cluster_parents (cluster_id, parent_id, relation, created_by)
       SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
      [
        parents.map((each) => each.clusterId),
        parents.map((each) => each.parentId),
        parents.map((each) => each.relation),
        parents.map((each) => each.createdBy),
      ],
    );
  }

  parentsOf(clusterIds: readonly string[]): Promise<records.ClusterParent[]> {
    return query(
      this.manager,
      `SELECT ${LINK} FROM cluster_parents WHERE cluster_id = ANY($1::bigint[]) ORDER BY parent_id, cluster_id`,
      [clusterIds],
    );
  }

  childrenOf(clusterIds: readonly string[]): Promise<records.ClusterParent[]> {
    return query(
      this.manager,
      `SELECT ${LINK} FROM cluster_parents WHERE parent_id = ANY($1::bigint[]) ORDER BY cluster_id, parent_id`,
      [clusterIds],
    );
  }

  ancestry(clusterIds: readonly string[]): Promise<Pick<records.ClusterParent, 'clusterId' | 'parentId'>[]> {
    // UNION drops links that were found before, so that a circle ends
    return query(
      this.manager,
      `WITH RECURSIVE links AS (
         SELECT cluster_id, parent_id FROM cluster_parents WHERE cluster_id = ANY($1::bigint[])
         UNION
         SELECT p.cluster_id, p.parent_id FROM links JOIN cluster_parents p ON p.cluster_id = links.parent_id
       )
       SELECT cluster_id AS "clusterId", parent_id AS "parentId" FROM links ORDER BY cluster_id, parent_id`,
      [clusterIds],
    );
  }
}
