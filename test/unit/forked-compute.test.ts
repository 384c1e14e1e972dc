import { afterEach, describe, expect, test, vi } from 'vitest';
import { PAPER_LAWS } from '../../src/chemistry/s-blda/law.ts';
import type { LabelledInput, TrainingListener, TrainingTask } from '../../src/ml/model.ts';
import { modelFormat } from '../../src/ml/model-file.ts';
import { SCHNET_TRAINING_DEFAULTS } from '../../src/ml/schnet/training.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/server.ts';
import { syntheticShieldings } from '../support/synthetic-clusters.ts';

// compiled: its child processes run what the build made
const ENTRY = new URL('../../dist/jobs/forked-compute.js', import.meta.url).href;
const { ForkedCompute } = (await import(ENTRY)) as typeof import('../../src/jobs/forked-compute.ts');

let compute: InstanceType<typeof ForkedCompute> | undefined;

afterEach(() => {
  vi.useRealTimers();
  compute?.close();
});

function children() {
  return processesOf('compute-process.js').filter(({ parent }) => parent === process.pid);
}

/** Sodium atoms on a bent line, with invented shieldings. */
function line(size: number): LabelledInput {
  const positions = Array.from({ length: size }, (_, i) => [3.3 * i, 0.3 * (i % 3), 0.05 * i * i]);
  return {
    name: `line of ${size}`,
    structure: {
      atomicNumbers: positions.map(() => 11),
      positionsAngstrom: Float64Array.from(positions.flat()),
      charge: 0,
      multiplicity: 1 + (size % 2),
    },
    populationLabels: null,
    grossOrbitalPopulations: null,
    shieldingsPpm: Float64Array.from(syntheticShieldings(positions)),
  };
}

const TASK = {
  seed: 1,
  target: 'DIRECT',
  train: [line(4), line(5), line(6)],
  validation: [line(7)],
  resumeFrom: null,
} as const;

const LASSO: TrainingTask = {
  ...TASK,
  settings: { kind: 'LASSO', alphas: [0.1, 0.01] },
  features: {
    runningCoordinationNumbers: { radiiAngstrom: [3.4, 3.6, 7], smearingAngstrom: 0.2 },
    grossOrbitalPopulations: null,
  },
};

const ENDLESS: TrainingTask = {
  ...TASK,
  settings: {
    ...{ kind: 'SCHNET', engine: 'WASM', atomBasis: 4, filters: 4, gaussians: 4, interactions: 1, cutoffAngstrom: 5 },
    ...{ ...SCHNET_TRAINING_DEFAULTS, loss: 'MSE', distributionWeight: 3, batchSize: 10, epochs: 100_000, seeds: [1] },
    committee: false,
  },
  features: null,
};

const NEVER = new AbortController().signal;

const hearing = (onProgress: TrainingListener['onProgress'] = () => {}): TrainingListener => ({
  onProgress,
  onCheckpoint: () => {},
});

describe('a training in a process of its own', () => {
  test('answers with weights, outcome and progress, and leaves no process behind', async () => {
    compute = new ForkedCompute();
    const steps: number[] = [];
    const { weights, outcome } = await compute.train(
      LASSO,
      hearing(({ step }) => void steps.push(step)),
      NEVER,
    );
    expect(modelFormat(weights)).toBe('natrium-lasso/1');
    expect(outcome.curve.map(({ x }) => x).sort()).toEqual([0.01, 0.1]);
    expect(steps.at(-1)).toBe(2);
    const predicted = await compute.predict(weights, TASK.validation);
    expect(predicted.map(({ length }) => length)).toEqual([7]);
    compute.close();
    await until(async () => children().length === 0, 'the end of the processes');
  });

  test('passes on what is wrong with its input, code and details included', async () => {
    compute = new ForkedCompute();
    const features = { runningCoordinationNumbers: null, grossOrbitalPopulations: { labels: ['3S'] } };
    await expect(compute.train({ ...LASSO, features }, hearing(), NEVER)).rejects.toMatchObject({
      code: 'FEATURES_UNAVAILABLE',
      details: { cluster: 'line of 4', missing: ['3S'] },
    });
  });

  test('is aborted at once, and leaves no process behind', async () => {
    compute = new ForkedCompute();
    const abort = new AbortController();
    const stopped = new Error('no longer wanted');
    const training = compute.train(
      ENDLESS,
      hearing(() => abort.abort(stopped)),
      abort.signal,
    );
    await expect(training).rejects.toBe(stopped);
    await until(async () => children().length === 0, 'the end of the process');
    await expect(compute.train(LASSO, hearing(), abort.signal)).rejects.toBe(stopped);
  });

  test('whose process is killed says so', async () => {
    compute = new ForkedCompute();
    const training = compute.train(
      ENDLESS,
      hearing(() => {
        for (const { pid } of children()) process.kill(pid, 'SIGKILL');
      }),
      NEVER,
    );
    await expect(training).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the compute process ended with SIGKILL before it answered; try again',
    });
  });
});

describe('predictions in a process that is kept', () => {
  test('fail when it is killed, and work again the next time', async () => {
    compute = new ForkedCompute();
    const { weights } = await compute.train(LASSO, hearing(), NEVER);
    const before = await compute.predict(weights, TASK.validation);
    await until(async () => children().length === 1, 'the end of the process of the training');
    const [{ pid }] = children();
    // so much that it cannot have answered before
    const asked = compute.predict(weights, Array<LabelledInput>(300).fill(line(60)));
    process.kill(pid, 'SIGKILL');
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await compute.predict(weights, TASK.validation)).toEqual(before);
  });

  test('end it when nobody has asked for a minute, and not while somebody waits', async () => {
    compute = new ForkedCompute();
    const { weights } = await compute.train(LASSO, hearing(), NEVER);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = compute.predict(weights, TASK.validation);
    // enough to be still at work when the first one is answered
    const second = compute.predict(weights, Array<LabelledInput>(300).fill(line(60)));
    await first;
    vi.advanceTimersByTime(60_000);
    expect(await second).toHaveLength(300);
    expect(children()).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    await until(async () => children().length === 0, 'the end of the process');
  });

  test('leave the process that came after one that was killed to those who wait for it', async () => {
    compute = new ForkedCompute();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const parameters = { element: 'Na', sizes: [3], clustersPerSize: 1, laws: PAPER_LAWS, seed: 1 };
    const unwanted = new AbortController();
    const first = compute.generate(parameters, 0, 1, unwanted.signal);
    unwanted.abort();
    // the killed process is heard of while this one starts
    const second = compute.generate(parameters, 0, 1, NEVER);
    await expect(first).rejects.toThrow('aborted');
    vi.advanceTimersByTime(60_000);
    expect(await second).toHaveLength(1);
  });
});
