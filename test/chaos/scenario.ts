import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { Random } from '../../src/random.ts';
import { type Fleet, storeId } from '../support/fleet.ts';
import { type TestServer, until } from '../support/server.ts';
import { readRun, type TrainingRun, type Trial } from '../support/training.ts';
import { PATIENCE_SECONDS, TRAINING } from './training.ts';
import type {} from './undisturbed.ts';

export interface Chaos {
  readonly random: Random;
  /** Tells what is done, so that a failure can be read. */
  say(what: string): void;
}

/** A scenario under a seed of its own, which belongs to that of the whole and its name. */
export function scenario(name: string, body: (chaos: Chaos) => Promise<void>): void {
  test.concurrent(name, () => {
    const seed = process.env.CHAOS_SEED ?? '1';
    const began = Date.now();
    const say = (what: string) =>
      console.log(`[${name} ${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${what}`);
    say(`seed ${seed}`);
    return body({ random: Random.ofText(`${name} ${seed}`), say });
  });
}

/** What goes on beside a scenario, which asks later whether all of it went well. */
export function begun(work: readonly Promise<void>[]): Promise<unknown> {
  const all = Promise.all(work);
  all.catch(() => {});
  return all;
}

/** One point in each of so many equal parts of [0, 1), in any order. */
export function points(random: Random, count: number): number[] {
  return random.shuffle(Array.from({ length: count }, (_, i) => (i + random.uniform()) / count));
}

/** The run when it has succeeded, whatever happened on the way. */
export async function succeeded(server: TestServer, id: string): Promise<TrainingRun> {
  const run = await until(
    async () => {
      const found = await readRun(server, id).catch(() => null);
      return found !== null && !['QUEUED', 'RUNNING'].includes(found.state) && found;
    },
    `the end of ${id}`,
    PATIENCE_SECONDS,
  );
  expect(run).toMatchObject({ state: 'SUCCEEDED', failure: null });
  return run;
}

/** What came out is what comes out undisturbed: each trial's weights, and each of its epochs once. */
export function expectUndisturbed(run: TrainingRun): void {
  const whole = inject('undisturbedWeights');
  const weights = (of: (trial: Trial) => string | null) => run.trials.map((trial) => `${trial.seed}: ${of(trial)}`);
  expect(weights(({ weightsSha256 }) => weightsSha256)).toEqual(weights(({ seed }) => whole[seed]));
  for (const { outcome } of run.trials) {
    expect(outcome!.curve.map(({ x }) => x)).toEqual(Array.from({ length: TRAINING.epochs }, (_, i) => i + 1));
  }
}

export interface TrialState {
  readonly id: string;
  readonly seed: number;
  readonly state: string;
  readonly attempt: number;
  readonly worker: string | null;
  readonly epochs: number;
}

/** Where the trials of a run are, as the database has it now. */
export function trialsOf(fleet: Fleet, runId: string): Promise<TrialState[]> {
  return fleet.sql<TrialState>(
    `SELECT t.id, t.seed::int AS seed, j.state, j.attempt, j.worker,
       (SELECT count(*)::int FROM trial_points p WHERE p.trial_id = t.id) AS epochs
     FROM trials t JOIN jobs j ON j.kind = 'TRIAL' AND j.subject_id = t.id
     WHERE t.training_run_id = $1 ORDER BY t.ordinal`,
    [storeId(runId)],
  );
}

export function isOver({ state }: TrialState): boolean {
  return !['QUEUED', 'RUNNING'].includes(state);
}

/** Until a trial of the run has come to a point, 0 at its start and 1 at its end, and a seeded moment more; null if all were over before. */
export async function trialAt(fleet: Fleet, runId: string, point: number, random: Random): Promise<TrialState | null> {
  const trial = await until<TrialState | 'over'>(
    async () => {
      const trials = await trialsOf(fleet, runId);
      if (trials.every(isOver)) return 'over';
      return trials.find(({ state, epochs }) => state === 'RUNNING' && epochs >= point * TRAINING.epochs);
    },
    `a trial of ${runId} at ${point.toFixed(2)}`,
    PATIENCE_SECONDS,
  );
  if (trial === 'over') return null;
  // between two reports of progress, of which there is one a second
  await delay(random.integer(1000));
  return trial;
}
