-- Background runs that make clusters: a generation from parameters, a relaxation from clusters. How many of `total` are done
-- is the sum of the three counts; they change with the items, in one transaction.
CREATE TABLE cluster_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('GENERATION', 'RELAXATION')),
  settings jsonb NOT NULL,
  total integer NOT NULL CHECK (total > 0),
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  attempt integer NOT NULL,
  worker text,
  failure text,
  inserted integer NOT NULL,
  existing integer NOT NULL,
  rejected integer NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE INDEX cluster_runs_state ON cluster_runs (state);

-- What a relaxation takes, apart from its row, because they may be 100,000.
CREATE TABLE cluster_run_sources (
  cluster_run_id bigint NOT NULL REFERENCES cluster_runs (id),
  position integer NOT NULL,
  cluster_id bigint NOT NULL REFERENCES clusters (id),
  PRIMARY KEY (cluster_run_id, position)
);

-- What became of each.
CREATE TABLE cluster_run_items (
  cluster_run_id bigint NOT NULL REFERENCES cluster_runs (id),
  position integer NOT NULL,
  status text NOT NULL CHECK (status IN ('INSERTED', 'EXISTING', 'REJECTED')),
  source_cluster_id bigint REFERENCES clusters (id),
  cluster_id bigint REFERENCES clusters (id),
  relaxation jsonb,
  error_code text,
  error_message text,
  PRIMARY KEY (cluster_run_id, position),
  CHECK ((status = 'REJECTED') = (error_code IS NOT NULL)),
  CHECK ((status = 'REJECTED') = (cluster_id IS NULL))
);
CREATE INDEX cluster_run_items_cluster ON cluster_run_items (cluster_id);
