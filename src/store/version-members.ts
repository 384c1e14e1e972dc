import type { EntityManager } from 'typeorm';
import type { Split } from '../chemistry/calculation-record.ts';
import type * as ports from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import { Parameters } from './filter-sql.ts';
import { query } from './query.ts';

const MEMBERS_PER_INSERT = 10_000;

/** What data set versions hold. */
export class VersionMembers implements ports.VersionMembers {
  constructor(private readonly manager: EntityManager) {}

  async add(datasetVersionId: string, members: readonly records.DatasetMember[]): Promise<void> {
    for (let start = 0; start < members.length; start += MEMBERS_PER_INSERT) {
      const part = members.slice(start, start + MEMBERS_PER_INSERT);
      await query(
        this.manager,
        `INSERT INTO dataset_version_members (dataset_version_id, position, calculation_id, split)
         SELECT $1, $2 + ordinality - 1, calculation_id, split
         FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS m (calculation_id, split, ordinality)`,
        [datasetVersionId, start, part.map((member) => member.calculationId), part.map((member) => member.split)],
      );
    }
  }

  list(datasetVersionId: string, split: Split | null): Promise<records.DatasetMember[]> {
    return query(
      this.manager,
      `SELECT calculation_id AS "calculationId", split FROM dataset_version_members
       WHERE dataset_version_id = $1 AND ($2::text IS NULL OR split = $2) ORDER BY position`,
      [datasetVersionId, split],
    );
  }

  behind(datasetVersionId: string, position: number, limit: number): Promise<records.PlacedMember[]> {
    return query(
      this.manager,
      `SELECT m.position, m.calculation_id AS "calculationId", m.split, k.cluster_id AS "clusterId", c.size
       FROM dataset_version_members m
       JOIN calculations k ON k.id = m.calculation_id
       JOIN clusters c ON c.id = k.cluster_id
       WHERE m.dataset_version_id = $1 AND m.position > $2 ORDER BY m.position LIMIT $3`,
      [datasetVersionId, position, limit],
    );
  }

  async shieldings(datasetVersionId: string, split: Split | null): Promise<(readonly number[])[]> {
    const rows = await query<{ shieldingsPpm: number[] }[]>(
      this.manager,
      `SELECT k.shieldings_ppm AS "shieldingsPpm" FROM dataset_version_members m
       JOIN calculations k ON k.id = m.calculation_id
       WHERE m.dataset_version_id = $1 AND ($2::text IS NULL OR m.split = $2) ORDER BY m.position`,
      [datasetVersionId, split],
    );
    return rows.map(({ shieldingsPpm }) => shieldingsPpm);
  }

  async elements(datasetVersionId: string): Promise<number[]> {
    const rows = await query<{ z: number }[]>(
      this.manager,
      `SELECT DISTINCT unnest(c.atomic_numbers) AS z FROM dataset_version_members m
       JOIN calculations k ON k.id = m.calculation_id JOIN clusters c ON c.id = k.cluster_id
       WHERE m.dataset_version_id = $1 ORDER BY z`,
      [datasetVersionId],
    );
    return rows.map(({ z }) => z);
  }

  async contents(datasetVersionId: string): Promise<records.VersionContents> {
    const members = `dataset_version_members m JOIN calculations k ON k.id = m.calculation_id`;
    const [row] = await query<records.VersionContents[]>(
      this.manager,
      `SELECT bool_or(k.shielding_tensors_ppm IS NOT NULL) AS "shieldingTensors",
              bool_or(k.electric_field_gradients_au IS NOT NULL) AS "fieldGradients",
              bool_or(k.provenance <> '{}') AS provenance,
              ARRAY(SELECT p.label FROM (
                SELECT u.label, min(ARRAY[m.position, u.number]) AS place
                FROM ${members}
                CROSS JOIN LATERAL unnest(k.population_labels) WITH ORDINALITY AS u (label, number)
                WHERE m.dataset_version_id = $1 GROUP BY u.label
              ) p ORDER BY p.place) AS "populationLabels"
       FROM ${members} WHERE m.dataset_version_id = $1`,
      [datasetVersionId],
    );
    return row;
  }

  async withoutPopulations(
    datasetVersionId: string,
    splits: readonly Split[],
    labels: readonly string[],
  ): Promise<string | null> {
    const [row] = await query<{ name: string }[]>(
      this.manager,
      `SELECT coalesce(k.label, k.id::text) AS name
       FROM dataset_version_members m JOIN calculations k ON k.id = m.calculation_id
       WHERE m.dataset_version_id = $1 AND m.split = ANY($3)
         AND NOT coalesce(k.population_labels @> $2::text[] AND array_position(k.gross_orbital_populations, 'NaN') IS NULL, FALSE)
       ORDER BY m.position LIMIT 1`,
      [datasetVersionId, labels, splits],
    );
    return row?.name ?? null;
  }

  frames(datasetVersionId: string, split: Split): Promise<records.CalculationFrame[]> {
    return query(
      this.manager,
      `SELECT DISTINCT l.program, k.provenance->>'frame' AS frame
       FROM dataset_version_members m
       JOIN calculations k ON k.id = m.calculation_id
       JOIN levels_of_theory l ON l.id = k.level_of_theory_id
       WHERE m.dataset_version_id = $1 AND m.split = $2 ORDER BY 1, 2`,
      [datasetVersionId, split],
    );
  }

  async levelsOfTheory(datasetVersionId: string, split: Split): Promise<string[]> {
    const rows = await query<{ id: string }[]>(
      this.manager,
      `SELECT DISTINCT k.level_of_theory_id AS id
       FROM dataset_version_members m JOIN calculations k ON k.id = m.calculation_id
       WHERE m.dataset_version_id = $1 AND m.split = $2 ORDER BY 1`,
      [datasetVersionId, split],
    );
    return rows.map(({ id }) => id);
  }

  heldClusters(datasetVersionId: string, calculationIds: readonly string[]): Promise<records.HeldCluster[]> {
    return query(
      this.manager,
      `WITH held AS (
         SELECT DISTINCT c.id, c.fingerprint, m.split
         FROM dataset_version_members m
         JOIN calculations k ON k.id = m.calculation_id
         JOIN clusters c ON c.id = k.cluster_id
         WHERE m.dataset_version_id = $1 AND m.split IN ('train', 'validation')
       )
       SELECT DISTINCT ON (c.id, held.split) c.id AS "clusterId", held.id AS "heldClusterId", held.split,
              CASE WHEN held.id = c.id THEN 'IDENTITY' ELSE 'FINGERPRINT' END AS by
       FROM calculations k
       JOIN clusters c ON c.id = k.cluster_id
       JOIN held ON held.fingerprint = c.fingerprint
       WHERE k.id = ANY($2::bigint[]) ORDER BY c.id, held.split, held.id <> c.id, held.id`,
      [datasetVersionId, calculationIds],
    );
  }

  clustersShapedLike(
    datasetVersionId: string,
    split: Split,
    like: { readonly clusterIds: readonly string[]; readonly toleranceAngstrom: number; readonly mostForEach: number },
  ): Promise<{ readonly clusterId: string; readonly likeIds: readonly string[] }[]> {
    const within = (column: string) => `c.${column} BETWEEN s.${column} - $4 AND s.${column} + $4`;
    const quantiles = [1, 2, 3, 4, 5, 6, 7].map((k) => within(`centroid_distance_quantiles_angstrom[${k}]`));
    // the cluster itself comes first, so that it is never left out
    return query(
      this.manager,
      `SELECT s.id AS "clusterId", a."likeIds" FROM clusters s
       CROSS JOIN LATERAL (SELECT ARRAY(
         SELECT c.id FROM clusters c
         WHERE c.formula = s.formula AND c.charge = s.charge AND ${within('radius_of_gyration_angstrom')}
           AND ${quantiles.join(' AND ')} AND EXISTS (
             SELECT FROM calculations k JOIN dataset_version_members m ON m.calculation_id = k.id
             WHERE k.cluster_id = c.id AND m.dataset_version_id = $1 AND m.split = $2
           )
         ORDER BY c.id <> s.id, c.id LIMIT $5
       ) AS "likeIds") a
       WHERE s.id = ANY($3::bigint[]) AND a."likeIds" <> '{}' ORDER BY s.id`,
      [datasetVersionId, split, like.clusterIds, like.toleranceAngstrom, like.mostForEach],
    );
  }

  async searchAtoms(search: ports.AtomSearch): Promise<ports.Page<ports.AtomRow>> {
    const p = new Parameters();
    const version = p.add(search.datasetVersionId);
    const conditions = ['TRUE'];
    if (search.split !== null) conditions.push(`m.split = ${p.add(search.split)}`);
    if (search.sizes !== null) conditions.push(`c.size = ANY(${p.add(search.sizes)})`);
    if (search.atomicNumber !== null) conditions.push(`c.atomic_numbers[a.index] = ${p.add(search.atomicNumber)}`);
    if (search.shieldingAtLeastPpm !== null) conditions.push(`a.shielding >= ${p.add(search.shieldingAtLeastPpm)}`);
    if (search.shieldingAtMostPpm !== null) conditions.push(`a.shielding <= ${p.add(search.shieldingAtMostPpm)}`);
    const from = `FROM dataset_version_members m
      JOIN calculations k ON k.id = m.calculation_id
      JOIN clusters c ON c.id = k.cluster_id
      CROSS JOIN LATERAL unnest(k.shieldings_ppm) WITH ORDINALITY AS a (shielding, index)
      WHERE m.dataset_version_id = ${version} AND ${conditions.join(' AND ')}`;
    const counted = [...p.values];
    const start =
      search.after === null
        ? 'TRUE'
        : `(m.position, a.index - 1) > (${p.add(search.after[0])}, ${p.add(search.after[1])})`;
    const rows: ports.AtomRow[] = await query(
      this.manager,
      `SELECT k.id AS "calculationId", c.id AS "clusterId", m.position, m.split, (a.index - 1)::int AS index,
              a.shielding AS "shieldingPpm" ${from} AND ${start}
       ORDER BY m.position, a.index LIMIT ${p.add(search.first + 1)}`,
      p.values,
    );
    return {
      items: rows.slice(0, search.first),
      hasNextPage: rows.length > search.first,
      totalCount: async () => Number((await query(this.manager, `SELECT count(*) ${from}`, counted))[0].count),
    };
  }
}
