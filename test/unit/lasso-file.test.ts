import { describe, expect, test } from 'vitest';
import { featureColumns } from '../../src/ml/features/feature-columns.ts';
import { featureMatrix } from '../../src/ml/features/feature-matrix.ts';
import { describeLasso, encodeLasso } from '../../src/ml/lasso/file.ts';
import { fitLassoPath, lassoOfRawFeatures, predictLasso } from '../../src/ml/lasso/lasso.ts';
import { lassoModel } from '../../src/ml/lasso/model.ts';
import type { Matrix } from '../../src/ml/matrix.ts';
import { fitTargetTransform, forward, type TargetTransformKind } from '../../src/ml/target-transform.ts';
import { Random } from '../../src/random.ts';
import { randomCluster } from '../support/random-clusters.ts';

const FEATURES = {
  runningCoordinationNumbers: { radiiAngstrom: [3.1, 4, 5.5], smearingAngstrom: 0.2, neighborElements: ['Na', 'K'] },
  grossOrbitalPopulations: { labels: ['3S', '5DXX'] },
};

const random = new Random(5);
const INPUTS = Array.from({ length: 12 }, (_, k) => {
  const structure = randomCluster(random, 9 + (k % 3), [11, 19]);
  const populations = structure.atomicNumbers.flatMap(() => [0.7 + 0.1 * random.normal(), 0.02]);
  return {
    ...{ name: `cluster ${k}`, structure, populationLabels: ['3S', '5DXX'] },
    grossOrbitalPopulations: Float64Array.from(populations),
  };
});
const MATRIX: Matrix = featureMatrix(FEATURES, INPUTS);
const SHIELDINGS = Float64Array.from(
  { length: MATRIX.rows },
  (_, i) => 500 + 9 * MATRIX.data[8 * i + 1] + 80 * MATRIX.data[8 * i + 6] + 5 * random.normal(),
);

function fileOf(kind: TargetTransformKind): Uint8Array {
  const transform = fitTargetTransform(kind, SHIELDINGS);
  const [fit] = fitLassoPath(MATRIX, forward(transform, SHIELDINGS), [0.01]);
  return encodeLasso(fit, { elements: [11, 19], features: FEATURES, transform });
}

function linear(intercept: number, slopes: readonly number[], row: number): number {
  return slopes.reduce((sum, slope, j) => sum + slope * MATRIX.data[MATRIX.columns * row + j], intercept);
}

describe('coefficients of raw features', () => {
  test.each([1e-5, 1e-2, 0.3, 100])('predict what those of standardised ones do (alpha %d)', (alpha) => {
    const next = new Random(2);
    const scales = [1, 1e-6, 1e6, 50];
    const data = Float64Array.from({ length: 400 }, (_, at) => scales[at % 4] * (next.normal() + 3));
    const features = { rows: 100, columns: 4, data };
    const target = Float64Array.from({ length: 100 }, (_, i) => data[4 * i] + 1e6 * data[4 * i + 1] + next.normal());
    const [fit] = fitLassoPath(features, target, [alpha]);
    const { perUnit, intercept } = lassoOfRawFeatures(fit);
    predictLasso(fit, features).forEach((predicted, i) => {
      const sum = perUnit.reduce((total, slope, j) => total + slope * data[4 * i + j], intercept);
      expect(sum).toBeCloseTo(predicted, 10);
    });
  });

  test.each(['NONE', 'STANDARDIZE'] as const)('in ppm predict shieldings (%s)', async (kind) => {
    const file = fileOf(kind);
    const { interceptPpm, coefficients } = describeLasso(file);
    const slopes = coefficients.map(({ ppmPerUnit }) => ppmPerUnit!);
    const predicted = (await lassoModel.predict(file, INPUTS)).flatMap((each) => [...each]);
    predicted.forEach((shielding, i) => {
      expect(linear(interceptPpm!, slopes, i)).toBeCloseTo(shielding, 9);
    });
  });

  test('have no ppm where the target is no linear function of the shielding', () => {
    const { interceptPpm, intercept, coefficients } = describeLasso(fileOf('GENERALIZED_LOGISTIC'));
    expect(interceptPpm).toBeNull();
    expect(intercept).not.toBe(0);
    expect(new Set(coefficients.map(({ ppmPerUnit }) => ppmPerUnit))).toEqual(new Set([null]));
  });
});

describe('a description', () => {
  test('names each feature by radius and element, or orbital', () => {
    const { coefficients, standardizedIntercept } = describeLasso(fileOf('STANDARDIZE'));
    expect(coefficients.map(({ name }) => name)).toEqual([
      ...['CN(Na, 3.1 Å)', 'CN(Na, 4.0 Å)', 'CN(Na, 5.5 Å)', 'CN(K, 3.1 Å)', 'CN(K, 4.0 Å)', 'CN(K, 5.5 Å)'],
      ...['GOP(3S)', 'GOP(5DXX)'],
    ]);
    expect(coefficients[4]).toMatchObject({
      ...{ kind: 'RUNNING_COORDINATION_NUMBER', radiusAngstrom: 4, neighborElement: 'K', orbital: null },
    });
    expect(coefficients[6]).toMatchObject({
      ...{ kind: 'GROSS_ORBITAL_POPULATION', radiusAngstrom: null, neighborElement: null, orbital: '3S' },
    });
    expect(coefficients[6].standardized).toBeGreaterThan(0.5);
    expect(coefficients[6].perUnit).toBeCloseTo(coefficients[6].standardized / coefficients[6].standardDeviation, 12);
    // a population that did not vary
    expect(coefficients[7]).toMatchObject({ standardDeviation: 0, standardized: 0, perUnit: 0, ppmPerUnit: 0 });
    expect(coefficients[7].mean).toBeCloseTo(0.02, 14);
    expect(standardizedIntercept).toBeCloseTo(0, 12);
  });

  test('of features without elements, or without radii, leaves those out', () => {
    const radii = { radiiAngstrom: [3, 4], smearingAngstrom: 0.1 };
    expect(featureColumns({ runningCoordinationNumbers: radii, grossOrbitalPopulations: null })).toEqual([
      ...[3, 4].map((radiusAngstrom) => ({
        ...{ name: `CN(${radiusAngstrom}.0 Å)`, kind: 'RUNNING_COORDINATION_NUMBER', radiusAngstrom },
        ...{ neighborElement: null, orbital: null },
      })),
    ]);
    const populations = featureColumns({
      runningCoordinationNumbers: null,
      grossOrbitalPopulations: { labels: ['2S'] },
    });
    expect(populations).toMatchObject([{ name: 'GOP(2S)', orbital: '2S' }]);
  });
});
