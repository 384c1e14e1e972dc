import { NatriumError } from '../../errors.ts';
import { type Calibration, calibrationSteps } from '../../ml/statistics/calibration.ts';
import { kolmogorovSmirnov, plottingQuantile, wasserstein1 } from '../../ml/statistics/distribution.ts';
import { type CommonHistogram, commonHistogram } from '../../ml/statistics/histogram.ts';
import { ascendingOrder } from '../../ml/statistics/ranks.ts';
import { type AtomPlaces, atomPlaces } from '../atom-places.ts';
import { type Distribution, distributionOf, probabilitiesOfPoints } from '../datasets/distributions.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { Page, Store } from '../ports.ts';
import type { Evaluation } from '../records.ts';

export const RESIDUAL_ORDERS = ['ATOMS', 'LARGEST'] as const;
export type ResidualOrder = (typeof RESIDUAL_ORDERS)[number];

export interface ResidualSearch {
  readonly first: number;
  /** How many atoms of the list come before the page. */
  readonly start: number;
  readonly order: ResidualOrder;
  /** Of the clusters; null: all. */
  readonly sizes: readonly number[] | null;
  readonly absoluteAtLeastPpm: number | null;
}

/** One atom of an evaluation. */
export interface AtomResidual {
  readonly calculationId: string;
  readonly clusterId: string;
  /** Within the cluster, from 0. */
  readonly index: number;
  readonly calculatedPpm: number;
  readonly predictedPpm: number;
  /** Predicted minus calculated. */
  readonly residualPpm: number;
  readonly standardDeviationPpm: number | null;
}

/** Points of a Q-Q plot, at the probabilities (k - 1/2) / n. */
export interface QuantileQuantile {
  readonly probabilities: readonly number[];
  readonly calculatedPpm: readonly number[];
  readonly predictedPpm: readonly number[];
}

export interface DistributionComparison {
  readonly calculated: Distribution;
  readonly predicted: Distribution;
  readonly kolmogorovSmirnov: number;
  readonly wasserstein1Ppm: number;
}

/** The columns of an evaluation, or of its clusters of one size. */
interface Columns {
  readonly calculatedPpm: Float64Array;
  readonly predictedPpm: Float64Array;
  readonly standardDeviationsPpm: Float64Array | null;
}

/** Where the atoms of an evaluation are, and the cluster of each calculation. */
interface Places extends AtomPlaces {
  readonly clusterIds: readonly string[];
}

/** What follows from the columns of an evaluation, which never change, so that it is worked out when asked. */
export class EvaluationAnalysis {
  // lives as long as the record, which is read once a request
  private readonly places = new WeakMap<Evaluation, Promise<Places>>();
  private readonly orders = new WeakMap<Evaluation, Uint32Array>();
  private readonly work = new OneAtATime();

  constructor(private readonly store: Store) {}

  /** Predicted minus calculated, atom after atom. */
  residualsPpm({ calculatedPpm, predictedPpm }: Evaluation): number[] {
    return predictedPpm.map((predicted, atom) => predicted - calculatedPpm[atom]);
  }

  /** Atoms of the cluster of each atom. */
  async clusterSizes(evaluation: Evaluation): Promise<number[]> {
    const { starts, calculationOfAtom } = await this.placesOf(evaluation);
    return Array.from(calculationOfAtom, (calculation) => starts[calculation + 1] - starts[calculation]);
  }

  /** A page of the atoms with their residuals. Throws BAD_USER_INPUT for a limit below 0. */
  async residuals(evaluation: Evaluation, search: ResidualSearch): Promise<Page<AtomResidual>> {
    const { absoluteAtLeastPpm: limit, sizes, first, start } = search;
    if (limit !== null && !(limit >= 0)) {
      throw new NatriumError('BAD_USER_INPUT', `absoluteAtLeastPpm is ${limit}; give 0 or more`);
    }
    const { starts, clusterIds, calculationOfAtom } = await this.placesOf(evaluation);
    const wantedSizes = sizes && new Set(sizes);
    const { calculatedPpm, predictedPpm, standardDeviationsPpm, calculationIds } = evaluation;
    const isWanted = (atom: number): boolean => {
      const calculation = calculationOfAtom[atom];
      const size = starts[calculation + 1] - starts[calculation];
      if (wantedSizes !== null && !wantedSizes.has(size)) return false;
      return limit === null || Math.abs(predictedPpm[atom] - calculatedPpm[atom]) >= limit;
    };
    const atoms = (await this.atomsInOrder(evaluation, search.order)).filter(isWanted);
    return {
      items: Array.from(atoms.subarray(start, start + first), (atom) => ({
        calculationId: calculationIds[calculationOfAtom[atom]],
        clusterId: clusterIds[calculationOfAtom[atom]],
        index: atom - starts[calculationOfAtom[atom]],
        calculatedPpm: calculatedPpm[atom],
        predictedPpm: predictedPpm[atom],
        residualPpm: predictedPpm[atom] - calculatedPpm[atom],
        standardDeviationPpm: standardDeviationsPpm?.[atom] ?? null,
      })),
      hasNextPage: start + first < atoms.length,
      totalCount: async () => atoms.length,
    };
  }

  /** Calculated and predicted shieldings as distributions; of the clusters of one size unless it is null. */
  async distribution(evaluation: Evaluation, size: number | null): Promise<DistributionComparison> {
    const { calculatedPpm, predictedPpm } = await this.columns(evaluation, size);
    const calculated = await this.work.do(() => distributionOf(calculatedPpm));
    const predicted = await this.work.do(() => distributionOf(predictedPpm));
    return {
      ...{ calculated, predicted },
      kolmogorovSmirnov: kolmogorovSmirnov(calculated.values, predicted.values),
      wasserstein1Ppm: wasserstein1(calculated.values, predicted.values),
    };
  }

  /** At most as many points as there are atoms. Throws BAD_USER_INPUT unless 1 to 10,000 are asked. */
  quantileQuantile({ calculated, predicted }: DistributionComparison, points: number): QuantileQuantile {
    const probabilities = probabilitiesOfPoints(points, calculated.count);
    return {
      probabilities,
      calculatedPpm: probabilities.map((p) => plottingQuantile(calculated.values, p)),
      predictedPpm: probabilities.map((p) => plottingQuantile(predicted.values, p)),
    };
  }

  /** Calculated and predicted shieldings in common bins; of the clusters of one size unless it is null. */
  async histogram(evaluation: Evaluation, size: number | null, binWidthPpm: number): Promise<CommonHistogram> {
    const { calculatedPpm, predictedPpm } = await this.columns(evaluation, size);
    return commonHistogram(
      [
        { name: 'calculated', values: calculatedPpm },
        { name: 'predicted', values: predictedPpm },
      ],
      binWidthPpm,
    );
  }

  /** How far the standard deviations of a committee tell its errors; null for other versions. */
  async calibration(evaluation: Evaluation, size: number | null): Promise<Calibration | null> {
    const { calculatedPpm, predictedPpm, standardDeviationsPpm } = await this.columns(evaluation, size);
    if (standardDeviationsPpm === null) return null;
    return this.work.inSteps(calibrationSteps(calculatedPpm, predictedPpm, standardDeviationsPpm));
  }

  private async columns(evaluation: Evaluation, size: number | null): Promise<Columns> {
    const { starts } = await this.placesOf(evaluation);
    if (size !== null) checkSize(size, starts);
    const only = (column: readonly number[]): Float64Array => {
      if (size === null) return Float64Array.from(column);
      const parts: number[] = [];
      for (let calculation = 0; calculation < starts.length - 1; calculation++) {
        if (starts[calculation + 1] - starts[calculation] !== size) continue;
        for (let atom = starts[calculation]; atom < starts[calculation + 1]; atom++) parts.push(column[atom]);
      }
      return Float64Array.from(parts);
    };
    const { calculatedPpm, predictedPpm, standardDeviationsPpm } = evaluation;
    return {
      calculatedPpm: only(calculatedPpm),
      predictedPpm: only(predictedPpm),
      standardDeviationsPpm: standardDeviationsPpm && only(standardDeviationsPpm),
    };
  }

  private async atomsInOrder(evaluation: Evaluation, order: ResidualOrder): Promise<Uint32Array> {
    if (order === 'ATOMS') return Uint32Array.from({ length: evaluation.calculatedPpm.length }, (_, atom) => atom);
    const known = this.orders.get(evaluation);
    if (known !== undefined) return known;
    const atoms = await this.work.do(() =>
      ascendingOrder(this.residualsPpm(evaluation).map((residual) => -Math.abs(residual))),
    );
    this.orders.set(evaluation, atoms);
    return atoms;
  }

  private placesOf(evaluation: Evaluation): Promise<Places> {
    const known = this.places.get(evaluation);
    if (known !== undefined) return known;
    const places = this.readPlaces(evaluation);
    this.places.set(evaluation, places);
    return places;
  }

  private async readPlaces({ calculationIds }: Evaluation): Promise<Places> {
    const found = await this.store.calculationSummaries(calculationIds);
    const byId = new Map(found.map((summary) => [summary.id, summary]));
    const summaries = calculationIds.map((id) => byId.get(id)!);
    return {
      ...atomPlaces(summaries.map(({ size }) => size)),
      clusterIds: summaries.map(({ clusterId }) => clusterId),
    };
  }
}

function checkSize(size: number, starts: Uint32Array): void {
  const sizes = new Set<number>();
  for (let calculation = 0; calculation < starts.length - 1; calculation++) {
    sizes.add(starts[calculation + 1] - starts[calculation]);
  }
  if (sizes.has(size)) return;
  const known = [...sizes].sort((a, b) => a - b).join(', ');
  throw new NatriumError('BAD_USER_INPUT', `no cluster of the evaluation has ${size} atoms; there are sizes ${known}`);
}
