import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import { connectionOf, PageArgs } from './common.ts';
import { ComparedMetricEnum, LikenessKindEnum, SplitEnum } from './enums.ts';
import { Evaluation } from './evaluations.ts';

const LOW = 'Lower end of the interval; null with fewer than two clusters.';
const HIGH = 'Upper end of the interval.';
const UNDEFINED_RESAMPLES = 'Resamples in which it is undefined; they are left out.';

@ArgsType()
export class CompareModelVersionsArgs {
  @Field(() => [String], { description: 'Written `name/3` or `name@champion`; 1 to 50.' })
  modelVersions!: string[];

  @Field(() => SplitEnum)
  split!: 'train' | 'validation' | 'test';

  @Field(() => String, {
    nullable: true,
    description: 'Written `name/1`. Of each version what it was trained on, unless given.',
  })
  datasetVersion?: string | null;

  @Field(() => String, { nullable: true, description: 'One of the versions; the first unless given.' })
  baseline?: string | null;

  @Field(() => Int, { defaultValue: 1000, description: '100 to 10,000 of the bootstrap over clusters.' })
  resamples!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Of the resamples: the same seed, the same intervals.' })
  seed!: number;

  @Field(() => Float, { defaultValue: 0.95, description: 'Of the intervals, 0.5 to 0.999.' })
  confidence!: number;
}

@ObjectType({
  description: 'How much larger the value of a version is than that of another one, in the same resamples.',
})
export class PairedDifference {
  @Field(() => Float, { nullable: true, description: 'Null where one of the two is undefined.' })
  value!: number | null;

  @Field(() => Float, { nullable: true, description: LOW })
  low!: number | null;

  @Field(() => Float, { nullable: true, description: HIGH })
  high!: number | null;

  @Field(() => Boolean, { description: 'Whether the interval leaves 0 out.' })
  moreThanNoise!: boolean;

  @Field(() => Int, { description: UNDEFINED_RESAMPLES })
  undefinedResamples!: number;
}

@ObjectType({
  description: 'A metric of one version with its interval. Of biases, differences are of how far they are from 0.',
})
export class MetricOfVersion {
  @Field(() => Float, {
    nullable: true,
    description: 'Over all atoms; null where equal shieldings leave it undefined.',
  })
  value!: number | null;

  @Field(() => Float, { nullable: true, description: LOW })
  low!: number | null;

  @Field(() => Float, { nullable: true, description: HIGH })
  high!: number | null;

  @Field(() => Int, { description: UNDEFINED_RESAMPLES })
  undefinedResamples!: number;

  @Field(() => PairedDifference)
  differenceToBaseline!: PairedDifference;

  @Field(() => PairedDifference, { nullable: true, description: 'Null if the metric is undefined for all.' })
  differenceToBest!: PairedDifference | null;
}

@ObjectType({ description: 'Versions by one metric of predicted against calculated shieldings.' })
export class MetricComparison {
  @Field(() => ComparedMetricEnum)
  metric!: string;

  @Field(() => Boolean, { description: 'Of a bias: the nearer to 0 the better.' })
  lowerIsBetter!: boolean;

  @Field(() => Boolean, {
    description:
      'Whether the best differs from every other version by more than noise. Not corrected for many comparisons.',
  })
  bestIsMoreThanNoise!: boolean;

  @Field(() => String, { description: 'The same in plain sentences.' })
  verdict!: string;

  @Field(() => [MetricOfVersion], { description: 'In the order asked.' })
  versions!: MetricOfVersion[];
}

@ObjectType()
export class SizeMetricsOfVersion {
  @Field(() => Float)
  rmsePpm!: number;

  @Field(() => Float)
  maePpm!: number;

  @Field(() => Float)
  biasPpm!: number;
}

@ObjectType({ description: 'Versions over the clusters of one size.' })
export class SizeComparison {
  @Field(() => Int, { description: 'Atoms of a cluster.' })
  size!: number;

  @Field(() => Int)
  clusters!: number;

  @Field(() => Int)
  atoms!: number;
}

@ObjectType({
  description: 'An atom for which a version is worse than the baseline. Residuals are predicted minus calculated.',
})
export class WorseAtom {
  @Field(() => Float)
  calculatedPpm!: number;

  @Field(() => [Float], { description: 'Of the versions, in the order asked.' })
  residualsPpm!: number[];

  @Field(() => Float)
  baselineResidualPpm!: number;

  @Field(() => Float, { description: "By how much the absolute residual is larger than the baseline's." })
  growthPpm!: number;
}

@ObjectType({
  description:
    'Distances between the distributions of shieldings: calculated ones first, then those of the versions as asked.',
})
export class DistributionDistances {
  @Field(() => [String], { description: 'Of rows and columns.' })
  names!: string[];

  @Field(() => [[Float]], { description: 'Largest distance of the distribution functions, 0 to 1.' })
  kolmogorovSmirnov!: number[][];

  @Field(() => [[Float]], { description: 'Area between the distribution functions.' })
  wasserstein1Ppm!: number[][];
}

@ObjectType({ description: 'An evaluated cluster that the version was trained or validated on.' })
export class LeakedCluster {
  @Field(() => SplitEnum, {
    description: 'TRAIN: the version was trained on it. VALIDATION: the version was validated on it.',
  })
  split!: string;

  @Field(() => LikenessKindEnum)
  by!: string;
}

export const LeakedClusterConnection = connectionOf(() => LeakedCluster, 'LeakedCluster');
export const WorseAtomConnection = connectionOf(() => WorseAtom, 'WorseAtom');

@ObjectType({
  description:
    'Evaluated clusters that a version was trained or validated on, by identity or fingerprint. Errors on them may be lower than on ' +
    'others: by those in validation a version is chosen, unless alpha was chosen by CROSS_VALIDATION.',
})
export class Leakage {
  @Field(() => Int, { description: 'Evaluated clusters that the version was trained on.' })
  count!: number;

  @Field(() => Int, {
    description:
      'Evaluated clusters by which the version was chosen, in its validation split; none where it was chosen by cross-validation.',
  })
  validationCount!: number;
}

@ArgsType()
export class LeakedClusterArgs extends PageArgs {
  @Field(() => SplitEnum, {
    nullable: true,
    description: 'Only of this split of the data set version it was trained on.',
  })
  split?: 'train' | 'validation' | 'test';
}

@ArgsType()
export class WorseAtomArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: 'Only where this one of the versions is worse; any unless given.',
  })
  modelVersion?: string | null;
}

@ObjectType({
  description:
    'Model versions side by side on the same atoms. Intervals are percentiles of a bootstrap that draws whole clusters, the same ' +
    'ones for every version and metric.',
})
export class Comparison {
  @Field(() => SplitEnum)
  split!: string;

  @Field(() => [Evaluation], { description: 'In the order asked, with columns in the order of the first.' })
  evaluations!: Evaluation[];

  @Field(() => Int)
  clusters!: number;

  @Field(() => Int)
  atoms!: number;
}
