-- Committees: the best of every seed predicts. Until now no version was one.
UPDATE training_runs SET hyperparameters = hyperparameters || '{"committee": false}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'committee';
UPDATE model_versions SET hyperparameters = hyperparameters || '{"committee": false}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'committee';
ALTER TABLE model_versions ADD COLUMN members jsonb;
ALTER TABLE evaluations ADD COLUMN standard_deviations_ppm double precision[],
  ADD CHECK (cardinality(standard_deviations_ppm) = cardinality(predicted_ppm));
ALTER TABLE predictions ADD COLUMN standard_deviations_ppm double precision[],
  ADD CHECK (cardinality(standard_deviations_ppm) = cardinality(shieldings_ppm));
-- A run that repeats the trials of a version, to compare their bytes.
ALTER TABLE training_runs ADD COLUMN reproduced_version_id bigint REFERENCES model_versions (id);
CREATE INDEX training_runs_reproduced_version ON training_runs (reproduced_version_id);
