import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { errorOf, frame } from '../support/api.ts';
import { finishedImport, startImport, upload } from '../support/bulk.ts';
import { type JobRecord, readJobs, startFleet } from '../support/fleet.ts';
import { verifyVersion } from '../support/quarantine.ts';
import type { S3ServerName } from '../support/s3-programs.ts';
import { describeOnS3Servers, type S3Server, startS3Server } from '../support/s3-servers.ts';
import { until } from '../support/server.ts';
import { trainSchNet } from '../support/training.ts';
import { type Chaos, expectUndisturbed, points, scenario, succeeded, trialAt, trialsOf } from './scenario.ts';
import { SEEDS, TRAINING } from './training.ts';

const AWAY_SECONDS = 60;

const PREDICT = `mutation {
  predictShieldings(input: {
    modelVersion: "intact/1",
    structures: [{ elements: ["Na", "Na"], positionsAngstrom: [[0, 0, 0], [0, 0, 3.5]] }]
  }) { predictions { shieldingsPpm } }
}`;

// side by side: each waits for minutes
describe.concurrent('the store is away', () => {
  describeOnS3Servers('the S3', (name) => {
    scenario(`store-away (${name})`, (chaos) => storeAway(chaos, name));
  });
});

/** Each way to be away: nobody at the address, and somebody who says nothing. */
const WAYS: readonly (readonly [string, (s3: S3Server) => Promise<void>, (s3: S3Server) => Promise<void>])[] = [
  ['gone', (s3) => s3.halt(), (s3) => s3.resume()],
  [
    'silent',
    async (s3) => {
      process.kill(s3.pid, 'SIGSTOP');
      const stands = async () => /^State:\s+T/m.test(readFileSync(`/proc/${s3.pid}/status`, 'utf8'));
      await until(stands, `${s3.name} to stand still`);
    },
    async (s3) => {
      process.kill(s3.pid, 'SIGCONT');
    },
  ],
];

async function storeAway({ random, say }: Chaos, name: S3ServerName): Promise<void> {
  const s3 = await startS3Server(name);
  const fleet = await startFleet({
    environment: s3.environment('weights'),
  });
  try {
    const { server } = fleet;
    await fleet.startWorker();
    await succeeded(server, await trainSchNet(server, { ...TRAINING, epochs: 2, model: 'intact' }));
    await fleet.stopWorkers();
    const predicted = await server.request(PREDICT);
    for (const [i, [how, takeAway, bringBack]] of WAYS.entries()) {
      const workers = [await fleet.startWorker(), await fleet.startWorker(), await fleet.startWorker()];
      const model = `store-${how}`;
      const [point] = points(random, 1);
      const id = await trainSchNet(server, { ...TRAINING, model, seeds: SEEDS.slice(2 * i, 2 * i + 2) });
      const trial = await trialAt(fleet, id, 0.6 * point, random);
      if (trial === null) throw new Error('the training was over before its point');
      // its version is made of weights that cannot be read then
      const short = await trainSchNet(server, { ...TRAINING, epochs: 20, model: `short-${how}` });
      const frames = Array.from({ length: 3 }, (_, each) => frame({ id: `${how}-${each}` }));
      const file = await upload(server, 'away.extxyz', frames.join(''));
      await until(async () => (await trialsOf(fleet, short))[0].state === 'SUCCEEDED', 'the short trial');
      const imported = await startImport(server, [file]);
      await delay(random.integer(200));
      await takeAway(s3);
      const began = Date.now();
      say(`${how} at ${point.toFixed(2)}`);
      // one worker is lost meanwhile: whoever takes its trial finds no checkpoint to read
      const lost = workers.find((worker) => worker.name === trial.worker)!;
      lost.process.kill('SIGKILL');
      say(`${lost.name} killed`);
      expect(await errorOf(server, PREDICT)).toMatchObject({ code: 'UNAVAILABLE' });
      await delay(began + 1000 * AWAY_SECONDS - Date.now());
      const jobs = (await readJobs(server)).filter(({ state }) => state !== 'SUCCEEDED');
      say(`back after ${((Date.now() - began) / 1000).toFixed(0)} s; meanwhile: ${jobs.map(described).join('; ')}`);
      await bringBack(s3);
      expectUndisturbed(await succeeded(server, id));
      await succeeded(server, short);
      expect(await finishedImport(server, imported.id)).toMatchObject({ state: 'SUCCEEDED', inserted: 3 });
      expect(await server.request(PREDICT)).toEqual(predicted);
      for (const version of ['intact/1', `${model}/1`, `short-${how}/1`]) {
        expect(await verifyVersion(server, version)).toMatchObject({ state: 'ACTIVE' });
      }
      await fleet.stopWorkers();
    }
    say('nothing was lost');
  } finally {
    await fleet.dispose();
    await s3.stop();
  }
}

function described({ kind, state, attempt, failure }: JobRecord): string {
  return `${kind} ${state} at attempt ${attempt}${failure === null ? '' : ` (${failure})`}`;
}
