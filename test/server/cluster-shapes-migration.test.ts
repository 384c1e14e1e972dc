import { afterAll, beforeAll, expect, test } from 'vitest';
import { structureShape } from '../../src/chemistry/structure-shape.ts';
import { Random } from '../../src/random.ts';
import { databaseBefore } from '../support/migrations.ts';
import { randomCluster } from '../support/random-clusters.ts';

let before: Awaited<ReturnType<typeof databaseBefore>>;
beforeAll(async () => {
  before = await databaseBefore('0005');
});
afterAll(() => before?.drop());

test('clusters that were stored before shapes were get the shape that they would have got since', async () => {
  const { client } = before;
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
  await before.migrate();
  const { rows } = await client.query(
    `SELECT radius_of_gyration_angstrom AS radius, centroid_distance_quantiles_angstrom AS quantiles FROM clusters ORDER BY id`,
  );
  for (const [i, { radius, quantiles }] of rows.entries()) {
    const shape = structureShape(clusters[i]);
    expect(radius).toBeCloseTo(shape.radiusOfGyrationAngstrom, 10);
    expect(quantiles).toEqual(shape.centroidDistanceQuantilesAngstrom.map((length) => expect.closeTo(length, 10)));
  }
});
