import type { Hyperparameters } from '../../ml/model.ts';
import type { Store } from '../ports.ts';
import type { ModelVersion, TrainingRun, Trial } from '../records.ts';

/** Whether a trial, done again, gave the same weights. */
export interface TrialReproduction {
  readonly seed: number;
  readonly expectedSha256: string;
  /** Null until the trial has succeeded. */
  readonly sha256: string | null;
  /** Null as long as there is nothing to compare. */
  readonly agrees: boolean | null;
  /** What computed the original, and what the repeated one: where they differ, so may the bytes. */
  readonly expectedEngine: string;
  readonly engine: string | null;
}

export interface Reproduction {
  readonly modelVersionId: string;
  /** False if the bytes of one trial differ; true if those of all agree; null as long as neither is known. */
  readonly agrees: boolean | null;
  readonly trials: readonly TrialReproduction[];
}

/**
 * Compares the trials of a run with those that they repeat.
 *
 * @param originals the trials of the run that made the version
 * @param trials those of the run that repeats them, some or all
 */
export function compareTrials(
  version: ModelVersion,
  originals: readonly Trial[],
  trials: readonly Trial[],
): Reproduction {
  const compared = trials.map((trial): TrialReproduction => {
    const { weightsSha256: sha256 } = trial;
    const original = originalOf(originals, trial);
    const recorded = recordedSha256s(version, original);
    const expectedSha256 = recorded.find((each) => each !== sha256) ?? recorded[0];
    return {
      seed: Number(trial.seed),
      expectedSha256,
      sha256,
      agrees: sha256 === null ? null : sha256 === expectedSha256,
      expectedEngine: original.outcome!.engine,
      engine: trial.outcome?.engine ?? null,
    };
  });
  const agreements = compared.map((each) => each.agrees);
  if (agreements.includes(false)) return { modelVersionId: version.id, agrees: false, trials: compared };
  return { modelVersionId: version.id, agrees: agreements.includes(null) ? null : true, trials: compared };
}

/**
 * The settings of one trial: those of its run. A SchNet trial that is repeated trains exactly as many epochs as it did then and
 * looks at no clock, so that the bytes agree though the machine is faster or slower.
 */
export async function settingsOfTrial(store: Store, run: TrainingRun, trial: Trial): Promise<Hyperparameters> {
  const { hyperparameters, reproducedVersionId } = run;
  if (reproducedVersionId === null || hyperparameters.kind !== 'SCHNET') return hyperparameters;
  const [version] = await store.modelVersions.getMany([reproducedVersionId]);
  const originals = await store.trials.findAll({ trainingRunId: version!.trainingRunId });
  const { outcome } = originalOf(originals, trial);
  return { ...hyperparameters, epochs: outcome!.curve.length, maxMinutes: null };
}

function originalOf(originals: readonly Trial[], { seed }: Trial): Trial {
  // checked when the run was made
  return originals.find((original) => original.seed === seed)!;
}

/** What is recorded of a trial's weights: with the trial, and with the version if it predicts with them. */
function recordedSha256s(version: ModelVersion, trial: Trial): string[] {
  const kept = version.members ?? [version];
  return [trial.weightsSha256!, ...kept.filter((each) => each.trialId === trial.id).map((each) => each.weightsSha256)];
}
