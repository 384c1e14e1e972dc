import type { Hyperparameters, TrialProgress } from '../ml/model.ts';
import type { TrainingRun, Trial } from './records.ts';

/**
 * Seconds until the last trial of a running run ends, if trials go on as they did: those that run take what is left of them,
 * those that wait follow as soon as one ends, on as many workers as have trials of the run now. Null for a run that does not run,
 * and before a trial has made a step.
 */
export function secondsLeftOfRun(run: TrainingRun, trials: readonly Trial[]): number | null {
  if (run.state !== 'RUNNING') return null;
  const whole = trials.flatMap(({ progress }) => (hasBegun(progress) ? secondsOf(progress, run.hyperparameters) : []));
  const running = trials.filter((trial) => trial.state === 'RUNNING');
  if (whole.length === 0 || running.length === 0) return null;
  const usual = whole.reduce((sum, seconds) => sum + seconds, 0) / whole.length;
  const left = running.map(({ progress }) =>
    hasBegun(progress) ? Math.max(0, secondsOf(progress, run.hyperparameters) - progress.seconds) : usual,
  );
  for (const trial of trials) {
    if (trial.state !== 'QUEUED') continue;
    left[left.indexOf(Math.min(...left))] += usual;
  }
  return Math.max(...left);
}

function hasBegun(progress: TrialProgress | null): progress is TrialProgress {
  return progress !== null && progress.step > 0;
}

/** What all steps take, if they take as long as those before; no more than is allowed. */
function secondsOf({ step, steps, seconds }: TrialProgress, settings: Hyperparameters): number {
  const whole = (steps * seconds) / step;
  return settings.kind === 'SCHNET' && settings.maxMinutes !== null ? Math.min(whole, 60 * settings.maxMinutes) : whole;
}
