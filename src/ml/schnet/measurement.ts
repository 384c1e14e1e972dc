import { Random } from '../../random.ts';
import type { SchNetBatch, SchNetEngine } from './engine.ts';
import type { SchNetTrainingOptions } from './training.ts';
import { initialWeights } from './weights.ts';

/** What parts of a training take on this machine, now. */
export interface SchNetMeasurement {
  /** What measured it, as a trial's outcome says it. */
  readonly engine: string;
  /** Mean of one step on a whole mini-batch. */
  readonly secondsPerStep: number;
  /** One pass over the validation clusters that were given. */
  readonly secondsPerValidation: number;
}

const WARM_UP_SECONDS = 1;
const MEASURED_SECONDS = 2;

/**
 * Trains on whole mini-batches of these clusters for about two seconds, and validates. What is computed once in a training,
 * such as the geometry of each cluster, happens in a first round that is not counted; a step that alone is longer than
 * that round is counted itself, so that nobody waits for it twice.
 *
 * @throws whatever the first step of the training would
 */
export async function measureTraining(
  engine: SchNetEngine,
  train: SchNetBatch,
  validation: SchNetBatch,
  options: SchNetTrainingOptions,
): Promise<SchNetMeasurement> {
  const { hyperparameters, loss, learningRate, largestGradientNorm, batchSize, seed } = options;
  const session = engine.open(hyperparameters, initialWeights(hyperparameters, new Random(seed)));
  try {
    const step = (batch: SchNetBatch) =>
      secondsOf(() => session.step(batch, loss, { learningRate, largestGradientNorm }));
    const validate = () => secondsOf(() => session.predict(validation.structures));
    const batches = wholeBatches(train, batchSize);
    let warmUp = 0;
    let warmed = 0;
    for (; warmed < batches.length && warmUp < WARM_UP_SECONDS; warmed++) warmUp += await step(batches[warmed]);
    const isSlow = warmed === 1 && warmUp >= WARM_UP_SECONDS;
    let [steps, seconds] = isSlow ? [1, warmUp] : [0, 0];
    for (; steps === 0 || seconds < MEASURED_SECONDS; steps++) seconds += await step(batches[steps % warmed]);
    const firstValidation = await validate();
    return {
      engine: `${engine.name} (${engine.backend})`,
      secondsPerStep: seconds / steps,
      secondsPerValidation: firstValidation < WARM_UP_SECONDS ? await validate() : firstValidation,
    };
  } finally {
    session.dispose();
  }
}

/** Consecutive clusters in mini-batches; what is left over at the end is none, unless it is all there is. */
function wholeBatches({ structures, targets }: SchNetBatch, batchSize: number): SchNetBatch[] {
  const count = Math.max(1, Math.floor(structures.length / batchSize));
  return Array.from({ length: count }, (_, k) => {
    const [from, to] = [k * batchSize, (k + 1) * batchSize];
    return { structures: structures.slice(from, to), targets: targets.slice(from, to) };
  });
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
