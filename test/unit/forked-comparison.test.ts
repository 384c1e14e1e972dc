import { afterEach, expect, test } from 'vitest';
import { type ComparisonTask, compareVersions } from '../../src/ml/comparison/comparison.ts';
import { distanceMatrix } from '../../src/ml/comparison/distance-matrix.ts';
import { Random } from '../../src/random.ts';

// compiled: its child processes run what the build made
const ENTRY = new URL('../../dist/jobs/forked-compute.js', import.meta.url).href;
const { ForkedCompute } = (await import(ENTRY)) as typeof import('../../src/jobs/forked-compute.ts');

let compute: InstanceType<typeof ForkedCompute> | undefined;
afterEach(() => compute?.close());

const random = new Random(2);
const calculatedPpm = Float64Array.from({ length: 60 }, () => 600 + 30 * random.normal());
const TASK: ComparisonTask = {
  columns: {
    calculatedPpm,
    predictedPpm: [1, 2].map((scale) => calculatedPpm.map((value) => value + scale * random.normal())),
    clusterStarts: Uint32Array.from({ length: 13 }, (_, c) => 5 * c),
  },
  ...{ baseline: 0, resamples: 200, confidence: 0.95, seed: 3 },
};

test('a comparison in another process is the same, to the bit', async () => {
  compute = new ForkedCompute();
  expect(await compute.compare(TASK)).toEqual(compareVersions(TASK));
  expect(await compute.distances(TASK.columns)).toEqual(distanceMatrix(TASK.columns));
});

test('what is wrong with it comes back with its code', async () => {
  compute = new ForkedCompute();
  await expect(compute.compare({ ...TASK, resamples: 1 })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'resamples is 1; give a whole number from 100 to 10000',
  });
});

test('a short comparison does not wait for a long one', async () => {
  compute = new ForkedCompute();
  const atoms = 30_000;
  const column = () => Float64Array.from({ length: atoms }, () => 600 + 30 * random.normal());
  const clusterStarts = Uint32Array.from({ length: 101 }, (_, c) => 300 * c);
  const columns = { calculatedPpm: column(), predictedPpm: [column(), column()], clusterStarts };
  const ended: string[] = [];
  await Promise.all([
    compute.compare({ ...TASK, columns, resamples: 2000 }).then(() => ended.push('long')),
    compute.compare(TASK).then(() => ended.push('short')),
  ]);
  expect(ended).toEqual(['short', 'long']);
});
