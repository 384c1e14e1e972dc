-- Studies: the paper's grid of trainings on one data set version. Each part names its run, or says why there is none; state and
-- progress follow from the runs.
CREATE TABLE studies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  settings jsonb NOT NULL,
  settings_sha256 text NOT NULL,
  parts jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (dataset_version_id, settings_sha256)
);
