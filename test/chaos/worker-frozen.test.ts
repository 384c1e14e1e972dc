import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { allJobsEnded, everything, type Fleet, machineOf, startFleet, workerWhen } from '../support/fleet.ts';
import { until } from '../support/server.ts';
import { readRun, trainSchNet } from '../support/training.ts';
import type { TestWorker } from '../support/worker.ts';
import { type Chaos, expectUndisturbed, points, scenario, succeeded, trialAt, trialsOf } from './scenario.ts';
import { isSmall, TRAINING } from './training.ts';

const ROUNDS = isSmall ? 1 : 4;
const FREEZE_SECONDS = isSmall ? 60 : 120;

scenario('worker-frozen', async (chaos) => {
  const fleet = await startFleet();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [early, late] = points(chaos.random, 2);
      await wokenAmidst(fleet, chaos, { seed: 2 * round + 1, point: 0.6 * early });
      await wokenAfterwards(fleet, chaos, { seed: 2 * round + 2, point: 0.6 * late });
    }
  } finally {
    await fleet.dispose();
  }
});

interface Freeze {
  readonly seed: number;
  readonly point: number;
}

/** Freezes the only worker at its trial, and starts another one. */
async function freeze(fleet: Fleet, { random, say }: Chaos, { seed, point }: Freeze) {
  const worker = await fleet.startWorker();
  const id = await trainSchNet(fleet.server, { ...TRAINING, model: `frozen-${seed}`, seeds: [seed] });
  await trialAt(fleet, id, point, random);
  // what the worker computes with may go on without it, and have its result ready when it wakes
  const whole = random.integer(2) === 1;
  const pids = whole ? machineOf(fleet, worker) : [worker.process.pid!];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const began = Date.now();
  const [{ epochs, state }] = await trialsOf(fleet, id);
  expect(state).toBe('RUNNING');
  say(
    `seed ${seed} at ${point.toFixed(2)}: ${worker.name} frozen at epoch ${epochs}${whole ? ', with its machine' : ''}`,
  );
  const wake = () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    say(`${worker.name} woken after ${((Date.now() - began) / 1000).toFixed(0)} s`);
  };
  return { id, worker, wake, began, next: await fleet.startWorker() };
}

async function foundOut(fleet: Fleet, worker: TestWorker): Promise<void> {
  await until(async () => /is no longer wanted here|done in/.test(worker.output()), `${worker.name} to find out`);
  await workerWhen(fleet.server, worker.name, 'ALIVE');
}

/** The worker wakes while its successor is at the trial. */
async function wokenAmidst(fleet: Fleet, chaos: Chaos, frozen: Freeze): Promise<void> {
  const { id, worker, wake, next } = await freeze(fleet, chaos, frozen);
  await until(async () => (await trialsOf(fleet, id))[0].worker === next.name, 'the takeover');
  wake();
  await foundOut(fleet, worker);
  const run = await succeeded(fleet.server, id);
  expect(run).toMatchObject({ trials: [{ attempt: 2, worker: next.name }] });
  expectUndisturbed(run);
  chaos.say('the result is the successor’s');
  await fleet.stopWorkers();
}

/** The worker wakes when all is over. */
async function wokenAfterwards(fleet: Fleet, chaos: Chaos, frozen: Freeze): Promise<void> {
  const { id, worker, wake, next, began } = await freeze(fleet, chaos, frozen);
  const run = await succeeded(fleet.server, id);
  expect(run).toMatchObject({ trials: [{ attempt: 2, worker: next.name }] });
  expectUndisturbed(run);
  await delay(began + FREEZE_SECONDS * 1000 - Date.now());
  await allJobsEnded(fleet);
  const before = await everything(fleet);
  wake();
  await foundOut(fleet, worker);
  expect(await everything(fleet)).toEqual(before);
  // it is as good as any other, and still changes nothing of what was
  next.process.kill('SIGTERM');
  expect(await next.ended).toBe(0);
  const again = await trainSchNet(fleet.server, { ...TRAINING, model: 'again', seeds: [frozen.seed] });
  expectUndisturbed(await succeeded(fleet.server, again));
  expect(await readRun(fleet.server, again)).toMatchObject({ trials: [{ attempt: 1, worker: worker.name }] });
  expect(await everything(fleet)).toEqual(expect.arrayContaining(before));
  chaos.say('nothing of what was stored has changed');
  await fleet.stopWorkers();
}
