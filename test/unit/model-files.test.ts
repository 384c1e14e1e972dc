import { describe, expect, test } from 'vitest';
import { NatriumError } from '../../src/errors.ts';
import { encodeLasso } from '../../src/ml/lasso/file.ts';
import type { TrialOutcome } from '../../src/ml/model.ts';
import { encodeModel } from '../../src/ml/model-file.ts';
import type { TargetTransform } from '../../src/ml/target-transform.ts';
import { coefficientsOf, ModelFiles } from '../../src/registry/models/model-files.ts';
import type { ModelVersion } from '../../src/registry/records.ts';

const TRANSFORM: TargetTransform = { kind: 'STANDARDIZE', mean: 560, standardDeviation: 20 };
const FEATURES = { runningCoordinationNumbers: null, grossOrbitalPopulations: { labels: ['3S', '3PX'] } };
const LASSO = encodeLasso(
  {
    standardization: { mean: Float64Array.of(0.7, 0.1), scale: Float64Array.of(0.1, 0.05) },
    coefficients: Float64Array.of(0.5, 0),
    intercept: 0.25,
  },
  { elements: [11], features: FEATURES, transform: TRANSFORM },
);
const PATH = [
  ...[{ alpha: 0.1, nonZero: 1, objective: 0.3, dualityGap: 1e-16 }],
  ...[{ alpha: 1, nonZero: 0, objective: 0.5, dualityGap: 0 }],
].map((point) => ({ ...point, trainRmsePpm: 9, validationRmsePpm: 10, crossValidationRmsePpm: 11 }));

/** Files by name instead of by sha256, and how many are being read at a time. */
function artifactsOf(files: Record<string, Uint8Array>): {
  weights: { read(version: ModelVersion): Promise<Uint8Array> };
  reads: string[];
  most: () => number;
} {
  const reads: string[] = [];
  let now = 0;
  let most = 0;
  const get = async (sha256: string) => {
    reads.push(sha256);
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    const bytes = files[sha256];
    if (bytes === undefined) throw new NatriumError('CORRUPT_ARTIFACT', `${sha256} is missing`);
    return bytes;
  };
  const read = ({ weightsSha256 }: ModelVersion) => get(weightsSha256);
  return { weights: { read }, reads, most: () => most };
}

function version(weightsSha256: string, changes: Partial<ModelVersion> = {}): ModelVersion {
  const outcome = { alpha: 0.1, nonZero: 1, lassoPath: PATH } as unknown as TrialOutcome;
  const hyperparameters = { kind: 'LASSO', alphas: [0.1, 1], selection: 'CROSS_VALIDATION', folds: 7 };
  return { weightsSha256, outcome, hyperparameters, ...changes } as ModelVersion;
}

const SCHNET = { kind: 'SCHNET', committee: true } as ModelVersion['hyperparameters'];

describe('what model files say', () => {
  test('of a Lasso stands beside how it was chosen', async () => {
    const { weights } = artifactsOf({ a: LASSO });
    const lasso = (await new ModelFiles(weights).lasso(version('a')))!;
    expect(lasso).toMatchObject({
      ...{ alpha: 0.1, nonZero: 1, selection: 'CROSS_VALIDATION', folds: 7, path: PATH },
      ...{ standardizedIntercept: 0.25, intercept: 0.25 - 5 * 0.7, interceptPpm: 560 + 20 * (0.25 - 5 * 0.7) },
    });
    expect(coefficientsOf(lasso, false).map(({ name, perUnit, ppmPerUnit }) => [name, perUnit, ppmPerUnit])).toEqual([
      ['GOP(3S)', 5, 100],
      ['GOP(3PX)', 0, 0],
    ]);
    expect(coefficientsOf(lasso, true).map(({ orbital }) => orbital)).toEqual(['3S']);
  });

  test('is null for the path of an older Lasso, and for the coefficients of another model', async () => {
    const { weights } = artifactsOf({ a: LASSO });
    const files = new ModelFiles(weights);
    const older = version('a', {
      outcome: { alpha: 0.1, nonZero: 1 } as TrialOutcome,
      hyperparameters: { kind: 'LASSO', alphas: [0.1] },
    });
    expect(await files.lasso(older)).toMatchObject({ path: null, selection: 'VALIDATION', folds: null, alpha: 0.1 });
    expect(await files.lasso(version('a', { hyperparameters: SCHNET }))).toBeNull();
  });

  test('is read one file at a time, and each once for its transform', async () => {
    const other: TargetTransform = { kind: 'GENERALIZED_LOGISTIC', shape: 0.4, location: 600, scale: 12 };
    const schNet = encodeModel('natrium-schnet/1', new Map(), { elements: [11], transform: other });
    const { weights, reads, most } = artifactsOf({ a: LASSO, b: schNet });
    const files = new ModelFiles(weights);
    const asked = ['a', 'b', 'a', 'b', 'b'].map((name) => version(name, { hyperparameters: SCHNET }));
    const transforms = await Promise.all(asked.map((each) => files.targetTransform(each)));
    expect(transforms).toEqual([TRANSFORM, other, TRANSFORM, other, other]);
    expect(reads).toEqual(['a', 'b']);
    expect(most()).toBe(1);
  });

  test('is an error of that version alone if its file is gone', async () => {
    const { weights } = artifactsOf({ a: LASSO });
    const files = new ModelFiles(weights);
    const [gone, there, alsoGone] = await Promise.allSettled([
      files.lasso(version('b')),
      files.lasso(version('a')),
      files.targetTransform(version('c')),
    ]);
    expect([gone, alsoGone]).toMatchObject([
      { status: 'rejected', reason: { code: 'CORRUPT_ARTIFACT' } },
      { status: 'rejected', reason: { code: 'CORRUPT_ARTIFACT' } },
    ]);
    expect(there.status).toBe('fulfilled');
  });
});
