import { describe, expect, test } from 'vitest';
import type { TrialPace } from '../../src/registry/ports.ts';
import type { RunState, TrainingRun, Trial } from '../../src/registry/records.ts';
import { progressOfRuns, secondsLeftOfRun } from '../../src/registry/training/run-progress.ts';

function run(state: RunState, maxMinutes: number | null = null): TrainingRun {
  return { state, hyperparameters: { kind: 'SCHNET', maxMinutes } } as TrainingRun;
}

/** A trial of 10 steps that has made some of them in so many seconds. */
function trial(state: RunState, step: number | null, seconds = 0): Trial {
  return { state, progress: step === null ? null : { step, steps: 10, point: null, seconds } } as Trial;
}

test.each<[string, TrainingRun, Trial[], number | null]>([
  ['that waits is not known', run('QUEUED'), [trial('QUEUED', null)], null],
  ['that has ended is none', run('SUCCEEDED'), [trial('SUCCEEDED', 10, 20)], null],
  ['without a step yet is not known', run('RUNNING'), [trial('RUNNING', null), trial('QUEUED', null)], null],
  ['whose trials are all given back is not known', run('RUNNING'), [trial('QUEUED', 4, 8)], null],
  ['is that of its one trial', run('RUNNING'), [trial('RUNNING', 4, 8)], 12],
  ['is that of the slower of two', run('RUNNING'), [trial('RUNNING', 4, 8), trial('RUNNING', 1, 3)], 27],
  // 12 s are left, then two more of 20 s each
  ['counts those that wait, one after the other', run('RUNNING'), [trial('RUNNING', 4, 8), ...waiting(2)], 52],
  // 12 and 16 s are left, three of 20 s follow: 12 + 20, 16 + 20, 32 + 20
  ['lets them wait for the first that is free', run('RUNNING'), [...two(), ...waiting(3)], 52],
  ['takes a trial that has just begun for a usual one', run('RUNNING'), [trial('SUCCEEDED', 10, 30), begun()], 30],
  ['ends with the minutes that are allowed', run('RUNNING', 0.25), [trial('RUNNING', 4, 8), ...waiting(1)], 22],
  ['is not negative when they are over', run('RUNNING', 0.1), [trial('RUNNING', 4, 8)], 0],
])('the time left of a run %s', (_, of, trials, seconds) => {
  const left = secondsLeftOfRun(of, trials);
  if (seconds === null) expect(left).toBeNull();
  else expect(left).toBeCloseTo(seconds, 9);
});

function waiting(count: number): Trial[] {
  return Array.from({ length: count }, () => trial('QUEUED', null));
}

function two(): Trial[] {
  return [trial('RUNNING', 4, 8), trial('RUNNING', 2, 4)];
}

function begun(): Trial {
  return trial('RUNNING', null);
}

describe('several runs', () => {
  const SCHNET = { kind: 'SCHNET', epochs: 10, maxMinutes: null };
  const LASSO = { kind: 'LASSO', alphas: [1, 2, 3] };
  const runs = (...states: RunState[]) =>
    states.map((state, i) => ({ id: String(i), state, hyperparameters: i === 0 ? LASSO : SCHNET }) as TrainingRun);
  const of = (trainingRunId: string, { state, progress }: Trial): TrialPace => ({ trainingRunId, state, progress });
  const lasso = (state: RunState) => of('0', { state, progress: null } as Trial);

  test.each<[RunState, RunState[]]>([
    ['QUEUED', ['QUEUED', 'QUEUED']],
    ['RUNNING', ['QUEUED', 'RUNNING', 'SUCCEEDED']],
    ['RUNNING', ['SUCCEEDED', 'QUEUED']],
    ['RUNNING', ['FAILED', 'QUEUED']],
    ['FAILED', ['CANCELLED', 'FAILED', 'SUCCEEDED']],
    ['CANCELLED', ['CANCELLED', 'SUCCEEDED']],
    ['SUCCEEDED', ['SUCCEEDED', 'SUCCEEDED']],
  ])('are %s together: %j', (state, states) => {
    expect(progressOfRuns(runs(...states), []).state).toBe(state);
  });

  test('count the steps of all trials, all of those that have succeeded', () => {
    const trials = [lasso('SUCCEEDED'), of('1', trial('RUNNING', 4, 8)), of('1', trial('QUEUED', null))];
    expect(progressOfRuns(runs('SUCCEEDED', 'RUNNING'), trials)).toEqual({
      ...{ state: 'RUNNING', step: 3 + 4, steps: 3 + 10 + 10 },
      // 12 s of the one that runs, then 20 s
      secondsLeft: 32,
    });
  });

  test('take as long as is not known while a kind of model waits that has not begun', () => {
    const begun = of('1', trial('RUNNING', 4, 8));
    expect(progressOfRuns(runs('QUEUED', 'RUNNING'), [lasso('QUEUED'), begun]).secondsLeft).toBeNull();
    expect(progressOfRuns(runs('SUCCEEDED', 'RUNNING'), [lasso('SUCCEEDED'), begun]).secondsLeft).toBeCloseTo(12, 9);
  });

  test('know nothing of what is left once none runs', () => {
    const trials = [of('1', trial('CANCELLED', 4, 8))];
    expect(progressOfRuns(runs('SUCCEEDED', 'CANCELLED'), trials)).toMatchObject({ step: 4, secondsLeft: null });
  });
});
