import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { PAPER_SMEARING_ANGSTROM } from '../ml/features/feature-set.ts';
import { connectionOf, MutationInput, Node, Recorded } from './common.ts';
import { ExportFormatEnum, SplitEnum } from './enums.ts';
import { CalculationFilter } from './filters.ts';

@ObjectType({
  implements: [Node, Recorded],
  description: 'A named collection of calculations; its versions are frozen.',
})
export class Dataset extends Recorded {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  description!: string;

  @Field(() => String)
  licence!: string;

  @Field(() => String, { nullable: true })
  citation!: string | null;

  @Field(() => String, { nullable: true })
  doi!: string | null;
}

@ObjectType()
export class SplitCount {
  @Field(() => SplitEnum)
  split!: string;

  @Field(() => Int)
  clusters!: number;

  @Field(() => Int)
  atoms!: number;
}

@ObjectType({
  implements: [Node, Recorded],
  description: 'A frozen list of calculations, each in one split. Written `name/1`.',
})
export class DatasetVersion extends Recorded {
  @Field(() => Int)
  version!: number;

  @Field(() => String, { description: 'sha256 over the content of the calculations and their splits, in order.' })
  sha256!: string;

  @Field(() => GraphQLJSONObject, { description: 'How the split was made.' })
  splitMethod!: object;

  @Field(() => [SplitCount])
  splitCounts!: SplitCount[];
}

@ObjectType({
  description:
    'A file with a whole data set version: always the same bytes. Its `url` answers GET with the token of GraphQL and takes ranges, ' +
    'so that a download can go on where it stopped; `?featureSet=name/1` adds features to CSV.',
})
export class DatasetExport {
  @Field(() => ExportFormatEnum)
  format!: string;

  @Field(() => String)
  url!: string;

  @Field(() => String)
  fileName!: string;

  @Field(() => String)
  mediaType!: string;

  @Field(() => String, { nullable: true, description: 'Null until the file has been asked for once.' })
  sha256!: string | null;

  @Field(() => Float, { nullable: true, description: 'Null until the file has been asked for once.' })
  byteLength!: number | null;
}

@ObjectType()
export class Histogram {
  @Field(() => [Float], { description: 'Edges of the bins (ppm), one more than there are bins; 0 is always an edge.' })
  edgesPpm!: readonly number[];

  @Field(() => [HistogramSeries])
  series!: HistogramSeries[];
}

@ObjectType()
export class HistogramSeries {
  @Field(() => String)
  name!: string;

  @Field(() => [Int], { description: 'Number of atoms in each bin.' })
  counts!: number[];
}

export const DatasetConnection = connectionOf(() => Dataset, 'Dataset');

@InputType()
export class CreateDatasetInput extends MutationInput {
  @Field(() => String, { description: '1 to 100 of a-z, 0-9, `.`, `_` and `-`.' })
  name!: string;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  description!: string;

  @Field(() => String, { description: 'Such as CC0-1.0.' })
  licence!: string;

  @Field(() => String, { nullable: true })
  citation?: string;

  @Field(() => String, { nullable: true, description: 'Without a prefix, such as 10.20517/jmi.2022.39.' })
  doi?: string;
}

@InputType({ description: 'Clusters of these sizes are held back; all others train.' })
export class SplitBySizeInput {
  @Field(() => [Int])
  validation!: number[];

  @Field(() => [Int])
  test!: number[];
}

@InputType({
  description: 'Ids or labels of the calculations of each split; one that is in none follows its relatives.',
})
export class SplitByListInput {
  @Field(() => [String])
  train!: string[];

  @Field(() => [String])
  validation!: string[];

  @Field(() => [String])
  test!: string[];
}

@InputType({
  description: 'Exactly one of the three. A cluster and what came out of it are never in different splits.',
})
export class SplitInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'As the imported files say; whatever has no split takes that of its relatives, chosen or not.',
  })
  asGiven?: boolean;

  @Field(() => SplitBySizeInput, { nullable: true })
  bySize?: SplitBySizeInput;

  @Field(() => SplitByListInput, { nullable: true })
  byList?: SplitByListInput;
}

@InputType()
export class CreateDatasetVersionInput extends MutationInput {
  @Field(() => String, { description: 'Name of the data set.' })
  dataset!: string;

  @Field(() => [ID], { nullable: true, description: 'Which calculations; or give a filter.' })
  calculations?: string[];

  @Field(() => CalculationFilter, { nullable: true, description: 'All valid calculations that match.' })
  filter?: object;

  @Field(() => SplitInput)
  split!: SplitInput;

  @Field(() => Boolean, { defaultValue: false })
  allowMixedLevelsOfTheory!: boolean;
}

@ObjectType()
export class RunningCoordinationNumberFeatures {
  @Field(() => [Float])
  radiiAngstrom!: number[];

  @Field(() => Float, { description: 'Standard deviation of the Gaussian that replaces each neighbour.' })
  smearingAngstrom!: number;

  @Field(() => [String], { nullable: true, description: 'Null: all neighbours together.' })
  neighborElements?: readonly string[];
}

@ObjectType()
export class OrbitalPopulationFeatures {
  @Field(() => [String])
  labels!: string[];
}

@ObjectType()
export class FeatureSetDefinition {
  @Field(() => RunningCoordinationNumberFeatures, { nullable: true })
  runningCoordinationNumbers!: RunningCoordinationNumberFeatures | null;

  @Field(() => OrbitalPopulationFeatures, { nullable: true })
  grossOrbitalPopulations!: OrbitalPopulationFeatures | null;
}

@ObjectType({ implements: [Node, Recorded], description: 'A definition of the features of an atom. Written `name/1`.' })
export class FeatureSet extends Recorded {
  @Field(() => String)
  name!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => FeatureSetDefinition)
  definition!: FeatureSetDefinition;

  @Field(() => String, { description: 'sha256 of the definition.' })
  sha256!: string;

  @Field(() => Boolean, { description: 'Whether the features need a DFT calculation of the cluster.' })
  needsDft!: boolean;
}

export const FeatureSetConnection = connectionOf(() => FeatureSet, 'FeatureSet');

@InputType({ description: 'CN_i(r) = sum over the other atoms j of Φ((r - r_ij) / smearing).' })
export class RunningCoordinationNumbersInput {
  @Field(() => [Float], { nullable: true, description: "Ascending; the paper's 3.1, 3.2, ..., 12.0 Å unless given." })
  radiiAngstrom?: number[];

  @Field(() => Float, { defaultValue: PAPER_SMEARING_ANGSTROM })
  smearingAngstrom!: number;

  @Field(() => [String], {
    nullable: true,
    description: 'Symbols of the neighbours that are counted, each in columns of its own; all together unless given.',
  })
  neighborElements?: string[] | null;
}

@InputType()
export class GrossOrbitalPopulationsInput {
  @Field(() => [String], { nullable: true, description: "Labels as in the calculations; the paper's 19 unless given." })
  labels?: string[];
}

@InputType()
export class CreateFeatureSetInput extends MutationInput {
  @Field(() => String)
  name!: string;

  @Field(() => RunningCoordinationNumbersInput, { nullable: true })
  runningCoordinationNumbers?: RunningCoordinationNumbersInput;

  @Field(() => GrossOrbitalPopulationsInput, { nullable: true })
  grossOrbitalPopulations?: GrossOrbitalPopulationsInput;
}
