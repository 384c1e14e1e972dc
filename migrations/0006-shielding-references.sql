-- Shieldings that chemical shifts are reckoned from; never changed, a new one is the next version.
CREATE TABLE shielding_references (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  nucleus text NOT NULL,
  level_of_theory_id bigint NOT NULL REFERENCES levels_of_theory (id),
  version integer NOT NULL CHECK (version > 0),
  shielding_ppm double precision NOT NULL CHECK (shielding_ppm > -1e6 AND shielding_ppm < 1e6),
  compound text NOT NULL,
  source text NOT NULL CHECK (source <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (level_of_theory_id, nucleus, version)
);
