-- A version whose weights were found damaged or missing predicts nothing until they are right again.
ALTER TABLE model_versions ADD COLUMN quarantined_at timestamptz, ADD COLUMN quarantine_reason text,
  ADD CHECK ((quarantined_at IS NULL) = (quarantine_reason IS NULL));
-- How long the file of an upload is, if its maker said so: not every S3 refuses what breaks off before.
ALTER TABLE uploads ADD COLUMN announced_bytes bigint CHECK (announced_bytes >= 0);
