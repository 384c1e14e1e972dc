-- From where a later attempt goes on.
ALTER TABLE trials ADD COLUMN checkpoint_sha256 text REFERENCES artifacts (sha256);
