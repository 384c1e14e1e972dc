import type { EntityManager } from 'typeorm';
import type * as ports from '../registry/ports.ts';
import type * as records from '../registry/records.ts';
import { Parameters } from './filter-sql.ts';
import { query } from './query.ts';

const SHAPE = `id AS "clusterId", formula, charge, size, radius_of_gyration_angstrom AS "radiusOfGyrationAngstrom",
  centroid_distance_quantiles_angstrom AS "centroidDistanceQuantilesAngstrom"`;

/** Shapes of stored clusters. */
export class ClusterShapes implements ports.ClusterShapes {
  constructor(private readonly manager: EntityManager) {}

  of(clusterIds: readonly string[]): Promise<records.ClusterShape[]> {
    return query(this.manager, `SELECT ${SHAPE} FROM clusters WHERE id = ANY($1::bigint[]) ORDER BY id`, [clusterIds]);
  }

  like(shape: records.ClusterShape, toleranceAngstrom: number, limit: number): Promise<records.ClusterShape[]> {
    const p = new Parameters();
    const within = (column: string, length: number) =>
      `${column} BETWEEN ${p.add(length - toleranceAngstrom)} AND ${p.add(length + toleranceAngstrom)}`;
    const conditions = [
      `formula = ${p.add(shape.formula)}`,
      `charge = ${p.add(shape.charge)}`,
      `id <> ${p.add(shape.clusterId)}`,
      within('radius_of_gyration_angstrom', shape.radiusOfGyrationAngstrom),
      ...shape.centroidDistanceQuantilesAngstrom.map((length, k) =>
        within(`centroid_distance_quantiles_angstrom[${k + 1}]`, length),
      ),
    ];
    return query(
      this.manager,
      `SELECT ${SHAPE} FROM clusters WHERE ${conditions.join(' AND ')}
       ORDER BY radius_of_gyration_angstrom, id LIMIT ${p.add(limit)}`,
      p.values,
    );
  }
}
