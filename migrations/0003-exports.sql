-- Files of data set versions that were made once: the same version is answered with the same bytes for ever.
CREATE TABLE exports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset_version_id bigint NOT NULL REFERENCES dataset_versions (id),
  format text NOT NULL CHECK (format IN ('EXTXYZ', 'CSV', 'QCSCHEMA', 'ARROW')),
  feature_set_id bigint REFERENCES feature_sets (id),
  sha256 text NOT NULL REFERENCES artifacts (sha256),
  byte_length bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL
);
CREATE UNIQUE INDEX exports_once ON exports (dataset_version_id, format, feature_set_id) NULLS NOT DISTINCT;
