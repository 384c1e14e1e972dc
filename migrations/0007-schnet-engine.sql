-- What computed a SchNet: until now it was always TensorFlow.
UPDATE training_runs SET hyperparameters = hyperparameters || '{"engine": "TENSORFLOW"}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'engine';
UPDATE model_versions SET hyperparameters = hyperparameters || '{"engine": "TENSORFLOW"}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'engine';
