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

scenario('worker-killed', async ({ random, say }) => {
  const fleet = await startFleet();
  try {
    const seeds = SEEDS.slice(0, KILLS);
    const workers: TestWorker[] = [];
    const startWorker = async () => {
      workers.push(await fleet.startWorker());
    };
    for (let i = 0; i < WORKERS; i++) await startWorker();
    const id = await trainSchNet(fleet.server, { ...TRAINING, model: 'killed', seeds });

    // each trial loses its worker once, at a point of its own
    const left = new Map(points(random, KILLS).map((point, i) => [seeds[i], point]));
    const starting: Promise<unknown>[] = [];
    const hits: string[] = [];
    const kill = async ({ seed, id: trial }: TrialState, point: number) => {
      await delay(random.integer(1000));
      const { state, epochs, worker: name } = (await trialsOf(fleet, id)).find((each) => each.id === trial)!;
      const worker = workers.find((each) => each.process.signalCode === null && each.name === name);
      if (worker === undefined || state !== 'RUNNING') {
        say(`seed ${seed} at ${point.toFixed(2)}: the trial is over`);
        return;
      }
      const withItsMachine = random.integer(2) === 1;
      for (const pid of withItsMachine ? machineOf(fleet, worker) : [worker.process.pid!]) process.kill(pid, 'SIGKILL');
      hits.push(trial);
      say(
        `seed ${seed} at ${point.toFixed(2)}: ${name} killed at epoch ${epochs}${withItsMachine ? ', with its machine' : ''}`,
      );
      starting.push(begun([startWorker()]));
    };
    const kills: Promise<unknown>[] = [];
    while (left.size > 0) {
      for (const trial of await trialsOf(fleet, id)) {
        const point = left.get(trial.seed);
        if (point === undefined) continue;
        const isThere = trial.state === 'RUNNING' && trial.epochs >= point * TRAINING.epochs;
        if (!isThere && !isOver(trial)) continue;
        left.delete(trial.seed);
        kills.push(begun([kill(trial, point)]));
      }
      await delay(20);
    }
    await Promise.all(kills);
    await Promise.all(starting);
    say(`${hits.length} workers killed in the middle of a trial`);
    const run = await succeeded(fleet.server, id);
    expectUndisturbed(run);

    const attempts = await fleet.sql<{ trial: string; ending: string }>(
      `SELECT j.subject_id AS trial, a.ending FROM job_attempts a JOIN jobs j ON j.id = a.job_id
       JOIN trials t ON t.id = j.subject_id AND j.kind = 'TRIAL' WHERE t.training_run_id = $1`,
      [storeId(id)],
    );
    expect(attempts.filter(({ ending }) => ending === 'SUCCEEDED')).toHaveLength(KILLS);
    // a worker that dies between two trials, or as it ends one, leaves nothing to take over
    expect(attempts.filter(({ ending }) => ending === 'TAKEN_OVER').length).toBeGreaterThanOrEqual(KILLS / 2);
    expect(
      await fleet.sql(
        `SELECT 1 FROM model_versions v JOIN trials t ON t.id = v.trial_id WHERE t.training_run_id = $1`,
        [storeId(id)],
      ),
    ).toHaveLength(1);
    say('all weights are those of the undisturbed training');
  } finally {
    await fleet.dispose();
  }
});
