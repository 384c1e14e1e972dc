import { NatriumError } from '../../errors.ts';
import type { SchNetMeasurement } from '../../ml/schnet/measurement.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { Compute, Store } from '../ports.ts';
import type { DatasetVersion } from '../records.ts';
import { References } from '../references.ts';
import { checkSchNetRequest, type TrainSchNetInput, trainableVersion } from './training.ts';

/** As many whole mini-batches are measured on as there are in so many clusters, one at least. */
const SAMPLED_CLUSTERS = 400;
const LONGEST_MEASUREMENT_MS = 10_000;
const MOST_WAITING = 4;

/** How long a training would take. */
export interface TrainingEstimate {
  /** What measured it. */
  readonly engine: string;
  readonly secondsPerStep: number;
  readonly stepsPerEpoch: number;
  readonly secondsPerEpoch: number;
  /** At most: of all epochs, or until the first epoch that ends after `maxMinutes`. */
  readonly secondsPerTrial: number;
  readonly trials: number;
  readonly workers: number;
  /** Trials of other runs that are not done yet. */
  readonly trialsAhead: number;
  /** Of the whole run; null without workers. */
  readonly seconds: number | null;
  /** Why there are no `seconds`. */
  readonly reason: string | null;
}

/** How long trainings would take, measured by training for two seconds: one at a time, a few wait. */
export class TrainingEstimates {
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly compute: Compute,
    private readonly datasets: Datasets,
  ) {}

  /**
   * Refuses what trainSchNet would.
   *
   * @throws NatriumError UNAVAILABLE when too many wait already; TOO_LARGE when one step and one validation take too long
   *   to be measured
   */
  async estimate(caller: Caller, input: TrainSchNetInput): Promise<TrainingEstimate> {
    requireRole(caller, 'CONTRIBUTOR');
    checkSchNetRequest(input);
    const version = await trainableVersion(new References(this.store), input.datasetVersion);
    const measured = await this.inTurn(() => this.measure(version, input));
    const open = { state: { in: ['QUEUED', 'RUNNING'] } };
    const { totalCount } = await this.store.trials.page({ first: 1, after: null, filter: open, newestFirst: false });
    const [workers, trialsAhead] = await Promise.all([this.store.workers.alive(), totalCount()]);
    return { ...durations(input, version, measured, workers), trialsAhead };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MOST_WAITING) {
      throw new NatriumError(
        'UNAVAILABLE',
        `${this.waiting} estimates are being measured already; try again in a minute`,
      );
    }
    this.waiting += 1;
    const result = this.last.then(work).finally(() => {
      this.waiting -= 1;
    });
    this.last = result.catch(() => {});
    return result;
  }

  private async measure(version: DatasetVersion, { settings, target }: TrainSchNetInput): Promise<Measured> {
    const seed = settings.seeds[0];
    const [train, validation] = await Promise.all([
      this.datasets.sampleOfInputs(version, 'train', Math.max(SAMPLED_CLUSTERS, settings.batchSize), seed),
      this.datasets.sampleOfInputs(version, 'validation', SAMPLED_CLUSTERS, seed),
    ]);
    const inputs = { train: train.map((each) => each.input), validation: validation.map((each) => each.input) };
    const late = new AbortController();
    const deadline = setTimeout(() => late.abort(tooSlow(settings.batchSize)), LONGEST_MEASUREMENT_MS);
    try {
      const measurement = await this.compute.measure({ settings, target, ...inputs }, late.signal);
      return { ...measurement, validationClusters: validation.length };
    } finally {
      clearTimeout(deadline);
    }
  }
}

type Measured = SchNetMeasurement & { readonly validationClusters: number };

function durations(
  { settings: { batchSize, epochs, maxMinutes, seeds } }: TrainSchNetInput,
  version: DatasetVersion,
  { engine, secondsPerStep, secondsPerValidation, validationClusters }: Measured,
  workers: number,
): Omit<TrainingEstimate, 'trialsAhead'> {
  const clusters = (split: string) => version.splitCounts.find((count) => count.split === split)!.clusters;
  // the last mini-batch of an epoch is smaller, and so is its step
  const steps = clusters('train') / Math.min(batchSize, clusters('train'));
  const secondsPerEpoch = steps * secondsPerStep + (clusters('validation') / validationClusters) * secondsPerValidation;
  const epochsInTime = maxMinutes === null ? epochs : Math.ceil((60 * maxMinutes) / secondsPerEpoch);
  const secondsPerTrial = Math.min(epochs, epochsInTime) * secondsPerEpoch;
  const trials = seeds.length;
  return {
    engine,
    secondsPerStep,
    stepsPerEpoch: Math.ceil(steps),
    secondsPerEpoch,
    secondsPerTrial,
    trials,
    workers,
    seconds: workers === 0 ? null : Math.ceil(trials / workers) * secondsPerTrial,
    reason: workers === 0 ? 'no worker takes jobs; trials wait until one does (natrium worker, NATRIUM_WORKERS)' : null,
  };
}

function tooSlow(batchSize: number): NatriumError {
  const seconds = LONGEST_MEASUREMENT_MS / 1000;
  return new NatriumError(
    'TOO_LARGE',
    `a step on ${batchSize} clusters and a validation could not be measured within ${seconds} s on this machine, as it is now; ` +
      'make batchSize or the network smaller, or train and read secondsLeft of the trials',
  );
}
