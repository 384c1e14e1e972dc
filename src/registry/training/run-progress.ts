import type { Hyperparameters, TrialProgress } from '../../ml/model.ts';
import type { TrialPace } from '../ports.ts';
import type { RunState, TrainingRun, Trial } from '../records.ts';
import { isOpen } from '../work/run-state.ts';

/** A trial, as far as it is, and what it was asked for. */
type Paced = Pick<Trial, 'state' | 'progress'> & { readonly settings: Hyperparameters };

/**
 * Seconds until the last trial of a running run ends, if trials go on as they did: those that run take what is left of them,
 * those that wait follow as soon as one ends, on as many workers as have trials of the run now. Null for a run that does not run,
 * and before a trial has made a step.
 */
export function secondsLeftOfRun(
  run: Pick<TrainingRun, 'state' | 'hyperparameters'>,
  trials: readonly Pick<Trial, 'state' | 'progress'>[],
): number | null {
  if (run.state !== 'RUNNING') return null;
  return secondsLeft(trials.map(({ state, progress }) => ({ state, progress, settings: run.hyperparameters })));
}

/** How far several runs are, taken together. */
export interface RunsProgress {
  readonly state: RunState;
  /** Epochs trained and alphas fitted. */
  readonly step: number;
  readonly steps: number;
  /** Until the last trial ends, as of one run; null too while a kind of model that waits has not begun anywhere. */
  readonly secondsLeft: number | null;
}

export function progressOfRuns(runs: readonly TrainingRun[], trials: readonly TrialPace[]): RunsProgress {
  const settings = new Map(runs.map((run) => [run.id, run.hyperparameters]));
  const paced = trials.map(
    ({ trainingRunId, state, progress }): Paced => ({ state, progress, settings: settings.get(trainingRunId)! }),
  );
  const state = stateOfRuns(runs);
  return {
    state,
    step: paced.reduce((sum, trial) => sum + stepsDone(trial), 0),
    steps: paced.reduce((sum, trial) => sum + stepsAsked(trial), 0),
    secondsLeft: state === 'RUNNING' ? secondsLeft(paced.filter(isOpen)) : null,
  };
}

/** Runs together are running until none of them is open, and have failed if one of them has. */
export function stateOfRuns(runs: readonly TrainingRun[]): RunState {
  if (runs.some(isOpen)) return runs.every((run) => run.state === 'QUEUED') ? 'QUEUED' : 'RUNNING';
  return (['FAILED', 'CANCELLED'] as const).find((state) => runs.some((run) => run.state === state)) ?? 'SUCCEEDED';
}

function stepsAsked({ progress, settings }: Paced): number {
  return progress?.steps ?? (settings.kind === 'SCHNET' ? settings.epochs : settings.alphas.length);
}

function stepsDone(trial: Paced): number {
  return trial.state === 'SUCCEEDED' ? stepsAsked(trial) : (trial.progress?.step ?? 0);
}

function secondsLeft(trials: readonly Paced[]): number | null {
  const running = trials.filter((trial) => trial.state === 'RUNNING');
  if (running.length === 0) return null;
  const usual = usualSeconds(trials);
  const left = running.map(({ progress, settings }) =>
    hasBegun(progress) ? Math.max(0, secondsOf(progress, settings) - progress.seconds) : usual(settings),
  );
  for (const { state, settings } of trials) {
    if (state === 'QUEUED') left[left.indexOf(Math.min(...left))] += usual(settings);
  }
  const last = Math.max(...left);
  return Number.isNaN(last) ? null : last;
}

/** The mean of what trials of the same kind of model take; NaN where none has begun. */
function usualSeconds(trials: readonly Paced[]): (settings: Hyperparameters) => number {
  return ({ kind }) => {
    const whole = trials.flatMap(({ progress, settings }) =>
      settings.kind === kind && hasBegun(progress) ? [secondsOf(progress, settings)] : [],
    );
    return whole.reduce((sum, seconds) => sum + seconds, 0) / whole.length;
  };
}

function hasBegun(progress: TrialProgress | null): progress is TrialProgress {
  return progress !== null && progress.step > 0;
}

/** What all steps take, if they take as long as those before; no more than is allowed. */
function secondsOf({ step, steps, seconds }: TrialProgress, settings: Hyperparameters): number {
  const whole = (steps * seconds) / step;
  return settings.kind === 'SCHNET' && settings.maxMinutes !== null ? Math.min(whole, 60 * settings.maxMinutes) : whole;
}
