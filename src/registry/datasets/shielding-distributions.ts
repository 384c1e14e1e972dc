import { SPLITS, type Split } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { checkFeatureSetDefinition, type FeatureSetDefinition, featureNames } from '../../ml/features/feature-set.ts';
import { kolmogorovSmirnovFrom, plottingQuantile, type Sorted, sorted } from '../../ml/statistics/distribution.ts';
import {
  cdf,
  fitGeneralizedLogistic,
  type GeneralizedLogistic,
  logLikelihood,
  quantileOfLogCdf,
} from '../../ml/statistics/generalized-logistic.ts';
import { commonHistogram } from '../../ml/statistics/histogram.ts';
import { correlation, rankCorrelation } from '../../ml/statistics/metrics.ts';
import { whyUnfittable } from '../../ml/target-transform.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { Store } from '../ports.ts';
import type { DatasetVersion } from '../records.ts';
import { atomCount, atomFeatures } from './atom-features.ts';
import { type Distribution, distributionOf, probabilitiesOfPoints } from './distributions.ts';

const MOST_COLUMN_VALUES = 2_000_000;

/** Shieldings of the atoms of all clusters, or of those of one size, in bins that all series share. */
export interface DistributionSeries {
  readonly name: string;
  /** Null: all sizes. */
  readonly size: number | null;
  readonly counts: readonly number[];
  readonly edgesPpm: readonly number[];
  readonly valuesPpm: readonly number[];
}

export interface ShieldingDistribution {
  readonly edgesPpm: readonly number[];
  readonly series: readonly DistributionSeries[];
}

/** A fit with how good it is. */
export interface GeneralizedLogisticFit extends GeneralizedLogistic {
  /** Sum over the values. */
  readonly logLikelihood: number;
  /** Distance of the values' distribution function from the fitted one. */
  readonly kolmogorovSmirnov: number;
}

/** A fit over a histogram: atoms expected in each bin, n (F(upper edge) - F(lower edge)). */
export interface FittedCurve extends GeneralizedLogisticFit {
  readonly curve: readonly number[];
}

/** Quantiles of a split beside those of a distribution that is fitted to one. */
export interface ShieldingQuantiles {
  readonly split: Split;
  readonly fittedTo: Split;
  readonly probabilities: readonly number[];
  readonly samplePpm: readonly number[];
  readonly theoreticalPpm: readonly number[];
  readonly generalizedLogistic: GeneralizedLogisticFit;
  /** Of the whole split from the fitted distribution. */
  readonly kolmogorovSmirnov: number;
}

export interface AtomColumns {
  readonly calculationIds: readonly string[];
  /** One an atom, as all columns. */
  readonly sizes: readonly number[];
  readonly shieldingsPpm: readonly number[];
  readonly columns: readonly {
    readonly name: string;
    readonly values: readonly number[];
    readonly pearson: number | null;
    readonly spearman: number | null;
  }[];
}

/** How the shieldings of a data set version are spread, and what they go with. */
export class ShieldingDistributions {
  private readonly work = new OneAtATime();

  constructor(private readonly store: Store) {}

  /** Histogram of the shieldings of all atoms, then of those in clusters of each size, in common bins. */
  async histogram(version: DatasetVersion, split: Split | null, binWidthPpm: number): Promise<ShieldingDistribution> {
    const all: number[] = [];
    const bySize = new Map<number, number[]>();
    for (const shieldingsPpm of await this.store.versionMembers.shieldings(version.id, split)) {
      const sameSize = bySize.get(shieldingsPpm.length) ?? [];
      bySize.set(shieldingsPpm.length, sameSize);
      for (const shielding of shieldingsPpm) {
        all.push(shielding);
        sameSize.push(shielding);
      }
    }
    const series = [
      { name: 'all', size: null, values: all },
      ...[...bySize].sort(([a], [b]) => a - b).map(([size, values]) => ({ name: `size ${size}`, size, values })),
    ];
    const { edgesPpm, counts } = commonHistogram(series, binWidthPpm);
    return {
      edgesPpm,
      series: series.map(({ name, size, values }, i) => ({
        ...{ name, size, counts: counts[i].counts, edgesPpm, valuesPpm: values },
      })),
    };
  }

  summary({ valuesPpm }: DistributionSeries): Promise<Distribution | null> {
    if (valuesPpm.length === 0) return Promise.resolve(null);
    return this.work.do(() => distributionOf(valuesPpm));
  }

  /** The generalised logistic distribution fitted to a series; null where it cannot be. */
  async fittedCurve(series: DistributionSeries): Promise<FittedCurve | null> {
    const { valuesPpm, edgesPpm } = series;
    if (this.whyNotFitted(series) !== null) return null;
    const fit = await this.work.do(() => fitTo(sorted(valuesPpm)));
    const below = edgesPpm.map((edge) => cdf(fit, edge));
    return { ...fit, curve: below.slice(1).map((upper, bin) => valuesPpm.length * (upper - below[bin])) };
  }

  /** Why no distribution can be fitted to a series; null if one can. */
  whyNotFitted({ valuesPpm }: DistributionSeries): string | null {
    return whyUnfittable(valuesPpm);
  }

  /**
   * Quantiles of the shieldings of a split beside those of the distribution fitted to another. Throws EMPTY_SPLIT, BAD_USER_INPUT
   * for shieldings that cannot be fitted and unless 1 to 10,000 points are asked; there are no more than atoms.
   */
  async quantiles(
    version: DatasetVersion,
    asked: { readonly split: Split; readonly fittedTo: Split; readonly points: number },
  ): Promise<ShieldingQuantiles> {
    const { split, fittedTo } = asked;
    const values = await this.shieldings(version, split);
    const training = split === fittedTo ? values : await this.shieldings(version, fittedTo);
    const whyNot = whyUnfittable(training);
    if (whyNot !== null) {
      throw new NatriumError('BAD_USER_INPUT', `no distribution can be fitted to ${fittedTo}: ${whyNot}`);
    }
    const probabilities = probabilitiesOfPoints(asked.points, values.length);
    const generalizedLogistic = await this.work.do(() => fitTo(training));
    return {
      ...{ split, fittedTo, probabilities, generalizedLogistic },
      samplePpm: probabilities.map((p) => plottingQuantile(values, p)),
      theoreticalPpm: probabilities.map((p) => quantileOfLogCdf(generalizedLogistic, Math.log(p))),
      kolmogorovSmirnov: distanceFrom(generalizedLogistic, values),
    };
  }

  /**
   * Features of every atom beside its shielding, with their correlations. Throws BAD_USER_INPUT for features that are none,
   * EMPTY_SPLIT, TOO_LARGE above 2,000,000 values, and FEATURES_UNAVAILABLE naming a calculation without the populations.
   */
  async atomColumns(
    version: DatasetVersion,
    split: Split | null,
    definition: FeatureSetDefinition,
  ): Promise<AtomColumns> {
    checkFeatureSetDefinition(definition);
    const names = featureNames(definition);
    const atoms = atomCount(version, split);
    checkNotEmpty(version, split, atoms);
    if (atoms * names.length > MOST_COLUMN_VALUES) {
      throw new NatriumError(
        'TOO_LARGE',
        `${names.length} columns of ${atoms} atoms are more than ${MOST_COLUMN_VALUES} values; ask for fewer columns or one split`,
      );
    }
    await this.checkPopulations(version, split, definition.grossOrbitalPopulations?.labels ?? []);
    const { calculationIds, sizes, shieldingsPpm, features } = await atomFeatures(
      this.store,
      version,
      split,
      definition,
    );
    const columns: AtomColumns['columns'][number][] = [];
    for (const [i, name] of names.entries()) {
      const pearson = await this.work.do(() => correlation(features[i], shieldingsPpm));
      const spearman = await this.work.do(() => rankCorrelation(features[i], shieldingsPpm));
      columns.push({ name, values: Array.from(features[i]), pearson, spearman });
    }
    return { calculationIds, sizes: Array.from(sizes), shieldingsPpm: Array.from(shieldingsPpm), columns };
  }

  private async shieldings(version: DatasetVersion, split: Split): Promise<Sorted> {
    const shieldings = await this.store.versionMembers.shieldings(version.id, split);
    checkNotEmpty(version, split, shieldings.length);
    return sorted(shieldings.flat());
  }

  private async checkPopulations(
    version: DatasetVersion,
    split: Split | null,
    labels: readonly string[],
  ): Promise<void> {
    if (labels.length === 0) return;
    const splits = split === null ? SPLITS : [split];
    const lacking = await this.store.versionMembers.withoutPopulations(version.id, splits, labels);
    if (lacking === null) return;
    throw new NatriumError(
      'FEATURES_UNAVAILABLE',
      `calculation ${lacking} lacks gross orbital populations that are asked for (${labels.join(' ')}); leave out ` +
        'populationLabels, or take data with populations',
    );
  }
}

function checkNotEmpty({ splitCounts }: DatasetVersion, split: Split | null, count: number): void {
  if (count > 0) return;
  const filled = splitCounts.filter(({ clusters }) => clusters > 0).map((each) => each.split);
  throw new NatriumError('EMPTY_SPLIT', `${split} of this data set version is empty; it has ${filled.join(', ')}`);
}

function fitTo(values: Sorted): GeneralizedLogisticFit {
  const fit = fitGeneralizedLogistic(values);
  return { ...fit, logLikelihood: logLikelihood(fit, values), kolmogorovSmirnov: distanceFrom(fit, values) };
}

function distanceFrom(fit: GeneralizedLogistic, values: Sorted): number {
  return kolmogorovSmirnovFrom(values, (value) => cdf(fit, value));
}
