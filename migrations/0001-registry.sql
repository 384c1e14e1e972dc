-- Artifacts: the rows say what the bytes in the artifact store are.
CREATE TABLE artifacts (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  byte_length bigint NOT NULL,
  media_type text NOT NULL,
  file_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);

-- Who may call. The secret itself is never stored.
CREATE TABLE api_tokens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('READER', 'CONTRIBUTOR', 'ADMIN')),
  secret_sha256 text NOT NULL UNIQUE,
  revoked_at timestamptz,
  revoked_by text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);

-- Answers of mutations that carried an idempotency key, scoped to the token.
CREATE TABLE idempotency_keys (
  scope text NOT NULL,
  key text NOT NULL,
  operation text NOT NULL,
  input_sha256 text NOT NULL,
  result jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE levels_of_theory (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  program text NOT NULL,
  version text NOT NULL,
  method text NOT NULL,
  basis text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (program, version, method, basis)
);

CREATE TABLE clusters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  identity_sha256 text NOT NULL UNIQUE,
  fingerprint text NOT NULL,
  label text,
  formula text NOT NULL,
  size integer NOT NULL CHECK (size > 0),
  atomic_numbers smallint[] NOT NULL,
  positions_angstrom double precision[] NOT NULL,
  charge integer NOT NULL,
  multiplicity integer NOT NULL CHECK (multiplicity > 0),
  provenance jsonb NOT NULL,
  source_sha256 text REFERENCES artifacts (sha256),
  source_line integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CHECK (cardinality(atomic_numbers) = size),
  CHECK (cardinality(positions_angstrom) = 3 * size)
);
CREATE INDEX clusters_fingerprint ON clusters (fingerprint);
CREATE INDEX clusters_size ON clusters (size);
CREATE INDEX clusters_label ON clusters (label);

-- Immutable but for invalidation, which adds a reason and keeps the values.
CREATE TABLE calculations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content_sha256 text NOT NULL UNIQUE,
  cluster_id bigint NOT NULL REFERENCES clusters (id),
  level_of_theory_id bigint NOT NULL REFERENCES levels_of_theory (id),
  label text,
  energy_hartree double precision,
  spin_squared double precision,
  shielding_gauge text,
  shieldings_ppm double precision[] NOT NULL,
  shielding_tensors_ppm double precision[],
  tensor_index_order text NOT NULL CHECK (tensor_index_order IN ('FIELD_MOMENT', 'MOMENT_FIELD', 'UNKNOWN')),
  population_labels text[],
  gross_orbital_populations double precision[],
  electric_field_gradients_au double precision[],
  given_split text CHECK (given_split IN ('train', 'validation', 'test')),
  provenance jsonb NOT NULL,
  source_sha256 text REFERENCES artifacts (sha256),
  source_file_name text,
  source_line integer,
  invalidated_at timestamptz,
  invalidated_by text,
  invalidation_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CHECK ((invalidated_at IS NULL) = (invalidation_reason IS NULL))
);
CREATE INDEX calculations_cluster ON calculations (cluster_id);
CREATE INDEX calculations_level_of_theory ON calculations (level_of_theory_id);
CREATE INDEX calculations_source ON calculations (source_sha256);
CREATE INDEX calculations_label ON calculations (label);

CREATE TABLE datasets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  title text NOT NULL,
  description text NOT NULL,
  licence text NOT NULL,
  citation text,
  doi text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);

CREATE TABLE dataset_versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset_id bigint NOT NULL REFERENCES datasets (id),
  version integer NOT NULL CHECK (version > 0),
  sha256 text NOT NULL,
  split_method jsonb NOT NULL,
  level_of_theory_ids bigint[] NOT NULL,
  split_counts jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (dataset_id, version),
  UNIQUE (dataset_id, sha256)
);

CREATE TABLE dataset_version_members (
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  position integer NOT NULL,
  calculation_id bigint NOT NULL REFERENCES calculations (id),
  split text NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  PRIMARY KEY (dataset_version_id, position),
  UNIQUE (dataset_version_id, calculation_id)
);
CREATE INDEX dataset_version_members_calculation ON dataset_version_members (calculation_id);

CREATE TABLE feature_sets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  definition jsonb NOT NULL,
  sha256 text NOT NULL,
  needs_dft boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (name, version),
  UNIQUE (name, sha256)
);

CREATE TABLE models (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);

CREATE TABLE training_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id bigint NOT NULL REFERENCES models (id),
  kind text NOT NULL CHECK (kind IN ('LASSO', 'SCHNET')),
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  feature_set_id bigint REFERENCES feature_sets (id),
  target text NOT NULL,
  hyperparameters jsonb NOT NULL,
  failure text,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE INDEX training_runs_model ON training_runs (model_id);

-- attempt is the fence: a worker writes only while the number is still the one it took.
CREATE TABLE trials (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  training_run_id bigint NOT NULL REFERENCES training_runs (id),
  ordinal integer NOT NULL,
  seed bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  attempt integer NOT NULL DEFAULT 0,
  worker text,
  progress jsonb,
  outcome jsonb,
  weights_sha256 text REFERENCES artifacts (sha256),
  failure text,
  started_at timestamptz,
  updated_at timestamptz,
  finished_at timestamptz,
  UNIQUE (training_run_id, ordinal)
);

CREATE TABLE model_versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id bigint NOT NULL REFERENCES models (id),
  version integer NOT NULL CHECK (version > 0),
  kind text NOT NULL CHECK (kind IN ('LASSO', 'SCHNET')),
  training_run_id bigint NOT NULL UNIQUE REFERENCES training_runs (id),
  trial_id bigint NOT NULL REFERENCES trials (id),
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  feature_set_id bigint REFERENCES feature_sets (id),
  target text NOT NULL,
  hyperparameters jsonb NOT NULL,
  outcome jsonb NOT NULL,
  weights_sha256 text NOT NULL REFERENCES artifacts (sha256),
  archived_at timestamptz,
  archived_by text,
  archive_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (model_id, version)
);

CREATE TABLE model_aliases (
  model_id bigint NOT NULL REFERENCES models (id),
  alias text NOT NULL,
  model_version_id bigint NOT NULL REFERENCES model_versions (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  PRIMARY KEY (model_id, alias)
);

-- Every move of an alias; a null version means that it was deleted.
CREATE TABLE model_alias_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id bigint NOT NULL REFERENCES models (id),
  alias text NOT NULL,
  model_version_id bigint REFERENCES model_versions (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE INDEX model_alias_changes_model ON model_alias_changes (model_id);

CREATE TABLE evaluations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_version_id bigint NOT NULL REFERENCES model_versions (id),
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  split text NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  metrics jsonb NOT NULL,
  metrics_by_size jsonb NOT NULL,
  calculation_ids bigint[] NOT NULL,
  calculated_ppm double precision[] NOT NULL,
  predicted_ppm double precision[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (model_version_id, dataset_version_id, split),
  CHECK (cardinality(calculated_ppm) = cardinality(predicted_ppm))
);
CREATE INDEX evaluations_dataset_version ON evaluations (dataset_version_id);

CREATE TABLE predictions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_version_id bigint NOT NULL REFERENCES model_versions (id),
  cluster_id bigint NOT NULL REFERENCES clusters (id),
  calculation_id bigint REFERENCES calculations (id),
  shieldings_ppm double precision[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE UNIQUE INDEX predictions_once ON predictions (model_version_id, cluster_id, calculation_id) NULLS NOT DISTINCT;
CREATE INDEX predictions_cluster ON predictions (cluster_id);
