-- Which clusters came out of which. A result may be reached from several clusters.
CREATE TABLE cluster_parents (
  cluster_id bigint NOT NULL REFERENCES clusters (id),
  parent_id bigint NOT NULL REFERENCES clusters (id),
  relation text NOT NULL CHECK (relation IN ('RELAXATION', 'OPTIMIZATION')),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  PRIMARY KEY (cluster_id, parent_id),
  CHECK (cluster_id <> parent_id)
);
CREATE INDEX cluster_parents_parent ON cluster_parents (parent_id);

-- Lengths that no rotation, reflection or order of atoms changes: clusters that may be alike are found by them. The seven
-- quantiles are those of the sorted distances from the centroid at floor(k (n - 1) / 6), k = 0 ... 6.
ALTER TABLE clusters ADD COLUMN radius_of_gyration_angstrom double precision;
ALTER TABLE clusters ADD COLUMN centroid_distance_quantiles_angstrom double precision[];
UPDATE clusters c SET (radius_of_gyration_angstrom, centroid_distance_quantiles_angstrom) = (
  SELECT radius, ARRAY(SELECT sorted[1 + k * (c.size - 1) / 6] FROM generate_series(0, 6) AS k)
  FROM (
    SELECT sqrt(avg(distance ^ 2)) AS radius, array_agg(distance ORDER BY distance) AS sorted
    FROM (
      SELECT sqrt(sum((coordinate - center) ^ 2)) AS distance
      FROM (
        SELECT coordinate, (place - 1) / 3 AS atom, avg(coordinate) OVER (PARTITION BY (place - 1) % 3) AS center
        FROM unnest(c.positions_angstrom) WITH ORDINALITY AS u (coordinate, place)
      ) coordinates
      GROUP BY atom
    ) atoms
  ) lengths
);
ALTER TABLE clusters ALTER COLUMN radius_of_gyration_angstrom SET NOT NULL;
ALTER TABLE clusters ALTER COLUMN centroid_distance_quantiles_angstrom SET NOT NULL;
ALTER TABLE clusters ADD CHECK (cardinality(centroid_distance_quantiles_angstrom) = 7);
CREATE INDEX clusters_shape ON clusters (formula, charge, radius_of_gyration_angstrom);
