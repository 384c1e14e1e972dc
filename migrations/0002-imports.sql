-- Files on their way in. Whoever knows the key may put bytes there until it expires; an import makes an artifact of them.
CREATE TABLE uploads (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_name text NOT NULL,
  key text NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  byte_length bigint,
  sha256 text REFERENCES artifacts (sha256),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CHECK ((sha256 IS NULL) = (byte_length IS NULL))
);

-- A background import of uploads. The last five numbers say how far it is; they change with the items, in one transaction.
CREATE TABLE imports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content text NOT NULL CHECK (content IN ('CALCULATIONS', 'STRUCTURES')),
  format text,
  level_of_theory jsonb,
  upload_ids bigint[] NOT NULL CHECK (cardinality(upload_ids) > 0),
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  attempt integer NOT NULL,
  worker text,
  failure text,
  inserted integer NOT NULL,
  existing integer NOT NULL,
  rejected integer NOT NULL,
  next_upload integer NOT NULL,
  next_entry integer NOT NULL,
  next_item integer NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE INDEX imports_state ON imports (state);

-- What became of each item.
CREATE TABLE import_items (
  import_id bigint NOT NULL REFERENCES imports (id),
  position integer NOT NULL,
  file text NOT NULL,
  line integer NOT NULL,
  label text,
  status text NOT NULL CHECK (status IN ('INSERTED', 'EXISTING', 'REJECTED')),
  cluster_id bigint REFERENCES clusters (id),
  calculation_id bigint REFERENCES calculations (id),
  error_code text,
  error_message text,
  PRIMARY KEY (import_id, position),
  CHECK ((status = 'REJECTED') = (error_code IS NOT NULL))
);
CREATE INDEX import_items_rejected ON import_items (import_id, position) WHERE status = 'REJECTED';

-- Computed numbers do not get smaller by compression: clusters of 100 atoms come in a tenth faster without trying.
ALTER TABLE clusters ALTER COLUMN positions_angstrom SET STORAGE EXTERNAL;
ALTER TABLE calculations ALTER COLUMN shieldings_ppm SET STORAGE EXTERNAL;
ALTER TABLE calculations ALTER COLUMN shielding_tensors_ppm SET STORAGE EXTERNAL;
ALTER TABLE calculations ALTER COLUMN gross_orbital_populations SET STORAGE EXTERNAL;
ALTER TABLE calculations ALTER COLUMN electric_field_gradients_au SET STORAGE EXTERNAL;
ALTER TABLE evaluations ALTER COLUMN calculated_ppm SET STORAGE EXTERNAL;
ALTER TABLE evaluations ALTER COLUMN predicted_ppm SET STORAGE EXTERNAL;
ALTER TABLE predictions ALTER COLUMN shieldings_ppm SET STORAGE EXTERNAL;
