-- A version whose weights were found damaged or missing predicts nothing until they are right again.
ALTER TABLE model_versions ADD COLUMN quarantined_at timestamptz, ADD COLUMN quarantine_reason text,
  ADD CHECK ((quarantined_at IS NULL) = (quarantine_reason IS NULL));
