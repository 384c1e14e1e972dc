import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { machineOf, startFleet, storeId } from '../support/fleet.ts';
import { trainSchNet } from '../support/training.ts';
import type { TestWorker } from '../support/worker.ts';
import {
  begun,
  expectUndisturbed,
  isOver,
  points,
  scenario,
  succeeded,
  type TrialState,
  trialsOf,
} from './scenario.ts';
import { isSmall, SEEDS, TRAINING } from './training.ts';

const KILLS = isSmall ? 10 : 40;
const WORKERS = 3;
/** A trial that was over before its worker could be killed is trained again, so often at most. */
const MOST_ROUNDS = 8;

/** Where the worker of a trial is to be killed, as a part of its epochs. */
interface Target {
  readonly seed: number;
  readonly point: number;
}

scenario('worker-killed', async ({ random, say }) => {
  const fleet = await startFleet();
  const workers: TestWorker[] = [];
  const startWorker = async () => {
    workers.push(await fleet.startWorker());
  };
  const starting: Promise<unknown>[] = [];

  /** Whether the worker could be killed in the middle of the trial. */
  const kill = async (run: string, { seed, id: trial }: TrialState, point: number): Promise<boolean> => {
    // between two reports of progress, of which there is one a second
    await delay(random.integer(1000));
    const { state, epochs, worker: name } = (await trialsOf(fleet, run)).find((each) => each.id === trial)!;
    const worker = workers.find((each) => each.process.signalCode === null && each.name === name);
    if (worker === undefined || state !== 'RUNNING') {
      say(`seed ${seed} at ${point.toFixed(2)}: the trial is over`);
      return false;
    }
    const withItsMachine = random.integer(2) === 1;
    for (const pid of withItsMachine ? machineOf(fleet, worker) : [worker.process.pid!]) process.kill(pid, 'SIGKILL');
    say(
      `seed ${seed} at ${point.toFixed(2)}: ${name} killed at epoch ${epochs}${withItsMachine ? ', with its machine' : ''}`,
    );
    starting.push(begun([startWorker()]));
    return true;
  };

  /** Kills the worker of each trial once, at a point of its own; answers those that were over, with an earlier point. */
  const killEach = async (run: string, targets: readonly Target[]): Promise<Target[]> => {
    const left = new Map(targets.map((target) => [target.seed, target]));
    const missed: Target[] = [];
    const kills: Promise<unknown>[] = [];
    while (left.size > 0) {
      for (const trial of await trialsOf(fleet, run)) {
        const target = left.get(trial.seed);
        if (target === undefined) continue;
        const isThere = trial.state === 'RUNNING' && trial.epochs >= target.point * TRAINING.epochs;
        if (!isThere && !isOver(trial)) continue;
        left.delete(trial.seed);
        const killing = async () => {
          // progress is told once a second, which may be too late for a point near the end
          if (!(await kill(run, trial, target.point))) missed.push({ ...target, point: target.point / 2 });
        };
        kills.push(begun([killing()]));
      }
      await delay(20);
    }
    await Promise.all(kills);
    return missed;
  };

  try {
    for (let i = 0; i < WORKERS; i++) await startWorker();
    let targets: Target[] = points(random, KILLS).map((point, i) => ({ seed: SEEDS[i], point }));
    const endings: string[] = [];
    for (let round = 1; targets.length > 0 && round <= MOST_ROUNDS; round++) {
      const seeds = targets.map(({ seed }) => seed);
      const id = await trainSchNet(fleet.server, { ...TRAINING, model: 'killed', seeds });
      targets = await killEach(id, targets);
      expectUndisturbed(await succeeded(fleet.server, id));
      const attempts = await fleet.sql<{ ending: string }>(
        `SELECT a.ending FROM job_attempts a JOIN jobs j ON j.id = a.job_id
         JOIN trials t ON t.id = j.subject_id AND j.kind = 'TRIAL' WHERE t.training_run_id = $1`,
        [storeId(id)],
      );
      expect(attempts.filter(({ ending }) => ending === 'SUCCEEDED')).toHaveLength(seeds.length);
      endings.push(...attempts.map(({ ending }) => ending));
      expect(
        await fleet.sql(
          `SELECT 1 FROM model_versions v JOIN trials t ON t.id = v.trial_id WHERE t.training_run_id = $1`,
          [storeId(id)],
        ),
      ).toHaveLength(1);
    }
    await Promise.all(starting);
    expect(targets, 'trials of which no worker was killed').toEqual([]);
    // a worker that dies as it ends a trial leaves nothing to take over
    expect(endings.filter((ending) => ending === 'TAKEN_OVER').length).toBeGreaterThanOrEqual(KILLS / 2);
    say(`${KILLS} workers killed in the middle of a trial; all weights are those of the undisturbed training`);
  } finally {
    await fleet.dispose();
  }
});
