-- The curve of a trial as it grows, by step: epoch, or number of the fit. Once the trial has an outcome, that holds its curve.
CREATE TABLE trial_points (
  trial_id bigint NOT NULL REFERENCES trials (id),
  step integer NOT NULL CHECK (step > 0),
  point jsonb NOT NULL,
  PRIMARY KEY (trial_id, step)
);

-- Whoever changes a training run or a trial of it: those who watch the run hear of it once the change is there to be seen.
CREATE FUNCTION announce_training_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'trials' THEN
    PERFORM pg_notify('training_run_changed', NEW.training_run_id::text);
  ELSE
    PERFORM pg_notify('training_run_changed', NEW.id::text);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER UPDATE ON training_runs FOR EACH ROW EXECUTE FUNCTION announce_training_run();
CREATE TRIGGER announce AFTER UPDATE ON trials FOR EACH ROW EXECUTE FUNCTION announce_training_run();
