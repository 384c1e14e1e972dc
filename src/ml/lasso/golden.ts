import { structureFromSymbols } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import { featureMatrix } from '../features/feature-matrix.ts';
import type { GoldenRow } from '../golden-row.ts';
import { type Matrix, rowRange } from '../matrix.ts';
import { cdf, fitGeneralizedLogistic, logLikelihood } from '../statistics/generalized-logistic.ts';
import { backward, fitTargetTransform, forward, type TargetTransform } from '../target-transform.ts';
import { fitLassoPath, type LassoFit, predictLasso } from './lasso.ts';

interface GoldenFit {
  readonly alpha: number;
  readonly nonZero: number;
  readonly trainRmse: number;
  readonly validationRmse: number;
  readonly objective: number;
  readonly coef: readonly number[];
}

/** The file of values from scikit-learn and scipy: sodium clusters, targets in ppm, and what those programs make of them. */
interface LassoGolden {
  readonly clusters: readonly (readonly (readonly number[])[])[];
  readonly grid: readonly number[];
  readonly smearingAngstrom: number;
  readonly runningCoordinationFirstCluster: readonly (readonly number[])[];
  readonly trainRows: number;
  readonly target: readonly number[];
  readonly fits: readonly GoldenFit[];
  readonly generalizedLogistic: {
    readonly c: number;
    readonly loc: number;
    readonly scale: number;
    readonly logLikelihood: number;
    readonly x: readonly number[];
    readonly cdf: readonly number[];
    readonly normal: readonly number[];
  };
}

/** Below this alpha near-collinear columns let coefficients differ where the objectives agree. */
const SMALLEST_COMPARED_ALPHA = 1e-3;

/**
 * Compares features, Lasso fits, the generalised logistic fit and the target transform with scikit-learn's and scipy's.
 * @param json the parsed content of `lasso-scikit-learn.json`
 */
export function compareWithLassoGolden(json: unknown): GoldenRow[] {
  const golden = json as LassoGolden;
  const features = goldenFeatures(golden);
  const first = golden.runningCoordinationFirstCluster.flat();
  return [
    {
      quantity: 'running coordination numbers of the first cluster',
      deviation: largestDeviation(features.data.subarray(0, first.length), first),
      tolerance: 1e-12,
    },
    ...lassoRows(golden, features),
    ...generalizedLogisticRows(golden),
  ];
}

/** The file that `test/golden/lasso.py` writes: small data sets of many kinds and their solutions in extended precision. */
interface LassoDatasetsGolden {
  readonly lassoDatasets: readonly {
    readonly name: string;
    /** Whether no other weights have the same objective. */
    readonly uniqueWeights: boolean;
    readonly rows: number;
    readonly columns: number;
    readonly features: readonly number[];
    readonly target: readonly number[];
    /** On standardised features and target. */
    readonly fits: readonly {
      readonly alpha: number;
      readonly objective: number;
      readonly nonZero: number;
      readonly coefficients: readonly number[];
      /** Of the first rows. */
      readonly predictions: readonly number[];
    }[];
  }[];
}

export function isLassoDatasetsFile(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'lassoDatasets' in json;
}

/**
 * Compares objectives, gaps, predictions and weights on data sets with solutions in extended precision, each the worst of its alphas.
 * @param json the parsed content of `lasso-datasets.json`; throws MALFORMED_FILE for another number of features than rows of columns
 */
export function compareWithLassoDatasets(json: unknown): GoldenRow[] {
  return (json as LassoDatasetsGolden).lassoDatasets.flatMap((golden) => {
    const { name, rows, columns, fits, uniqueWeights } = golden;
    if (golden.features.length !== rows * columns) {
      const message = `${name} has ${golden.features.length} features, not ${rows} rows of ${columns}`;
      throw new NatriumError('MALFORMED_FILE', message);
    }
    const features = { rows, columns, data: Float64Array.from(golden.features) };
    const target = forward(fitTargetTransform('STANDARDIZE', golden.target), golden.target);
    const ours = fitLassoPath(
      features,
      target,
      fits.map((fit) => fit.alpha),
    );
    const worst = (deviationOf: (fit: LassoFit, k: number) => number) => Math.max(...ours.map(deviationOf));
    const first = rowRange(features, 0, fits[0].predictions.length);
    const compared = fits.filter(({ alpha }) => alpha >= SMALLEST_COMPARED_ALPHA);
    const weights = compared.map((fit) => ours[fits.indexOf(fit)]);
    return [
      {
        quantity: `${name}: objective, relative`,
        deviation: worst((fit, k) => Math.abs(fit.objective / fits[k].objective - 1)),
        tolerance: 1e-9,
      },
      { quantity: `${name}: duality gap`, deviation: worst((fit) => fit.dualityGap), tolerance: 1e-11 },
      {
        quantity: `${name}: predictions`,
        deviation: worst((fit, k) => largestDeviation(predictLasso(fit, first), fits[k].predictions)),
        tolerance: 1e-9,
      },
      ...(uniqueWeights
        ? [
            {
              quantity: `${name}: coefficients`,
              deviation: Math.max(
                ...weights.map((fit, k) => largestDeviation(fit.coefficients, compared[k].coefficients)),
              ),
              tolerance: 1e-9,
            },
            {
              quantity: `${name}: non-zero coefficients`,
              deviation: Math.max(...weights.map((fit, k) => Math.abs(fit.nonZero - compared[k].nonZero))),
              tolerance: 0,
            },
          ]
        : []),
    ];
  });
}

function goldenFeatures({ clusters, grid, smearingAngstrom }: LassoGolden): Matrix {
  return featureMatrix(
    {
      runningCoordinationNumbers: { radiiAngstrom: grid, smearingAngstrom },
      grossOrbitalPopulations: null,
    },
    clusters.map((positions, index) => {
      const symbols = positions.map(() => 'Na');
      return {
        structure: structureFromSymbols(symbols, positions.flat()),
        populationLabels: null,
        grossOrbitalPopulations: null,
        name: `golden cluster ${index + 1}`,
      };
    }),
  );
}

function lassoRows({ trainRows, target, fits }: LassoGolden, features: Matrix): GoldenRow[] {
  const training = rowRange(features, 0, trainRows);
  const validation = rowRange(features, trainRows, features.rows);
  const trainingTarget = target.slice(0, trainRows);
  const transform = fitTargetTransform('STANDARDIZE', trainingTarget);
  const alphas = fits.map((fit) => fit.alpha);
  return fitLassoPath(training, forward(transform, trainingTarget), alphas).flatMap((fit, k) => {
    const golden = fits[k];
    const name = `Lasso, alpha ${fit.alpha}:`;
    const rmse = (rows: Matrix, values: readonly number[]) =>
      rootMeanSquareError(backward(transform, predictLasso(fit, rows)), values);
    const rows = [
      {
        quantity: `${name} objective, relative`,
        deviation: Math.abs(fit.objective / golden.objective - 1),
        tolerance: 1e-9,
      },
      { quantity: `${name} duality gap`, deviation: fit.dualityGap, tolerance: 1e-11 },
      {
        quantity: `${name} training RMSE (ppm)`,
        deviation: Math.abs(rmse(training, trainingTarget) - golden.trainRmse),
        tolerance: 1e-6,
      },
      {
        quantity: `${name} validation RMSE (ppm)`,
        deviation: Math.abs(rmse(validation, target.slice(trainRows)) - golden.validationRmse),
        tolerance: fit.alpha >= SMALLEST_COMPARED_ALPHA ? 1e-6 : 1e-3,
      },
    ];
    if (fit.alpha >= SMALLEST_COMPARED_ALPHA) {
      rows.push(
        {
          quantity: `${name} coefficients`,
          deviation: largestDeviation(fit.coefficients, golden.coef),
          tolerance: 1e-5,
        },
        { quantity: `${name} non-zero coefficients`, deviation: Math.abs(fit.nonZero - golden.nonZero), tolerance: 0 },
      );
    }
    return rows;
  });
}

function generalizedLogisticRows({ trainRows, target, generalizedLogistic: golden }: LassoGolden): GoldenRow[] {
  const values = target.slice(0, trainRows);
  const ours = logLikelihood(fitGeneralizedLogistic(values), values);
  const same: TargetTransform = {
    kind: 'GENERALIZED_LOGISTIC',
    shape: golden.c,
    location: golden.loc,
    scale: golden.scale,
  };
  return [
    {
      quantity: 'generalised logistic: log-likelihood a value, below scipy by',
      deviation: Math.max(0, golden.logLikelihood - ours) / values.length,
      tolerance: 1e-6,
    },
    {
      quantity: "generalised logistic: log-likelihood at scipy's parameters, relative",
      deviation: Math.abs(logLikelihood(same, values) / golden.logLikelihood - 1),
      tolerance: 1e-12,
    },
    {
      quantity: 'generalised logistic: distribution function',
      deviation: largestDeviation(
        golden.x.map((x) => cdf(same, x)),
        golden.cdf,
      ),
      tolerance: 1e-12,
    },
    {
      quantity: 'target transform: normal scores',
      deviation: largestDeviation(forward(same, golden.x), golden.normal),
      tolerance: 1e-9,
    },
    {
      quantity: 'target transform: back to shieldings (ppm)',
      deviation: largestDeviation(backward(same, golden.normal), golden.x),
      tolerance: 1e-9,
    },
  ];
}

/** NaN if the lengths differ or there is nothing to compare, which no tolerance allows. */
function largestDeviation(ours: ArrayLike<number>, theirs: readonly number[]): number {
  return ours.length === theirs.length && theirs.length > 0
    ? theirs.reduce((most, value, k) => Math.max(most, Math.abs(value - ours[k])), 0)
    : Number.NaN;
}

function rootMeanSquareError(predicted: Float64Array, reference: readonly number[]): number {
  return Math.sqrt(predicted.reduce((total, value, k) => total + (value - reference[k]) ** 2, 0) / reference.length);
}
