-- What computed a SchNet, and how its steps were limited: until now always by TensorFlow, and not at all.
UPDATE training_runs SET hyperparameters = hyperparameters ||
    '{"engine": "TENSORFLOW", "learningRateDecay": 1, "patienceEpochs": null, "largestGradientNorm": null, "maxMinutes": null}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'engine';
UPDATE model_versions SET hyperparameters = hyperparameters ||
    '{"engine": "TENSORFLOW", "learningRateDecay": 1, "patienceEpochs": null, "largestGradientNorm": null, "maxMinutes": null}'
  WHERE kind = 'SCHNET' AND NOT hyperparameters ? 'engine';
