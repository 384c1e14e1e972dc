import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ComputeLost, NatriumError } from '../../src/errors.ts';
import type { SchNetSettings } from '../../src/ml/model.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { LOCAL_ADMIN } from '../../src/registry/caller.ts';
import type { Store } from '../../src/registry/ports.ts';
import type { JobAttempt, Trial } from '../../src/registry/records.ts';
import { TRIAL_WORK } from '../../src/registry/training/trial-jobs.ts';
import { type Delivery, Jobs, NoLongerOurs, STORED } from '../../src/registry/work/jobs.ts';
import { forRequest } from '../../src/request-scope.ts';
import { computing, openTestRegistry, request, type TestRegistry } from '../support/registry.ts';

// Jobs on a real database; the tests play the workers and the queue.

const SETTINGS: SchNetSettings = {
  kind: 'SCHNET',
  engine: 'WASM',
  committee: false,
  ...{ atomBasis: 8, filters: 8, gaussians: 8, interactions: 1, cutoffAngstrom: 6 },
  ...{ ...SCHNET_TRAINING_DEFAULTS, loss: 'MSE', distributionWeight: 3, batchSize: 10, epochs: 10, seeds: [1, 2, 3] },
};
const DELIVERIES = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;

let opened: TestRegistry;
let jobs: Jobs<Trial>;
let ids: string[];

beforeAll(async () => {
  opened = await openTestRegistry(computing({}));
  jobs = opened.registry.trials.jobs;
});
afterAll(() => opened?.dispose());
afterEach(() => {
  vi.useRealTimers();
});

beforeEach(async () => {
  const { registry, store } = opened;
  opened.openDeliveries.clear();
  const runId = await forRequest('the request', () =>
    registry.training.trainSchNet(LOCAL_ADMIN, request('trainSchNet'), {
      ...{ model: 'm', datasetVersion: 'synthetic/1', target: 'DIRECT', settings: SETTINGS, priority: 7 },
    }),
  );
  ids = (await store.trials.findAll({ trainingRunId: runId })).map(({ id }) => id);
  opened.jobs.length = 0;
});

function delivery(worker: string, id: string | null = null, stopping = new AbortController().signal): Delivery {
  return { worker, id, stopping };
}

async function attemptsOf(trialId: string): Promise<JobAttempt[]> {
  const job = await opened.store.jobs.findOne({ kind: 'TRIAL', subjectId: trialId });
  return opened.store.jobs.attemptsOf([job!.id]);
}

const endings = async (trialId: string) => (await attemptsOf(trialId)).map(({ ending }) => ending);

test('a worker that was told to drain takes nothing, also before it has heard of it', async () => {
  const { workers } = opened.store;
  await workers.enter({ name: 'a:1', host: 'a', pid: 1, version: '0.1.0' });
  await workers.drain('a:1', 'somebody');
  expect(await jobs.take(ids[0], { worker: 'a:1', id: null })).toBeNull();
  expect(opened.jobs).toMatchObject([{ kind: 'trial', trialId: ids[0] }]);
  expect(await attemptsOf(ids[0])).toEqual([]);
  // the same name once more is another worker
  await workers.enter({ name: 'a:1', host: 'a', pid: 1, version: '0.1.0' });
  expect(await jobs.take(ids[0], { worker: 'a:1', id: null })).toMatchObject({ worker: 'a:1' });
});

describe('a job that is delivered twice', () => {
  test('is left to the first delivery, as long as the queue sees to that', async () => {
    const [first, second] = DELIVERIES;
    const taken = await jobs.take(ids[0], { worker: 'a:1', id: first });
    opened.openDeliveries.add(first);
    expect(await jobs.take(ids[0], { worker: 'b:2', id: second })).toBeNull();
    await jobs.lose(ids[0]);
    expect(await jobs.finish(taken!, { state: 'SUCCEEDED', failure: null })).toBe(true);
    expect(await endings(ids[0])).toEqual(['SUCCEEDED']);
  });

  test('is taken over by the same delivery when it comes again, or by another when the first is over', async () => {
    const [first, second] = DELIVERIES;
    opened.openDeliveries.add(first);
    for (const [worker, id] of [
      ['a:1', first],
      ['b:2', first],
    ]) {
      expect(await jobs.take(ids[0], { worker, id })).toMatchObject({ worker });
    }
    opened.openDeliveries.clear();
    expect(await jobs.take(ids[0], { worker: 'c:3', id: second })).toMatchObject({ worker: 'c:3', attempt: 3 });
    expect(await attemptsOf(ids[0])).toMatchObject([
      { number: 1, worker: 'a:1', host: 'a', ending: 'TAKEN_OVER', reason: 'it fell silent; b:2 took over' },
      { number: 2, worker: 'b:2', host: 'b', ending: 'TAKEN_OVER', reason: 'it fell silent; c:3 took over' },
      { number: 3, worker: 'c:3', host: 'c', ending: null, endedAt: null },
    ]);
  });

  test('at the same moment to many, is taken by one after the other, and ended by the last alone', async () => {
    const workers = Array.from({ length: 8 }, (_, i) => `w:${i + 1}`);
    const taken = await Promise.all(workers.map((worker) => jobs.take(ids[0], { worker, id: null })));
    const ended = await Promise.all(taken.map((each) => jobs.finish(each!, { state: 'SUCCEEDED', failure: null })));
    expect(taken.map((each) => each!.attempt).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(taken.filter((_, i) => ended[i]).map((each) => each!.attempt)).toEqual([8]);
  });
});

describe('the attempts of a job', () => {
  test('end as the job changes, with the reason', async () => {
    const { registry } = opened;
    await jobs.release((await jobs.take(ids[0], { worker: 'a:1', id: null }))!);
    await jobs.setBack((await jobs.take(ids[0], { worker: 'a:1', id: null }))!, 'out of memory');
    await jobs.setBack((await jobs.take(ids[0], { worker: 'a:1', id: null }))!, 'out of memory');
    const { trainingRunId } = (await jobs.take(ids[0], { worker: 'a:1', id: null }))!;
    await registry.training.cancel(LOCAL_ADMIN, request('cancelTrainingRun'), trainingRunId);
    await registry.training.resume(LOCAL_ADMIN, request('resumeTrainingRun'), trainingRunId);
    const last = (await jobs.take(ids[0], { worker: 'a:1', id: null }))!;
    await jobs.finish(last, { state: 'FAILED', failure: 'diverged' });
    expect((await attemptsOf(ids[0])).map(({ ending, reason }) => [ending, reason])).toEqual([
      ['RELEASED', null],
      ['SET_BACK', 'out of memory'],
      ['SET_BACK', 'out of memory'],
      ['CANCELLED', 'cancelled by local admin'],
      ['FAILED', 'diverged'],
    ]);
  });

  test('have the priority and the request of whoever asked, to the completion', async () => {
    // as the queue does with what it brings
    for (const id of ids) await forRequest('the request', () => jobs.run(id, delivery('a:1'), async () => STORED));
    const [trial] = await opened.store.trials.getMany([ids[0]]);
    for (const [kind, subjectId] of [
      ['TRIAL', ids[2]],
      ['COMPLETION', trial!.trainingRunId],
    ] as const) {
      expect(await opened.store.jobs.findOne({ kind, subjectId })).toMatchObject({
        ...{ priority: 7, requestId: 'the request', createdBy: 'local admin' },
      });
    }
    expect(opened.jobs).toEqual([{ kind: 'completion', trainingRunId: trial!.trainingRunId }]);
  });
});

describe('a job that the queue gives up', () => {
  test('is queued again while its attempts get on, and has failed when four in a row stored nothing', async () => {
    const takeAll = async (times: number) => {
      for (let i = 0; i < times; i++) await jobs.take(ids[0], { worker: 'a:1', id: null });
    };
    const state = async () => (await opened.store.trials.getMany([ids[0]]))[0]!.state;
    const taken = (await jobs.take(ids[0], { worker: 'a:1', id: null }))!;
    await opened.store.transaction((store) => jobs.save(store, taken));
    await takeAll(3);
    await jobs.lose(ids[0]);
    expect([await state(), opened.jobs.splice(0)]).toEqual(['RUNNING', [{ kind: 'trial', trialId: ids[0] }]]);
    await takeAll(1);
    await jobs.lose(ids[0]);
    expect([await state(), opened.jobs]).toEqual(['FAILED', []]);
    const [{ failure }] = (await opened.store.trials.getMany([ids[0]])) as Trial[];
    expect(failure).toBe('given up after 5 attempts (its workers died); resumeTrainingRun lets it go on');
  });
});

test('a job that the queue gives up before anybody could begin it is queued again', async () => {
  await jobs.lose(ids[0]);
  expect(opened.jobs).toEqual([{ kind: 'trial', trialId: ids[0] }]);
  expect(await opened.store.trials.getMany([ids[0]])).toMatchObject([{ state: 'QUEUED', attempt: 0 }]);
});

describe('while the database breaks connections off', () => {
  const away = new NatriumError('UNAVAILABLE', 'away');

  test('a job is taken as soon as it can be', async () => {
    let failures = 3;
    const { store } = opened;
    const broken = Object.create(store, {
      transaction: {
        value: (work: Parameters<typeof store.transaction>[0]) => {
          failures -= 1;
          return failures > 0 ? Promise.reject(away) : store.transaction(work);
        },
      },
    });
    await new Jobs<Trial>(broken, TRIAL_WORK).run(ids[0], delivery('a:1'), async () => STORED);
    expect(failures).toBeLessThanOrEqual(0);
    expect(await endings(ids[0])).toEqual(['SUCCEEDED']);
  });

  test('a job is queued anew, however often, and its deliveries end well', async () => {
    for (let attempt = 1; attempt <= 5; attempt++) {
      await jobs.run(ids[0], delivery('a:1'), () => Promise.reject(away));
    }
    expect(opened.jobs).toEqual(Array.from({ length: 5 }, () => ({ kind: 'trial', trialId: ids[0] })));
    expect(await attemptsOf(ids[0])).toMatchObject(
      Array.from({ length: 5 }, () => ({ ending: 'SET_BACK', reason: 'away' })),
    );
  });
});

describe('a limit of one user', () => {
  test('holds when workers take at the same moment; those that wait are queued again', async () => {
    const limited = new Jobs(opened.store, { ...TRIAL_WORK, mostPerUser: 1 });
    const others = await opened.store.jobs.findAll({ kind: 'TRIAL', state: 'RUNNING' });
    for (const { id } of others) await opened.store.jobs.update(id, { state: 'CANCELLED' });
    const taken = await Promise.all(ids.map((id) => limited.take(id, { worker: 'a:1', id: null })));
    expect(taken.filter((each) => each !== null)).toHaveLength(1);
    expect(opened.jobs).toHaveLength(2);
    const [first] = taken.filter((each) => each !== null);
    // a worker may take over what it counts itself
    expect(await limited.take(first!.id, { worker: 'b:2', id: null })).toMatchObject({ attempt: 2 });
  });
});

describe('the end of a job', () => {
  test('is stored as soon as the database can be reached', async () => {
    let failures = 3;
    const result = async () => {
      failures -= 1;
      if (failures > 0) throw new NatriumError('UNAVAILABLE', 'away');
    };
    await jobs.run(ids[0], delivery('a:1'), async () => result);
    expect(failures).toBe(0);
    expect(await endings(ids[0])).toEqual(['SUCCEEDED']);
  });

  test('waits no longer than its worker lives', async () => {
    const stopping = new AbortController();
    await jobs.run(ids[0], delivery('a:1', null, stopping.signal), async () => async () => {
      stopping.abort();
      throw new NatriumError('UNAVAILABLE', 'away');
    });
    expect(await endings(ids[0])).toEqual(['RELEASED']);
  });
});

describe('a step that lasts', () => {
  test('has one question at a time asked whether it is wanted, also of a database that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const asked: ((isOurs: boolean) => void)[] = [];
    const isHeld = () => new Promise<boolean>((resolve) => asked.push(resolve));
    const watching = new Jobs({ jobs: { isHeld } } as unknown as Store, TRIAL_WORK);
    const step = async (signal: AbortSignal) => {
      await vi.advanceTimersByTimeAsync(5000);
      expect(asked).toHaveLength(1);
      asked[0](true);
      await vi.advanceTimersByTimeAsync(1000);
      expect(asked).toHaveLength(2);
      asked[1](false);
      await vi.advanceTimersByTimeAsync(0);
      signal.throwIfAborted();
    };
    const taken = { id: '1', attempt: 1 } as Trial;
    await expect(watching.watched(taken, new AbortController().signal, step)).rejects.toThrow(NoLongerOurs);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a step that reads what is away', () => {
  const away = new NatriumError('UNAVAILABLE', 'away');

  test('is done as soon as it is back, in the same attempt', async () => {
    let failures = 3;
    await jobs.run(ids[0], delivery('a:1'), async (trial) => {
      await jobs.patiently(trial, delivery('a:1'), async () => {
        failures -= 1;
        if (failures > 0) throw away;
      });
      return STORED;
    });
    expect(failures).toBe(0);
    expect(await endings(ids[0])).toEqual(['SUCCEEDED']);
  });

  test('ends its attempt when its compute process does, which may be for a reason of its own', async () => {
    let times = 0;
    const by = delivery('a:1');
    const attempt = jobs.run(ids[0], by, (trial) =>
      jobs.patiently(trial, by, () => {
        times += 1;
        throw new ComputeLost('ended with SIGKILL before it answered');
      }),
    );
    await expect(attempt).rejects.toThrow('the compute process ended with SIGKILL before it answered; try again');
    expect([times, await endings(ids[0]), opened.jobs]).toEqual([1, ['SET_BACK'], []]);
  });

  test('is left when its worker stops, also if it hears of nothing', async () => {
    const stopping = new AbortController();
    const by = delivery('a:1', null, stopping.signal);
    await jobs.run(ids[0], by, (trial) =>
      jobs.patiently(trial, by, () => {
        stopping.abort();
        return new Promise<never>(() => {});
      }),
    );
    expect(await endings(ids[0])).toEqual(['RELEASED']);
  });

  test('is left when its job is cancelled meanwhile, and when its worker stops', async () => {
    const { store } = opened;
    await jobs.run(ids[0], delivery('a:1'), (trial) =>
      jobs.patiently(trial, delivery('a:1'), async () => {
        await store.transaction((inside) => jobs.end(inside, trial.id, 'CANCELLED', 'cancelled'));
        throw away;
      }),
    );
    const stopping = new AbortController();
    const stopped = delivery('a:1', null, stopping.signal);
    await jobs.run(ids[1], stopped, (trial) =>
      jobs.patiently(trial, stopped, async () => {
        stopping.abort();
        throw away;
      }),
    );
    expect([await endings(ids[0]), await endings(ids[1])]).toEqual([['CANCELLED'], ['RELEASED']]);
  });
});
