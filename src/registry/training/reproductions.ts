import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Trial } from '../records.ts';
import { References } from '../references.ts';
import { checkPriority, queueRun } from './queued-runs.ts';
import { checkSeeds } from './training.ts';

export interface ReproduceInput {
  readonly modelVersion: string;
  /** Null: all whose trials left weights. */
  readonly seeds: readonly number[] | null;
  readonly priority?: number;
}

/** Trains recorded requests again, to see whether the same bytes come out. */
export class Reproductions {
  constructor(private readonly mutations: Mutations) {}

  /**
   * Queues the trials of a version once more: the same data, target, features and settings. Those that failed are left out:
   * without weights there is nothing to compare.
   */
  reproduce(caller: Caller, request: MutationRequest, input: ReproduceInput): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    checkPriority(input.priority);
    if (input.seeds !== null) checkSeeds(input.seeds);
    return this.mutations.run(caller, request, async (store) => {
      const version = await new References(store).modelVersion(input.modelVersion);
      const originals = await store.trials.findAll({ trainingRunId: version.trainingRunId });
      const seeds = input.seeds ?? originals.filter(leftWeights).map((trial) => Number(trial.seed));
      checkOriginals(input.modelVersion, originals, seeds);
      const { modelId, kind, datasetVersionId, featureSetId, target, hyperparameters } = version;
      return queueRun(store, caller, seeds, {
        ...{ modelId, kind, datasetVersionId, featureSetId, target },
        hyperparameters: hyperparameters.kind === 'SCHNET' ? { ...hyperparameters, seeds } : hyperparameters,
        reproducedVersionId: version.id,
        priority: input.priority,
      });
    });
  }
}

function leftWeights(trial: Trial): boolean {
  return trial.state === 'SUCCEEDED';
}

function checkOriginals(reference: string, originals: readonly Trial[], seeds: readonly number[]): void {
  const unknown = seeds.filter((seed) => !originals.some((trial) => trial.seed === String(seed)));
  if (unknown.length > 0) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `${reference} was not trained with ${seedList(unknown)}; it was with ${seedList(originals.map((each) => each.seed))}`,
    );
  }
  const failed = originals.find((trial) => seeds.includes(Number(trial.seed)) && !leftWeights(trial));
  if (failed !== undefined) {
    throw new NatriumError(
      'INVALID_HYPERPARAMETER',
      `the trial of seed ${failed.seed} of ${reference} left no weights to compare with (${failed.failure}); leave it out`,
    );
  }
}

function seedList(seeds: readonly (number | string)[]): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds.join(', ')}`;
}
