import { beforeAll, describe, expect, test } from 'vitest';
import type { SchNetEngine } from '../../src/ml/schnet/engine.ts';
import { compareWithGolden, isSchNetGoldenFile, type SchNetGoldenFile } from '../../src/ml/schnet/golden.ts';
import { openTensorflow } from '../../src/ml/schnet/tensorflow/backend.ts';
import file from '../golden/schnetpack-v1.0.0.json' with { type: 'json' };

/** A copy of the golden file with one number changed. */
function changed(change: (copy: Mutable<SchNetGoldenFile>) => void): SchNetGoldenFile {
  const copy = structuredClone(file) as unknown as Mutable<SchNetGoldenFile>;
  change(copy);
  return copy as SchNetGoldenFile;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };

describe('compareWithGolden', () => {
  let engine: SchNetEngine;
  beforeAll(async () => {
    engine = await openTensorflow('wasm');
  });
  const failing = async (golden: unknown) =>
    (await compareWithGolden(engine, golden)).filter(({ withinTolerance }) => !withinTolerance);

  const dense = 'representation.interactions.1.dense.weight';
  test.each<[string, (copy: Mutable<SchNetGoldenFile>) => void, string, string]>([
    [
      'an output',
      (c) => {
        c.output[1][3] += 2e-4;
      },
      'output',
      'cluster 1, atom 3',
    ],
    [
      'a missing output',
      (c) => {
        c.output.pop();
      },
      'output',
      'number of outputs',
    ],
    [
      'an output too many',
      (c) => {
        c.output[0].push(0);
      },
      'output',
      'number of outputs',
    ],
    [
      'the MSE',
      (c) => {
        c.mseLoss *= 1.002;
      },
      'MSE (relative)',
      'loss',
    ],
    [
      'a norm',
      (c) => {
        c.mseGradient[dense].norm *= 1.002;
      },
      'MSE gradient, norm',
      dense,
    ],
    [
      'a sum',
      (c) => {
        c.mseGradient[dense].sum += 2e-3 * c.mseGradient[dense].norm;
      },
      'MSE gradient, sum',
      dense,
    ],
    [
      'an element',
      (c) => {
        c.mseGradient[dense].first8[7] -= 2e-3 * c.mseGradient[dense].norm;
      },
      'MSE gradient, first elements',
      dense,
    ],
    [
      'the distribution loss',
      (c) => {
        c.distributionLoss.loss *= 0.998;
      },
      'distribution loss (relative)',
      'loss',
    ],
    [
      'a second step',
      (c) => {
        c.adam.mseBeforeEachStep[1] *= 1.002;
      },
      'Adam, loss before each step (relative)',
      'step 2',
    ],
    [
      'an output after the steps',
      (c) => {
        c.adam.outputAfter[2][13] += 2e-4;
      },
      'Adam, output after the steps',
      'cluster 2, atom 13',
    ],
  ])('tells %s that is beyond its tolerance, and where', async (_what, change, quantity, where) => {
    expect(await failing(changed(change))).toMatchObject([{ quantity, where }]);
  });

  test('counts a tensor that the file lacks as a failure in every figure of its gradient', async () => {
    const result = await failing(
      changed((copy) => {
        delete copy.mseGradient[dense];
      }),
    );
    expect(result).toHaveLength(3);
    for (const { where, deviation } of result) expect([where, deviation]).toEqual([dense, Number.NaN]);
  });

  test('refuses weights of another network, and files of another form', async () => {
    const misfit = changed((copy) => {
      copy.config.nFilters = 64;
    });
    await expect(compareWithGolden(engine, misfit)).rejects.toMatchObject({ code: 'CORRUPT_ARTIFACT' });
    for (const other of [null, 3, {}, { config: {}, weights: {} }]) {
      expect(isSchNetGoldenFile(other)).toBe(false);
      await expect(compareWithGolden(engine, other)).rejects.toMatchObject({ code: 'MALFORMED_FILE' });
    }
  });
});
