import { ArgsType, Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { PAPER_SMEARING_ANGSTROM } from '../ml/features/feature-set.ts';
import { NEIGHBOUR_RADIUS_ANGSTROM } from '../ml/study/finding.ts';
import { SplitEnum } from './enums.ts';

@ObjectType()
export class QuantileValue {
  @Field(() => Float)
  probability!: number;

  @Field(() => Float)
  valuePpm!: number;
}

@ObjectType({ description: 'What shieldings look like as a distribution.' })
export class DistributionSummary {
  @Field(() => Int, { description: 'Number of atoms.' })
  count!: number;

  @Field(() => Float, { name: 'meanPpm' })
  mean!: number;

  @Field(() => Float, { name: 'standardDeviationPpm', description: 'Of the population.' })
  standardDeviation!: number;

  @Field(() => Float, { nullable: true, description: 'Below 0 for a tail of low shieldings; null if all are equal.' })
  skewness!: number | null;

  @Field(() => Float, {
    name: 'modePpm',
    nullable: true,
    description: "Where the Gaussian kernel density estimate with Scott's bandwidth is highest; null if all are equal.",
  })
  mode!: number | null;
}

@ObjectType({ description: 'Points of a Q-Q plot: quantiles at the probabilities (k - 1/2) / n.' })
export class QuantileQuantile {
  @Field(() => [Float])
  probabilities!: readonly number[];

  @Field(() => [Float])
  calculatedPpm!: readonly number[];

  @Field(() => [Float])
  predictedPpm!: readonly number[];
}

@ObjectType({ description: 'The distribution of predicted shieldings beside that of the calculated ones.' })
export class DistributionComparison {
  @Field(() => DistributionSummary)
  calculated!: DistributionSummary;

  @Field(() => DistributionSummary)
  predicted!: DistributionSummary;

  @Field(() => Float, { description: 'Largest distance between the two empirical distribution functions, 0 to 1.' })
  kolmogorovSmirnov!: number;

  @Field(() => Float, {
    description: 'Wasserstein-1 distance: how far shieldings move on average to make one the other.',
  })
  wasserstein1Ppm!: number;
}

@ObjectType({
  description: 'F(σ) = (1 + exp(-(σ - location) / scale))^-shape (type I), fitted to shieldings by maximum likelihood.',
})
export class GeneralizedLogisticFit {
  @Field(() => Float, { description: 'Below 1 if skewed to low shieldings.' })
  shape!: number;

  @Field(() => Float, { description: 'In ppm.' })
  location!: number;

  @Field(() => Float, { description: 'In ppm.' })
  scale!: number;

  @Field(() => Float, { description: 'Sum of the logarithms of the density (1/ppm) over the atoms.' })
  logLikelihood!: number;

  @Field(() => Float, { description: 'Largest distance between its distribution function and that of its atoms.' })
  kolmogorovSmirnov!: number;
}

@ObjectType()
export class GeneralizedLogisticCurve extends GeneralizedLogisticFit {
  @Field(() => [Float], {
    description: 'Atoms that it lets expect in each bin of the histogram, n (F(upper edge) - F(lower edge)).',
  })
  curve!: readonly number[];
}

@ObjectType()
export class ShieldingDistributionSeries {
  @Field(() => String, { description: '`all`, or `size 20` and so on.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'Atoms of a cluster; null for all clusters.' })
  size!: number | null;

  @Field(() => [Int], { description: 'Number of atoms in each bin.' })
  counts!: readonly number[];
}

@ObjectType({ description: 'Shieldings in bins that all series share.' })
export class ShieldingDistribution {
  @Field(() => [Float], { description: 'Edges of the bins (ppm), one more than there are bins; 0 is always an edge.' })
  edgesPpm!: readonly number[];

  @Field(() => [ShieldingDistributionSeries])
  series!: readonly ShieldingDistributionSeries[];
}

@ObjectType({ description: 'Quantiles of the shieldings of a split beside those of a fitted distribution.' })
export class ShieldingQuantiles {
  @Field(() => SplitEnum)
  split!: string;

  @Field(() => SplitEnum)
  fittedTo!: string;

  @Field(() => [Float], { description: '(k - 1/2) / n.' })
  probabilities!: readonly number[];

  @Field(() => [Float])
  samplePpm!: readonly number[];

  @Field(() => [Float])
  theoreticalPpm!: readonly number[];

  @Field(() => GeneralizedLogisticFit)
  generalizedLogistic!: GeneralizedLogisticFit;

  @Field(() => Float, { description: 'Largest distance between its distribution function and that of the split.' })
  kolmogorovSmirnov!: number;
}

@ObjectType({ description: 'One number an atom.' })
export class AtomColumn {
  @Field(() => String, { description: 'Such as `CN(4.0 Å)` or `GOP(3S)`.' })
  name!: string;

  @Field(() => [Float])
  values!: readonly number[];

  @Field(() => Float, { nullable: true, description: "Pearson's correlation with the shieldings." })
  pearson!: number | null;

  @Field(() => Float, { nullable: true, description: "Spearman's correlation with the shieldings." })
  spearman!: number | null;
}

@ObjectType({
  description: 'Shieldings and features of atoms, ready to be plotted: all columns run over the same atoms.',
})
export class AtomColumns {
  @Field(() => [Float])
  shieldingsPpm!: readonly number[];

  @Field(() => [Int], { description: 'Column of the number of atoms of the cluster of each atom.' })
  sizes!: readonly number[];

  @Field(() => [ID], { description: 'Of the calculations whose atoms the columns run over, in order.' })
  calculationIds!: readonly string[];

  @Field(() => [AtomColumn])
  columns!: readonly AtomColumn[];
}

@ArgsType()
export class AtomColumnsArgs {
  @Field(() => SplitEnum, { nullable: true, description: 'All splits unless given.' })
  split?: 'train' | 'validation' | 'test' | null;

  @Field(() => [Float], {
    defaultValue: [NEIGHBOUR_RADIUS_ANGSTROM],
    description: 'Radii of running coordination numbers, ascending; may be none.',
  })
  radiiAngstrom!: number[];

  @Field(() => Float, { defaultValue: PAPER_SMEARING_ANGSTROM, description: 'Standard deviation of the smearing.' })
  smearingAngstrom!: number;

  @Field(() => [String], { defaultValue: [], description: 'Gross orbital populations, such as 3S.' })
  populationLabels!: string[];
}
