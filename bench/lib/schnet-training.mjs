import { generateCluster, generatedCount, PAPER_CLUSTERS_PER_SIZE } from '../../dist/chemistry/s-blda/generator.js';
import { PAPER_LAWS } from '../../dist/chemistry/s-blda/law.js';
import { SCHNET_DEFAULTS } from '../../dist/ml/schnet/hyperparameters.js';
import { wasmEngine } from '../../dist/ml/schnet/wasm/engine.js';
import { initialWeights } from '../../dist/ml/schnet/weights.js';
import { Random } from '../../dist/random.js';

export const TRAIN_SIZES = [14, 16, 18, 20, 22, 24, 26];
export const VALIDATION_SIZES = [28, 30];
const BATCH = 100;
const LEARNING_RATE = 0.01;

/** Generated clusters of these sizes, 200 a size unless told, with standard normal targets. */
export function labelledClusters(sizes, clustersPerSize = PAPER_CLUSTERS_PER_SIZE) {
  const generation = { element: 'Na', sizes, clustersPerSize, laws: PAPER_LAWS, seed: 20231105 };
  const random = new Random(1);
  const structures = Array.from(
    { length: generatedCount(generation) },
    (_, index) => generateCluster(generation, index).structure,
  );
  return {
    structures,
    targets: structures.map(({ atomicNumbers }) => Float64Array.from(atomicNumbers, () => random.normal())),
  };
}

/** Indices of the clusters of each mini-batch, epoch after epoch, every epoch shuffled anew. */
export function shuffledBatches({ structures }, epochs, seed) {
  const random = new Random(seed);
  const order = structures.map((_, index) => index);
  return Array.from({ length: epochs }, () => {
    random.shuffle(order);
    return Array.from({ length: order.length / BATCH }, (_, batch) => order.slice(BATCH * batch, BATCH * (batch + 1)));
  }).flat();
}

/** The paper's network on our engine. */
export function openSession(seed) {
  return wasmEngine.open(SCHNET_DEFAULTS, initialWeights(SCHNET_DEFAULTS, new Random(seed)));
}

/** One step a batch; the milliseconds of each. */
export async function train(session, { structures, targets }, batches, loss) {
  const milliseconds = [];
  for (const batch of batches) {
    const chosen = { structures: batch.map((k) => structures[k]), targets: batch.map((k) => targets[k]) };
    const start = performance.now();
    await session.step(chosen, loss, { learningRate: LEARNING_RATE, largestGradientNorm: null });
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}
