import { expect, it } from 'vitest';
import { generateCluster } from '../../src/chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import { syntheticShieldings } from '../../src/chemistry/synthetic-shieldings.ts';
import { lassoModel } from '../../src/ml/lasso/model.ts';
import type { Hyperparameters, LabelledInput, ModelImplementation, Target, TrainingTask } from '../../src/ml/model.ts';
import { decodeModel } from '../../src/ml/model-file.ts';
import { schNetModel } from '../../src/ml/schnet/model.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { standardDeviation } from '../../src/ml/statistics/statistics.ts';

function labelled(clustersPerSize: number, seed: number): LabelledInput[] {
  const parameters = { element: 'Na', sizes: [7, 9], clustersPerSize, laws: PAPER_LAWS, seed };
  return Array.from({ length: 2 * clustersPerSize }, (_, index) => {
    const { structure } = generateCluster(parameters, index);
    const shieldingsPpm = syntheticShieldings(structure);
    return { name: `${index}`, structure, populationLabels: null, grossOrbitalPopulations: null, shieldingsPpm };
  });
}

const [train, validation] = [labelled(8, 1), labelled(3, 2)];
const features = {
  runningCoordinationNumbers: { radiiAngstrom: [3.5, 4, 5], smearingAngstrom: 0.1 },
  grossOrbitalPopulations: null,
};

function trained(model: ModelImplementation, settings: Hyperparameters, target: Target) {
  const task: TrainingTask = { settings, seed: 1, target, features, train, validation, resumeFrom: null };
  return model.train(task, { onProgress: () => {}, onCheckpoint: () => {} });
}

it('lets Lasso fit shieldings in ppm: the same model by an alpha in ppm', async () => {
  const deviation = standardDeviation(train.flatMap(({ shieldingsPpm }) => [...shieldingsPpm]));
  const standardized = await trained(lassoModel, { kind: 'LASSO', alphas: [0.05] }, 'DIRECT');
  const unscaled = await trained(lassoModel, { kind: 'LASSO', alphas: [0.05 * deviation] }, 'UNSCALED');
  expect(decodeModel(unscaled.weights, 'natrium-lasso/1').parameters.transform).toEqual({ kind: 'NONE' });
  expect(unscaled.outcome.nonZero).toBe(standardized.outcome.nonZero);
  expect(unscaled.outcome.validationRmsePpm).toBeCloseTo(standardized.outcome.validationRmsePpm, 4);
  const [point] = unscaled.outcome.curve;
  expect(point.validationLoss).toBeCloseTo(point.validationRmsePpm! ** 2, 8);
});

it('lets SchNet learn shieldings in ppm: its loss is in ppm²', async () => {
  const settings: Hyperparameters = {
    ...{ kind: 'SCHNET', engine: 'WASM', committee: false, loss: 'MSE', distributionWeight: 3, seeds: [1] },
    ...{ atomBasis: 8, filters: 8, gaussians: 8, cutoffAngstrom: 5, interactions: 1 },
    ...{ ...SCHNET_TRAINING_DEFAULTS, batchSize: 4, epochs: 200 },
  };
  const model = schNetModel({ WASM: async () => wasmEngine, TENSORFLOW: async () => wasmEngine });
  const { weights, outcome } = await trained(model, settings, 'UNSCALED');
  expect(decodeModel(weights, 'natrium-schnet/1').parameters.transform).toEqual({ kind: 'NONE' });
  const { curve } = outcome;
  for (const { validationLoss, validationRmsePpm } of curve) {
    expect(validationLoss / validationRmsePpm! ** 2).toBeCloseTo(1, 4);
  }
  expect(curve[0].validationRmsePpm).toBeGreaterThan(400);
  expect(outcome.validationRmsePpm).toBeLessThan(100);
  const [predicted] = await model.predict(weights, validation);
  expect(Math.abs(predicted[0] - validation[0].shieldingsPpm[0])).toBeLessThan(200);
});
