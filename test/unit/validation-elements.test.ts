import { expect, test } from 'vitest';
import type { Hyperparameters, LabelledInput } from '../../src/ml/model.ts';
import { MODELS } from '../../src/ml/models.ts';
import { SCHNET_DEFAULTS } from '../../src/ml/schnet/hyperparameters.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { Random } from '../../src/random.ts';
import { randomCluster } from '../support/random-clusters.ts';

const FEATURES = {
  runningCoordinationNumbers: { radiiAngstrom: [3.5, 4], smearingAngstrom: 0.2 },
  grossOrbitalPopulations: null,
};
const SETTINGS: Readonly<Record<Hyperparameters['kind'], Hyperparameters>> = {
  LASSO: { kind: 'LASSO', alphas: [0.1] },
  SCHNET: {
    ...{ kind: 'SCHNET', engine: 'WASM', ...SCHNET_DEFAULTS, ...SCHNET_TRAINING_DEFAULTS },
    ...{ loss: 'MSE', distributionWeight: 3, epochs: 1, seeds: [1], committee: false },
  },
};

test.each(['LASSO', 'SCHNET'] as const)('%s is not chosen by an element that it never trains on', async (kind) => {
  const random = new Random(1);
  const input = (name: string, elements: readonly number[]): LabelledInput => ({
    ...{ name, structure: randomCluster(random, 4, elements), populationLabels: null, grossOrbitalPopulations: null },
    shieldingsPpm: Float64Array.from({ length: 4 }, () => 550 + 10 * random.normal()),
  });
  const train = [input('a', [11]), input('b', [3])];
  const trained = (validation: LabelledInput[]) =>
    MODELS[kind].train(
      {
        ...{ settings: SETTINGS[kind], seed: 1, target: 'DIRECT', features: kind === 'LASSO' ? FEATURES : null },
        ...{ train, validation, resumeFrom: null },
      },
      { onProgress: () => {}, onCheckpoint: () => {} },
    );
  await expect(trained([input('c', [11]), input('d', [19])])).rejects.toMatchObject({
    code: 'FEATURES_UNAVAILABLE',
    message:
      'd in validation holds K, which no cluster in train has (Li, Na); use a data set version with the same elements in both',
  });
  expect((await trained([input('c', [3])])).weights).toBeInstanceOf(Uint8Array);
});
