-- Work for workers: one job for each trial, import and cluster run, and for the completion of each training run. It says who has the work
-- under which attempt number, and that number is the fence of everything that is written for it.
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('TRIAL', 'COMPLETION', 'IMPORT', 'CLUSTER_RUN')),
  subject_id bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  attempt integer NOT NULL,
  -- the newest attempt that stored something from which a later one goes on
  fruitful_attempt integer NOT NULL,
  priority integer NOT NULL CHECK (priority BETWEEN -100 AND 100),
  worker text,
  -- that of the queue which the newest attempt came of
  delivery uuid,
  failure text,
  request_id text,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  UNIQUE (kind, subject_id)
);
CREATE INDEX jobs_open ON jobs (state, created_by) WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX jobs_worker ON jobs (worker);

CREATE TABLE job_attempts (
  job_id bigint NOT NULL REFERENCES jobs (id),
  number integer NOT NULL CHECK (number > 0),
  worker text NOT NULL,
  host text NOT NULL GENERATED ALWAYS AS (regexp_replace(worker, ':[0-9]+$', '')) STORED,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  ending text CHECK (ending IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'RELEASED', 'TAKEN_OVER', 'SET_BACK')),
  reason text,
  PRIMARY KEY (job_id, number),
  CHECK ((ended_at IS NULL) = (ending IS NULL))
);

-- Worker processes, and whether they were asked to take nothing more.
CREATE TABLE workers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  draining_at timestamptz,
  drained_by text,
  ended_at timestamptz
);

ALTER TABLE training_runs ADD COLUMN priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100);
ALTER TABLE training_runs ALTER COLUMN priority DROP DEFAULT;

INSERT INTO jobs (kind, subject_id, state, attempt, fruitful_attempt, priority, worker, failure, started_at, finished_at, created_at, created_by)
SELECT kind, subject_id, state, attempt, attempt, 0, worker, failure, started_at, finished_at, created_at, created_by FROM (
  SELECT 'TRIAL' AS kind, t.id AS subject_id, t.state, t.attempt, t.worker, t.failure, t.started_at, t.finished_at, r.created_at, r.created_by
    FROM trials t JOIN training_runs r ON r.id = t.training_run_id
  UNION ALL
  SELECT 'IMPORT', id, state, attempt, worker, failure, started_at, finished_at, created_at, created_by FROM imports
  UNION ALL
  SELECT 'CLUSTER_RUN', id, state, attempt, worker, failure, started_at, finished_at, created_at, created_by FROM cluster_runs
  UNION ALL
  -- a run whose trials have all ended is completed, or about to be
  SELECT 'COMPLETION', r.id, CASE r.state WHEN 'SUCCEEDED' THEN 'SUCCEEDED' ELSE 'QUEUED' END, 0, NULL, NULL, NULL, r.finished_at, r.created_at, r.created_by
    FROM training_runs r WHERE r.state = 'SUCCEEDED' OR (r.state IN ('QUEUED', 'RUNNING')
      AND NOT EXISTS (SELECT 1 FROM trials t WHERE t.training_run_id = r.id AND t.state IN ('QUEUED', 'RUNNING')))
) work ORDER BY created_at, kind DESC, subject_id;

-- Of work that was taken more than once it is not known when, so only that which was taken once has its attempt.
INSERT INTO job_attempts (job_id, number, worker, started_at, ended_at, ending, reason)
SELECT id, attempt, worker, started_at, finished_at, CASE WHEN finished_at IS NOT NULL THEN state END,
       CASE WHEN state <> 'SUCCEEDED' THEN failure END
FROM jobs WHERE attempt = 1 AND worker IS NOT NULL AND started_at IS NOT NULL AND (finished_at IS NULL) = (state = 'RUNNING');

-- However a job changes: its attempts follow, and so do the copies of its columns that the tables of trials, imports and cluster runs
-- have for their lists. Those who watch hear of it once the change is there to be seen.
CREATE FUNCTION follow_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.attempt > OLD.attempt THEN
    UPDATE job_attempts SET ended_at = now(), ending = 'TAKEN_OVER', reason = 'it fell silent; ' || NEW.worker || ' took over'
      WHERE job_id = NEW.id AND ended_at IS NULL;
    INSERT INTO job_attempts (job_id, number, worker, started_at) VALUES (NEW.id, NEW.attempt, NEW.worker, now());
  ELSIF OLD.state = 'RUNNING' AND NEW.state <> 'RUNNING' THEN
    UPDATE job_attempts SET ended_at = now(),
        ending = CASE WHEN NEW.state <> 'QUEUED' THEN NEW.state WHEN NEW.failure IS NULL THEN 'RELEASED' ELSE 'SET_BACK' END,
        reason = CASE WHEN NEW.state <> 'SUCCEEDED' THEN NEW.failure END
      WHERE job_id = NEW.id AND ended_at IS NULL;
  END IF;
  IF (NEW.state, NEW.attempt, NEW.worker, NEW.failure, NEW.started_at, NEW.finished_at)
     IS DISTINCT FROM (OLD.state, OLD.attempt, OLD.worker, OLD.failure, OLD.started_at, OLD.finished_at) THEN
    IF NEW.kind = 'TRIAL' THEN
      UPDATE trials SET (state, attempt, worker, failure, started_at, finished_at, updated_at) =
        (NEW.state, NEW.attempt, NEW.worker, NEW.failure, NEW.started_at, NEW.finished_at, now()) WHERE id = NEW.subject_id;
    ELSIF NEW.kind = 'IMPORT' THEN
      UPDATE imports SET (state, attempt, worker, failure, started_at, finished_at) =
        (NEW.state, NEW.attempt, NEW.worker, NEW.failure, NEW.started_at, NEW.finished_at) WHERE id = NEW.subject_id;
    ELSIF NEW.kind = 'CLUSTER_RUN' THEN
      UPDATE cluster_runs SET (state, attempt, worker, failure, started_at, finished_at) =
        (NEW.state, NEW.attempt, NEW.worker, NEW.failure, NEW.started_at, NEW.finished_at) WHERE id = NEW.subject_id;
    END IF;
    PERFORM pg_notify('job_changed', NEW.id::text);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER follow AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION follow_job();
