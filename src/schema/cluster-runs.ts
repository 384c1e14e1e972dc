import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { DEFAULT_FORCE_TOLERANCE_EV_PER_ANGSTROM, DEFAULT_RELAXATION_STEPS } from '../chemistry/relaxation.ts';
import { PAPER_CLUSTERS_PER_SIZE, PAPER_SIZES } from '../chemistry/s-blda/generator.ts';
import { PAPER_LAWS } from '../chemistry/s-blda/law.ts';
import { connectionOf, MutationInput, Recorded } from './common.ts';
import { ClusterRunKindEnum, ImportStatusEnum, RunStateEnum } from './enums.ts';
import { ClusterFilter } from './filters.ts';
import { ItemError } from './import-report.ts';

@ObjectType({
  implements: Recorded,
  description: 'A background run that makes clusters. One that was interrupted goes on where it stopped.',
})
export class ClusterRun extends Recorded {
  @Field(() => ClusterRunKindEnum)
  kind!: string;

  @Field(() => RunStateEnum)
  state!: string;

  @Field(() => String, { nullable: true, description: 'Why it failed, or, while it is tried again, why it did last.' })
  failure!: string | null;

  @Field(() => Int, { description: 'How many clusters it is to make; the three counts add up to those it has done.' })
  total!: number;

  @Field(() => Int)
  inserted!: number;

  @Field(() => Int, { description: 'Clusters that were stored before.' })
  existing!: number;

  @Field(() => Int)
  rejected!: number;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'A normal distribution of distances.' })
export class DistanceLaw {
  @Field(() => Float)
  meanAngstrom!: number;

  @Field(() => Float)
  standardDeviationAngstrom!: number;
}

@ObjectType({ description: 'What S-BLDA was asked for.' })
export class GenerationSettings {
  @Field(() => String)
  element!: string;

  @Field(() => [Int])
  sizes!: number[];

  @Field(() => Int)
  clustersPerSize!: number;

  @Field(() => DistanceLaw, { description: 'Of the nearest neighbours in the finished clusters.' })
  nearest!: DistanceLaw;

  @Field(() => DistanceLaw, { description: 'Of the next-nearest neighbours in the finished clusters.' })
  nextNearest!: DistanceLaw;

  @Field(() => Float)
  seed!: number;
}

@ObjectType()
export class RelaxationSettings {
  @Field(() => Float)
  forceToleranceEvPerAngstrom!: number;

  @Field(() => Int)
  mostSteps!: number;
}

@ObjectType({ description: 'How a cluster was relaxed.' })
export class RelaxationOutcome {
  @Field(() => Float)
  energyBeforeEv!: number;

  @Field(() => Float)
  energyAfterEv!: number;

  @Field(() => Float, { description: 'Largest force on an atom at the end.' })
  largestForceEvPerAngstrom!: number;

  @Field(() => Int)
  steps!: number;
}

@ObjectType({ description: 'What became of one cluster of a run.' })
export class ClusterRunItem {
  @Field(() => ImportStatusEnum)
  status!: string;

  @Field(() => ItemError, { nullable: true })
  error!: ItemError | null;

  @Field(() => RelaxationOutcome, { nullable: true })
  relaxation!: RelaxationOutcome | null;
}

export const ClusterRunConnection = connectionOf(() => ClusterRun, 'ClusterRun');
export const ClusterRunItemConnection = connectionOf(() => ClusterRunItem, 'ClusterRunItem');

@InputType()
export class DistanceLawInput {
  @Field(() => Float)
  meanAngstrom!: number;

  @Field(() => Float)
  standardDeviationAngstrom!: number;
}

@InputType({ description: "The defaults are the paper's." })
export class GenerateClustersInput extends MutationInput {
  @Field(() => String, { defaultValue: 'Na' })
  element!: string;

  @Field(() => [Int], { defaultValue: PAPER_SIZES, description: 'Numbers of atoms, 1 to 1,000.' })
  sizes!: number[];

  @Field(() => Int, { defaultValue: PAPER_CLUSTERS_PER_SIZE })
  clustersPerSize!: number;

  @Field(() => DistanceLawInput, {
    defaultValue: PAPER_LAWS.nearest,
    description: 'Distances to nearest neighbours in the finished clusters.',
  })
  nearest!: DistanceLawInput;

  @Field(() => DistanceLawInput, {
    defaultValue: PAPER_LAWS.nextNearest,
    description: 'Distances to next-nearest neighbours in the finished clusters.',
  })
  nextNearest!: DistanceLawInput;

  @Field(() => Float, { description: 'The same seed gives the same clusters, bit for bit, on every machine.' })
  seed!: number;
}

@InputType({ description: 'Exactly one of `clusters`, `filter` and `clusterRun` says what to relax.' })
export class RelaxClustersInput extends MutationInput {
  @Field(() => [ID], { nullable: true })
  clusters?: string[] | null;

  @Field(() => ClusterFilter, { nullable: true, description: 'All clusters that match.' })
  filter?: object | null;

  @Field(() => ID, { nullable: true, description: 'All clusters that this run made.' })
  clusterRun?: string | null;

  @Field(() => Float, {
    defaultValue: DEFAULT_FORCE_TOLERANCE_EV_PER_ANGSTROM,
    description: 'A cluster is relaxed when the force on none of its atoms is larger.',
  })
  forceToleranceEvPerAngstrom!: number;

  @Field(() => Int, { defaultValue: DEFAULT_RELAXATION_STEPS })
  mostSteps!: number;
}

@InputType()
export class ClusterRunInput extends MutationInput {
  @Field(() => ID)
  clusterRun!: string;
}
