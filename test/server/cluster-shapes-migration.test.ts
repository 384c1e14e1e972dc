import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { structureShape } from '../../src/chemistry/structure-shape.ts';
import { Random } from '../../src/random.ts';
import { testDatabase } from '../support/postgres.ts';
import { randomCluster } from '../support/random-clusters.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);

let client: pg.Client;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  drop = async () => {
    await client.end();
    await database.drop();
  };
});
afterAll(() => drop?.());

test('clusters that were stored before shapes were get the shape that they would have got since', async () => {
  const files = readdirSync(MIGRATIONS).filter((name) => /^\d{4}-.*\.sql$/.test(name));
  const migrations = files.sort().map((name) => ({ name, sql: readFileSync(new URL(name, MIGRATIONS), 'utf8') }));
  for (const { sql } of migrations.filter(({ name }) => name < '0005')) await client.query(sql);
  const random = new Random(31);
  const sizes = [1, 2, 3, 6, 7, 8, 40, 700];
  const clusters = sizes.map((size) => randomCluster(random, size, [11]).positionsAngstrom.map((x) => x + 100));
  for (const [i, positions] of clusters.entries()) {
    await client.query(
      `INSERT INTO clusters (identity_sha256, fingerprint, formula, size, atomic_numbers, positions_angstrom, charge,
         multiplicity, provenance, created_by)
       VALUES ($1, 'f', 'Na', $2, array_fill(11, ARRAY[$2::integer]), $3, 0, 1, '{}', 'test')`,
      [String(i), sizes[i], [...positions]],
    );
  }
  await client.query(migrations.find(({ name }) => name.startsWith('0005'))!.sql);
  const { rows } = await client.query(
    `SELECT radius_of_gyration_angstrom AS radius, centroid_distance_quantiles_angstrom AS quantiles FROM clusters ORDER BY id`,
  );
  for (const [i, { radius, quantiles }] of rows.entries()) {
    const shape = structureShape(clusters[i]);
    expect(radius).toBeCloseTo(shape.radiusOfGyrationAngstrom, 10);
    expect(quantiles).toEqual(shape.centroidDistanceQuantilesAngstrom.map((length) => expect.closeTo(length, 10)));
  }
});
