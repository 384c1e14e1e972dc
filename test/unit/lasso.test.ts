import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isWithinTolerance } from '../../src/ml/golden-row.ts';
import { compareWithLassoDatasets, compareWithLassoGolden } from '../../src/ml/lasso/golden.ts';
import { fitLassoPath, LASSO_ALPHAS, type LassoFit, predictLasso } from '../../src/ml/lasso/lasso.ts';
import type { Matrix } from '../../src/ml/matrix.ts';

function matrixFromRows(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, data: Float64Array.from(rows.flat()) };
}

/** Sums of uniform numbers from a fixed sequence, near enough to normal ones. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
}

function randomMatrix(rows: number, columns: number, next: () => number): Matrix {
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, next) };
}

function column(matrix: Matrix, j: number): number[] {
  return Array.from({ length: matrix.rows }, (_, i) => matrix.data[i * matrix.columns + j]);
}

function average(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standardised columns, by the definition. */
function standardized(matrix: Matrix): number[][] {
  return Array.from({ length: matrix.columns }, (_, j) => {
    const values = column(matrix, j);
    const centre = average(values);
    const deviation = Math.sqrt(average(values.map((value) => (value - centre) ** 2)));
    return values.map((value) => (deviation < 1e-9 ? 0 : (value - centre) / deviation));
  });
}

function objective(z: number[][], target: Float64Array, weights: ArrayLike<number>, alpha: number): number {
  const centre = average(target);
  const squares = Array.from(
    target,
    (t, i) => (t - centre - z.reduce((sum, zj, j) => sum + zj[i] * weights[j], 0)) ** 2,
  );
  return average(squares) / 2 + alpha * Array.from(weights).reduce((sum, weight) => sum + Math.abs(weight), 0);
}

function solveLinear(a: number[][], b: number[]): number[] {
  const m = a.map((row, i) => [...row, b[i]]);
  for (let k = 0; k < m.length; k++) {
    for (let i = k + 1; i < m.length; i++) {
      const factor = m[i][k] / m[k][k];
      m[i] = m[i].map((value, j) => value - factor * m[k][j]);
    }
  }
  const x: number[] = [];
  for (let k = m.length - 1; k >= 0; k--) {
    x[k] = (m[k].at(-1)! - x.reduce((sum, value, j) => sum + m[k][j] * value, 0)) / m[k][k];
  }
  return x;
}

/** The least objective over all patterns of signs: slow, and shares nothing with the solver. */
function leastObjective(matrix: Matrix, target: Float64Array, alpha: number): number {
  const z = standardized(matrix);
  const p = matrix.columns;
  const centre = average(target);
  let least = Number.POSITIVE_INFINITY;
  for (let pattern = 0; pattern < 3 ** p; pattern++) {
    const signs = z.map((_, j) => (Math.floor(pattern / 3 ** j) % 3) - 1);
    const active = signs.flatMap((sign, j) => (sign === 0 ? [] : [j]));
    const gram = active.map((j) => active.map((k) => average(z[j].map((value, i) => value * z[k][i]))));
    const right = active.map((j) => average(z[j].map((value, i) => value * (target[i] - centre))) - alpha * signs[j]);
    const solution = solveLinear(gram, right);
    const weights = new Array<number>(p).fill(0);
    active.forEach((j, k) => {
      weights[j] = solution[k];
    });
    const value = objective(z, target, weights, alpha);
    least = Math.min(least, Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  }
  return least;
}

function expectSolved(fits: readonly LassoFit[]): void {
  for (const fit of fits) {
    expect(fit.dualityGap, `alpha ${fit.alpha}`).toBeLessThanOrEqual(1e-11);
  }
}

describe('values of scikit-learn and scipy', () => {
  const golden = JSON.parse(readFileSync(new URL('../golden/lasso-scikit-learn.json', import.meta.url), 'utf8'));
  const rows = compareWithLassoGolden(golden);

  it.each(rows)('$quantity', (row) => {
    expect(isWithinTolerance(row), `${row.deviation} > ${row.tolerance}`).toBe(true);
  });

  it('compares every alpha, and notices a difference', () => {
    expect(rows.filter(({ quantity }) => quantity.endsWith('duality gap'))).toHaveLength(11);
    const changed = structuredClone(golden);
    changed.fits[3].coef[20] += 1e-4;
    changed.runningCoordinationFirstCluster[1][5] += 1e-11;
    changed.generalizedLogistic.logLikelihood += 0.01;
    expect(compareWithLassoGolden(changed).filter((row) => !isWithinTolerance(row))).toHaveLength(4);
  });
});

describe('solutions in extended precision', () => {
  const golden = JSON.parse(readFileSync(new URL('../golden/lasso-datasets.json', import.meta.url), 'utf8'));
  const rows = compareWithLassoDatasets(golden);

  it.each(rows)('$quantity', (row) => {
    expect(isWithinTolerance(row), `${row.deviation} > ${row.tolerance}`).toBe(true);
  });

  it('are compared on every data set, and a difference is noticed', () => {
    const names = golden.lassoDatasets.map((each: { name: string }) => each.name);
    expect(rows.filter(({ quantity }) => quantity.endsWith('duality gap'))).toHaveLength(names.length);
    expect(names.length).toBeGreaterThanOrEqual(7);
    const changed = structuredClone(golden);
    changed.lassoDatasets[0].fits[2].coefficients[4] += 1e-8;
    changed.lassoDatasets[1].fits[0].objective *= 1 + 1e-8;
    changed.lassoDatasets[5].fits[3].predictions[1] -= 1e-8;
    expect(compareWithLassoDatasets(changed).filter((row) => !isWithinTolerance(row))).toHaveLength(3);
  });
});

describe('fitLassoPath', () => {
  it('has the closed form of one column: soft thresholding', () => {
    const features = matrixFromRows([[1], [2], [3], [6]]);
    const target = Float64Array.of(1, 3, 2, 8);
    const z = standardized(features)[0];
    const correlation = average(z.map((value, i) => value * (target[i] - 3.5)));
    for (const fit of fitLassoPath(features, target, [0.01, 0.5, 2, correlation + 1e-9])) {
      expect(fit.coefficients[0]).toBeCloseTo(Math.max(correlation - fit.alpha, 0), 12);
      expect(fit.intercept).toBe(3.5);
    }
  });

  it.each([1, 2, 3, 4, 5])('reaches the least objective over all sign patterns (seed %i)', (seed) => {
    const next = normals(seed);
    const features = randomMatrix(12, 5, next);
    // the last column almost repeats the first, the fourth mixes two
    for (let i = 0; i < 12; i++) {
      features.data[5 * i + 4] = features.data[5 * i] + 0.05 * next();
      features.data[5 * i + 3] = features.data[5 * i + 1] - features.data[5 * i + 2] + 0.1 * next();
    }
    const target = Float64Array.from(
      { length: 12 },
      (_, i) => features.data[5 * i] - features.data[5 * i + 3] + next(),
    );
    for (const fit of fitLassoPath(features, target, [1e-5, 1e-3, 0.03, 0.2, 0.7])) {
      const least = leastObjective(features, target, fit.alpha);
      expect(Math.abs(fit.objective - least) / least).toBeLessThan(1e-10);
      expect(fit.objective).toBeCloseTo(objective(standardized(features), target, fit.coefficients, fit.alpha), 12);
    }
  });

  it('gives no weight from the alpha on that equals the largest correlation', () => {
    const next = normals(9);
    const features = randomMatrix(30, 6, next);
    const target = Float64Array.from({ length: 30 }, next);
    const centre = average(target);
    const largest = Math.max(
      ...standardized(features).map((z) => Math.abs(average(z.map((value, i) => value * (target[i] - centre))))),
    );
    const [below, above] = fitLassoPath(features, target, [largest * 0.999, largest * 1.001]);
    expect([below.nonZero, above.nonZero]).toEqual([1, 0]);
  });

  it('solves with duplicate, mirrored and constant columns', () => {
    const next = normals(4);
    const base = randomMatrix(40, 6, next);
    const target = Float64Array.from({ length: 40 }, (_, i) => base.data[6 * i] + next());
    const rows = Array.from({ length: 40 }, (_, i) => {
      const row = [...base.data.subarray(6 * i, 6 * i + 6)];
      return [...row, ...row, ...row.map((value) => 3 - 2 * value), 7, 7 + 1e-12 * i];
    });
    const doubled = fitLassoPath(matrixFromRows(rows), target, LASSO_ALPHAS);
    const single = fitLassoPath(base, target, LASSO_ALPHAS);
    expectSolved(doubled);
    doubled.forEach((fit, k) => {
      expect(fit.objective).toBeCloseTo(single[k].objective, 12);
      expect([...fit.coefficients.slice(18)]).toEqual([0, 0]);
    });
  });

  it('solves with fewer rows than columns, and then not more weights than rows', () => {
    const next = normals(6);
    const features = randomMatrix(15, 60, next);
    const target = Float64Array.from({ length: 15 }, next);
    const fits = fitLassoPath(features, target, LASSO_ALPHAS);
    expectSolved(fits);
    expect(fits[0].nonZero).toBeGreaterThan(10);
    expect(Math.max(...fits.map((fit) => fit.nonZero))).toBeLessThan(15);
  });

  it.each([1e-2, 1e-4, 1e-6, 1e-8])('solves with columns that differ by %d', (difference) => {
    const next = normals(8);
    const rows = Array.from({ length: 100 }, () => {
      const base = [next(), next(), next()];
      return Array.from({ length: 30 }, (_, j) => base[j % 3] + difference * next());
    });
    const target = Float64Array.from(rows, (row) => row[0] - 0.5 * row[1] + 0.3 * next());
    expectSolved(fitLassoPath(matrixFromRows(rows), target, LASSO_ALPHAS));
  });

  it('comes to an end where columns differ by less than it can tell', () => {
    const alpha = 1e-9;
    const next = normals(12);
    const rows = Array.from({ length: 200 }, () => {
      const base = Array.from({ length: 20 }, next);
      return [...base, ...base.map((value) => value + 1e-7 * next())];
    });
    const target = Float64Array.from(rows, (row) => row[0] - 0.5 * row[7] + next());
    const [larger, fit] = fitLassoPath(matrixFromRows(rows), target, [1e-5, alpha]);
    expect(fit.iterations).toBeLessThan(1000);
    // what the larger alpha's solution costs at this one
    const penalty = (larger.alpha - alpha) * larger.coefficients.reduce((sum, weight) => sum + Math.abs(weight), 0);
    expect(fit.objective).toBeLessThanOrEqual(larger.objective - penalty + 1e-12);
  });

  it.each([
    ['each of which adds to the one before', (next: () => number) => (value: number) => value + next()],
    ['of zeros and ones', (next: () => number) => () => (next() > 0.5 ? 1 : 0)],
    [
      'whose scales differ by 1e12',
      (next: () => number) => (_: number, j: number) => 10 ** ((j % 13) - 6) * (5 + next()),
    ],
  ])('solves with 120 columns %s, with more and with fewer rows', (_, of) => {
    for (const rows of [60, 500]) {
      const next = normals(rows);
      const entryOf = of(next);
      const features = matrixFromRows(
        Array.from({ length: rows }, () => {
          let value = 0;
          return Array.from({ length: 120 }, (_, j) => {
            value = entryOf(value, j);
            return value;
          });
        }),
      );
      const z = standardized(features);
      const target = Float64Array.from({ length: rows }, (_, i) => z[3][i] - z[50][i] + z[51][i] + next());
      expectSolved(fitLassoPath(features, target, LASSO_ALPHAS));
    }
  });

  it('knows the objective to 1e-9 where hardly any error is left', () => {
    const next = normals(3);
    const features = randomMatrix(200, 10, next);
    const z = standardized(features);
    const target = Float64Array.from({ length: 200 }, (_, i) => z[0][i] - z[7][i]);
    for (const fit of fitLassoPath(features, target, [1e-5, 1e-7, 1e-9])) {
      // of two nearly uncorrelated columns: penalty 2 alpha, and what it costs in error
      expect(fit.objective / (2 * fit.alpha)).toBeCloseTo(1, 4);
      expect(fit.objective / objective(z, target, fit.coefficients, fit.alpha)).toBeCloseTo(1, 10);
    }
    expectSolved(fitLassoPath(features, target, LASSO_ALPHAS));
  });

  it('solves a target that does not vary and a single row', () => {
    const next = normals(3);
    const constant = fitLassoPath(randomMatrix(10, 3, next), new Float64Array(10).fill(5), [0.1]);
    expect(constant[0]).toMatchObject({ nonZero: 0, intercept: 5, objective: 0, dualityGap: 0 });
    expect(fitLassoPath(randomMatrix(1, 3, next), Float64Array.of(2), [0.1])[0].nonZero).toBe(0);
  });

  it('answers in the order asked, whatever the path', () => {
    const next = normals(5);
    const features = randomMatrix(50, 8, next);
    const target = Float64Array.from({ length: 50 }, (_, i) => features.data[8 * i + 2] + next());
    const shuffled = fitLassoPath(features, target, [0.1, 1e-4, 1, 0.1, 0.01]);
    expect(shuffled.map((fit) => fit.alpha)).toEqual([0.1, 1e-4, 1, 0.1, 0.01]);
    for (const fit of shuffled) {
      const [alone] = fitLassoPath(features, target, [fit.alpha]);
      alone.coefficients.forEach((value, j) => {
        expect(fit.coefficients[j]).toBeCloseTo(value, 11);
      });
    }
  });

  it('gives the same bits twice', () => {
    const features = randomMatrix(50, 8, normals(5));
    const target = Float64Array.from({ length: 50 }, normals(6));
    expect(fitLassoPath(features, target, LASSO_ALPHAS)).toEqual(fitLassoPath(features, target, LASSO_ALPHAS));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the alpha %d', (alpha) => {
    expect(() => fitLassoPath(matrixFromRows([[1], [2]]), Float64Array.of(1, 2), [alpha])).toThrow(
      expect.objectContaining({ code: 'INVALID_HYPERPARAMETER' }),
    );
  });

  it.each([0, 1001])('refuses %i alphas', (count) => {
    const alphas = Array.from({ length: count }, (_, k) => k + 1);
    expect(() => fitLassoPath(matrixFromRows([[1], [2]]), Float64Array.of(1, 2), alphas)).toThrow(
      expect.objectContaining({
        code: 'INVALID_HYPERPARAMETER',
        message: `there are ${count} alphas; give 1 to 1000`,
      }),
    );
  });

  it('refuses data that cannot be fitted', () => {
    const code = (value: string) => expect.objectContaining({ code: value });
    const features = matrixFromRows([[1], [2]]);
    expect(() => fitLassoPath(features, Float64Array.of(1), [1])).toThrow(code('BAD_USER_INPUT'));
    expect(() => fitLassoPath(matrixFromRows([]), new Float64Array(), [1])).toThrow(code('BAD_USER_INPUT'));
    expect(() => fitLassoPath(features, Float64Array.of(1, Number.NaN), [1])).toThrow(code('NON_FINITE_NUMBER'));
    expect(() => fitLassoPath(matrixFromRows([[1], [1 / 0]]), Float64Array.of(1, 2), [1])).toThrow(
      code('NON_FINITE_NUMBER'),
    );
  });
});

describe('predictLasso', () => {
  it('gives the fitted plane back where alpha is negligible', () => {
    const next = normals(2);
    const features = randomMatrix(40, 3, next);
    const plane = (a: number, b: number, c: number) => 7 + 2 * a - 3 * b + 0.5 * c;
    const target = Float64Array.from({ length: 40 }, (_, i) => {
      const [a, b, c] = features.data.subarray(3 * i, 3 * i + 3);
      return plane(a, b, c);
    });
    const [fit] = fitLassoPath(features, target, [1e-12]);
    const elsewhere = matrixFromRows([
      [0, 0, 0],
      [10, -4, 2],
    ]);
    const [origin, far] = predictLasso(fit, elsewhere);
    expect(origin).toBeCloseTo(plane(0, 0, 0), 9);
    expect(far).toBeCloseTo(plane(10, -4, 2), 9);
  });

  it('ignores a column that was constant in training', () => {
    const [fit] = fitLassoPath(
      matrixFromRows([
        [1, 5],
        [2, 5],
        [4, 5],
      ]),
      Float64Array.of(1, 2, 4),
      [1e-6],
    );
    const predictions = predictLasso(
      fit,
      matrixFromRows([
        [3, 5],
        [3, 1e9],
      ]),
    );
    expect(predictions[0]).toBeCloseTo(3, 4);
    expect(predictions[1]).toBe(predictions[0]);
  });

  it('refuses rows of another width', () => {
    const [fit] = fitLassoPath(matrixFromRows([[1], [2]]), Float64Array.of(1, 2), [0.1]);
    expect(() => predictLasso(fit, matrixFromRows([[1, 2]]))).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
  });
});
