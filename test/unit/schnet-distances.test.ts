import { expect, test } from 'vitest';
import type { Structure } from '../../src/chemistry/structure.ts';
import { SCHNET_DEFAULTS, type SchNetHyperparameters } from '../../src/ml/schnet/hyperparameters.ts';
import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import { wasmEngine } from '../../src/ml/schnet/wasm/engine.ts';
import { plainSchNet } from '../contract/plain-schnet.ts';
import { randomWeights, SMALL } from '../contract/schnet-engine.ts';

/** Three atoms, two of them so far from each other; the third is 3 Å from the first. */
function apart(distance: number): Structure {
  return {
    ...{ atomicNumbers: [11, 17, 11], positionsAngstrom: Float64Array.of(0, 0, 0, distance, 0, 0, 0, 3, 0) },
    ...{ charge: 0, multiplicity: 1 },
  };
}

test.each<[string, SchNetHyperparameters]>([
  ['small', SMALL],
  ["the paper's", { ...SCHNET_DEFAULTS, atomBasis: 32, filters: 32 }],
  [
    'of few Gaussians and a long cutoff',
    { ...SCHNET_DEFAULTS, atomBasis: 16, filters: 16, gaussians: 2, cutoffAngstrom: 30 },
  ],
])(
  'a network that is %s predicts at every distance what the equations say, never a value from the end of its grid',
  async (_what, hyperparameters) => {
    const { cutoffAngstrom: cutoff } = hyperparameters;
    const weights = randomWeights(hyperparameters, 3);
    const tensorflow = (await openTensorflow('cpu')).open(hyperparameters, weights);
    const wasm = wasmEngine.open(hyperparameters, weights);
    // only the far end of the grid is in use by then
    await wasm.predict([apart(cutoff - 0.1)]);
    const distances = [3.3, 1, 0.5, 0.1, 0.001, 0, cutoff - 0.01, cutoff - 1e-9, cutoff, cutoff + 1e-9];
    const shieldings = new Set<number>();
    for (const distance of distances) {
      const structure = apart(distance);
      const [[predicted], [other]] = [await wasm.predict([structure]), await tensorflow.predict([structure])];
      plainSchNet(hyperparameters, weights, structure).forEach((expected, atom) => {
        const tolerance = 2e-5 * Math.max(1, Math.abs(expected));
        expect(Math.abs(predicted[atom] - expected), `wasm at ${distance} Å`).toBeLessThan(tolerance);
        expect(Math.abs(other[atom] - expected), `tensorflow at ${distance} Å`).toBeLessThan(tolerance);
      });
      shieldings.add(Number(predicted[1].toPrecision(5)));
    }
    // the last four are at the cutoff, where nothing is left to differ
    expect(shieldings.size).toBeGreaterThanOrEqual(distances.length - 5);
    wasm.dispose();
    tensorflow.dispose();
  },
);
