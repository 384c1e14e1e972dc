import type { Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import type { ComparedColumns } from '../../ml/comparison/columns.ts';
import {
  type BootstrapSettings,
  FEWEST_RESAMPLES,
  type MetricComparison,
  type MetricOfVersion,
} from '../../ml/comparison/comparison.ts';
import type { DistanceMatrix } from '../../ml/comparison/distance-matrix.ts';
import { type ComparedMetric, isLowerBetter } from '../../ml/comparison/metrics.ts';
import { type CommonHistogram, commonHistogram } from '../../ml/statistics/histogram.ts';
import type { RegressionMetrics } from '../../ml/statistics/metrics.ts';
import { ascendingOrder } from '../../ml/statistics/ranks.ts';
import { type AtomPlaces, atomPlaces } from '../atom-places.ts';
import type { Compute, Page, Store } from '../ports.ts';
import type { CalculationSummary, Evaluation, ModelVersion } from '../records.ts';
import { bestIsMoreThanNoise, type ComparedNames, remarks, verdictOf } from './comparison-verdicts.ts';
import { type Leakage, leakageOf } from './leakage.ts';

/** Versions x atoms x resamples of one bootstrap: the most versions on the paper's 47,600 atoms by default, some forty seconds. */
const MOST_RESAMPLED = 2.5e9;
/** Versions x versions x atoms of one matrix of distances, some twenty seconds. */
const MOST_PAIRED = 4e8;

/** One of the versions to be compared. */
export interface ComparedVersion {
  /** Such as `cn/2`. */
  readonly name: string;
  readonly version: ModelVersion;
  /** With its columns in the order of all. */
  readonly evaluation: Evaluation;
}

/** What a comparison is made of. */
export interface ComparisonParts {
  readonly split: Split;
  readonly levelOfTheoryId: string;
  readonly calculations: readonly CalculationSummary[];
  /** Each version once. */
  readonly versions: readonly ComparedVersion[];
  /** As asked for: the number of a version, and what it was called. */
  readonly asked: readonly { readonly version: number; readonly called: string }[];
  /** Number of a version. */
  readonly baseline: number;
  readonly settings: BootstrapSettings;
}

export interface ComparedMetricOfVersion extends MetricOfVersion {
  readonly modelVersionId: string;
}

export interface ComparedByMetric {
  readonly metric: ComparedMetric;
  readonly lowerIsBetter: boolean;
  readonly bestId: string | null;
  readonly bestIsMoreThanNoise: boolean;
  readonly verdict: string;
  readonly versions: readonly ComparedMetricOfVersion[];
}

export interface ComparedSizeOfVersion extends Pick<RegressionMetrics, 'rmsePpm' | 'maePpm' | 'biasPpm'> {
  readonly modelVersionId: string;
}

export interface ComparedBySize {
  readonly size: number;
  readonly clusters: number;
  readonly atoms: number;
  readonly versions: readonly ComparedSizeOfVersion[];
}

/** An atom for which a version is worse than the baseline. */
export interface WorseAtom {
  readonly calculationId: string;
  readonly clusterId: string;
  /** In its cluster, from 0. */
  readonly index: number;
  readonly calculatedPpm: number;
  /** Predicted less calculated, of the versions as asked. */
  readonly residualsPpm: readonly number[];
  readonly baselineResidualPpm: number;
  /** By how much the absolute error is larger than the baseline's. */
  readonly growthPpm: number;
  /** The version of which it is. */
  readonly modelVersionId: string;
}

/**
 * Versions on the same atoms. What takes time is worked out once, when it is first asked for. Lists of versions are in the order asked,
 * one that was listed twice twice.
 */
export class Comparison {
  readonly split: Split;
  readonly levelOfTheoryId: string;
  readonly settings: BootstrapSettings;
  readonly evaluations: readonly Evaluation[];
  readonly baseline: ModelVersion;
  readonly atoms: number;
  readonly clusters: number;
  /** Metrics of each version with intervals and paired differences. */
  readonly metrics = once(() => this.compareMetrics());
  readonly leakage = once(() => this.findLeakage());

  constructor(
    private readonly store: Store,
    private readonly compute: Compute,
    private readonly parts: ComparisonParts,
  ) {
    const { split, levelOfTheoryId, settings, versions, baseline, calculations } = parts;
    this.split = split;
    this.levelOfTheoryId = levelOfTheoryId;
    this.settings = settings;
    this.baseline = versions[baseline].version;
    this.clusters = calculations.length;
    this.evaluations = this.asAsked(versions.map(({ evaluation }) => evaluation));
    this.atoms = this.evaluations[0].calculatedPpm.length;
  }

  /** Calculated and predicted shieldings in common bins. */
  histogram(binWidthPpm: number): CommonHistogram {
    return commonHistogram(
      [
        { name: 'calculated', values: this.evaluations[0].calculatedPpm },
        ...this.evaluations.map((each, i) => ({ name: this.parts.asked[i].called, values: each.predictedPpm })),
      ],
      binWidthPpm,
    );
  }

  /** Metrics over the clusters of each size, ascending. */
  sizes(): ComparedBySize[] {
    const { calculations } = this.parts;
    return this.evaluations[0].metricsBySize.map(({ size, metrics }) => ({
      size,
      clusters: calculations.filter((each) => each.size === size).length,
      atoms: metrics.count,
      versions: this.evaluations.map(({ modelVersionId, metricsBySize }) => ({
        ...metricsBySize.find((each) => each.size === size)!.metrics,
        modelVersionId,
      })),
    }));
  }

  /** A page of the atoms whose absolute error is larger than the baseline's, those that grew most first: of one version, or of any. */
  worseAtoms(
    called: string | null,
    { first, start }: { readonly first: number; readonly start: number },
  ): Page<WorseAtom> {
    const { versions, baseline, calculations } = this.parts;
    const { calculatedPpm } = this.evaluations[0];
    const baselineErrors = errorsOf(versions[baseline].evaluation);
    const growth = new Float64Array(this.atoms);
    const worst = new Uint8Array(this.atoms);
    for (const v of called === null ? versions.keys() : [this.versionCalled(called)]) {
      const errors = errorsOf(versions[v].evaluation);
      for (let i = 0; i < this.atoms; i++) {
        const grown = Math.abs(errors[i]) - Math.abs(baselineErrors[i]);
        if (!(grown > growth[i])) continue;
        growth[i] = grown;
        worst[i] = v;
      }
    }
    const order = ascendingOrder(growth.map((grown) => -grown)).filter((i) => growth[i] > 0);
    const { starts, calculationOfAtom } = this.places();
    return {
      items: Array.from(order.subarray(start, start + first), (i) => ({
        calculationId: calculations[calculationOfAtom[i]].id,
        clusterId: calculations[calculationOfAtom[i]].clusterId,
        index: i - starts[calculationOfAtom[i]],
        calculatedPpm: calculatedPpm[i],
        residualsPpm: this.evaluations.map(({ predictedPpm }) => predictedPpm[i] - calculatedPpm[i]),
        baselineResidualPpm: baselineErrors[i],
        growthPpm: growth[i],
        modelVersionId: versions[worst[i]].version.id,
      })),
      hasNextPage: start + first < order.length,
      totalCount: async () => order.length,
    };
  }

  /** How far the distributions of all columns are from each other: the calculated one first, then those of the versions. */
  async distances(): Promise<{ readonly names: readonly string[] } & DistanceMatrix> {
    const { versions, asked } = this.parts;
    if (versions.length * versions.length * this.atoms > MOST_PAIRED) {
      throw this.tooMuch('distances between', 'compare fewer versions');
    }
    const matrix = await this.compute.distances(this.columns());
    const order = [0, ...asked.map(({ version }) => version + 1)];
    const asAsked = (rows: readonly (readonly number[])[]) => order.map((i) => order.map((j) => rows[i][j]));
    return {
      names: ['calculated', ...asked.map(({ called }) => called)],
      kolmogorovSmirnov: asAsked(matrix.kolmogorovSmirnov),
      wasserstein1Ppm: asAsked(matrix.wasserstein1Ppm),
    };
  }

  /** What it comes to: the RMSE, and what has to be known beside it. */
  async verdict(): Promise<string> {
    const [rmse, leakage] = [await this.metrics(), await this.leakage()];
    const each = this.parts.versions.map(
      ({ version }) => leakage.find((found) => found.modelVersionId === version.id)!,
    );
    return [rmse[0].verdict, ...remarks(this.names(), this.parts.asked, each)].join(' ');
  }

  private async compareMetrics(): Promise<ComparedByMetric[]> {
    const { versions, baseline, settings } = this.parts;
    const fewer = Math.floor(MOST_RESAMPLED / (versions.length * this.atoms));
    if (fewer < settings.resamples) {
      throw this.tooMuch(
        `${settings.resamples} resamples of`,
        fewer >= FEWEST_RESAMPLES ? `lower resamples to ${fewer}, or compare fewer versions` : 'compare fewer versions',
      );
    }
    const found = await this.compute.compare({ columns: this.columns(), baseline, ...settings });
    return found.map((each) => this.byMetric(each));
  }

  private byMetric(found: MetricComparison): ComparedByMetric {
    const { versions } = this.parts;
    return {
      metric: found.metric,
      lowerIsBetter: isLowerBetter(found.metric),
      bestId: found.best === null ? null : versions[found.best].version.id,
      bestIsMoreThanNoise: bestIsMoreThanNoise(found),
      verdict: verdictOf(found, this.names()),
      versions: this.asAsked(found.versions.map((each, v) => ({ ...each, modelVersionId: versions[v].version.id }))),
    };
  }

  private async findLeakage(): Promise<Leakage[]> {
    const versions = this.parts.versions.map(({ version }) => version);
    return this.asAsked(await leakageOf(this.store, versions, this.evaluations[0].calculationIds));
  }

  private asAsked<T>(ofVersions: readonly T[]): T[] {
    return this.parts.asked.map(({ version }) => ofVersions[version]);
  }

  private names(): ComparedNames {
    const { versions, settings } = this.parts;
    return {
      names: versions.map(({ name }) => name),
      clusters: this.clusters,
      confidence: settings.confidence,
    };
  }

  private versionCalled(called: string): number {
    const { versions, asked } = this.parts;
    const found =
      asked.find((each) => each.called === called)?.version ?? versions.findIndex(({ name }) => name === called);
    if (found >= 0) return found;
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${JSON.stringify(called)} is not among the versions compared, ${asked.map((each) => each.called).join(', ')}`,
    );
  }

  private columns(): ComparedColumns {
    return {
      calculatedPpm: Float64Array.from(this.evaluations[0].calculatedPpm),
      predictedPpm: this.parts.versions.map(({ evaluation }) => Float64Array.from(evaluation.predictedPpm)),
      clusterStarts: this.places().starts,
    };
  }

  private places(): AtomPlaces {
    return atomPlaces(this.parts.calculations.map(({ size }) => size));
  }

  private tooMuch(what: string, wayOut: string): NatriumError {
    const asked = `${what} ${this.parts.versions.length} versions on ${this.atoms} atoms`;
    return new NatriumError('BAD_USER_INPUT', `${asked} are too much for one answer; ${wayOut}`);
  }
}

/** Predicted less calculated. A loop, since `from` takes several times as long. */
function errorsOf({ predictedPpm, calculatedPpm }: Evaluation): Float64Array {
  const errors = new Float64Array(predictedPpm.length);
  for (let i = 0; i < errors.length; i++) errors[i] = predictedPpm[i] - calculatedPpm[i];
  return errors;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
