import { GraphQLJSONObject } from 'graphql-scalars';
import { ArgsType, Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { PAPER_SMEARING_ANGSTROM } from '../ml/features/feature-set.ts';
import { connectionOf, MutationInput, Node, Recorded } from './common.ts';
import { SplitEnum, TensorIndexOrderEnum } from './enums.ts';

const SHA256 = '64 hexadecimal digits';

@ObjectType({
  implements: [Node, Recorded],
  description: 'How calculations were made; only those at one level compare.',
})
export class LevelOfTheory extends Recorded {
  @Field(() => String)
  program!: string;

  @Field(() => String, { description: 'Version of the program.' })
  version!: string;

  @Field(() => String)
  method!: string;

  @Field(() => String)
  basis!: string;
}

@ObjectType({
  implements: [Node, Recorded],
  description: 'A finite cluster of atoms in one orientation and order; importing it twice gives one.',
})
export class Cluster extends Recorded {
  @Field(() => String, { nullable: true, description: 'Name in the file it first came from.' })
  label!: string | null;

  @Field(() => String, { description: 'Hill formula, such as Na20.' })
  formula!: string;

  @Field(() => Int, { description: 'Number of atoms.' })
  size!: number;

  @Field(() => [Int], { description: 'Column of atomic numbers.' })
  atomicNumbers!: number[];

  @Field(() => [Float], { description: 'Column of positions in Å, x y z of each atom in turn.' })
  positionsAngstrom!: number[];

  @Field(() => Int)
  charge!: number;

  @Field(() => Int, { description: 'Spin multiplicity 2S + 1.' })
  multiplicity!: number;

  @Field(() => String, { description: `Identity: sha256 of elements, positions, charge and multiplicity, ${SHA256}.` })
  identitySha256!: string;

  @Field(() => String, {
    description:
      'Equal for copies in another frame or order that differ by no more than the rounding of doubles. Copies printed with ' +
      'fewer decimals may have another one; `nearDuplicates` finds them.',
  })
  fingerprint!: string;

  @Field(() => GraphQLJSONObject, { description: 'What else the source says of it.' })
  provenance!: object;

  @Field(() => String, { nullable: true, description: `sha256 of the file it came from, ${SHA256}.` })
  sourceSha256!: string | null;

  @Field(() => Int, { nullable: true, description: 'Line of that file where it begins.' })
  sourceLine!: number | null;
}

@ObjectType({
  implements: [Node, Recorded],
  description: 'A cluster at a level of theory. Never edited; at most invalidated.',
})
export class Calculation extends Recorded {
  @Field(() => String, { nullable: true, description: 'Name in its file.' })
  label!: string | null;

  @Field(() => Float, { nullable: true })
  energyHartree!: number | null;

  @Field(() => Float, { nullable: true, description: 'Expectation value of S².' })
  spinSquared!: number | null;

  @Field(() => String, { nullable: true, description: 'How gauge invariance was reached, such as GIAO.' })
  shieldingGauge!: string | null;

  @Field(() => [Float], { description: 'Column of isotropic shieldings (ppm), one an atom.' })
  shieldingsPpm!: number[];

  @Field(() => [Float], {
    nullable: true,
    description:
      'Column of shielding tensors (ppm) as the program printed them, nine numbers row by row for each atom.',
  })
  shieldingTensorsPpm!: number[] | null;

  @Field(() => TensorIndexOrderEnum)
  tensorIndexOrder!: string;

  @Field(() => [String], { nullable: true })
  populationLabels!: string[] | null;

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description:
      'Column of gross orbital populations (electrons), one a label for each atom in turn; null for an orbital that an atom lacks.',
  })
  grossOrbitalPopulations!: (number | null)[] | null;

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description:
      'Column of electric field gradients (atomic units) as the program printed them, nine numbers row by row for each atom; ' +
      'null for an atom without one.',
  })
  electricFieldGradientsAu!: (number | null)[] | null;

  @Field(() => SplitEnum, { nullable: true, description: 'Split that its file gave it.' })
  givenSplit!: string | null;

  @Field(() => GraphQLJSONObject, { description: 'What else the source says of it.' })
  provenance!: object;

  @Field(() => String, { description: `sha256 of what was computed, ${SHA256}.` })
  contentSha256!: string;

  @Field(() => String, { nullable: true })
  sourceSha256!: string | null;

  @Field(() => String, { nullable: true })
  sourceFileName!: string | null;

  @Field(() => Int, { nullable: true })
  sourceLine!: number | null;

  @Field(() => Date, { nullable: true })
  invalidatedAt!: Date | null;

  @Field(() => String, { nullable: true })
  invalidatedBy!: string | null;

  @Field(() => String, { nullable: true })
  invalidationReason!: string | null;
}

@ObjectType()
export class OrbitalPopulation {
  @Field(() => String)
  label!: string;

  @Field(() => Float)
  electrons!: number;

  @Field(() => Boolean, { description: 'Whether it changes when the cluster is turned, as p and d components do.' })
  dependsOnOrientation!: boolean;
}

@ObjectType({
  description:
    'What a shielding tensor is, whatever its frame. Of shieldings, not of shifts: there the order of the components and the ' +
    'sign of the anisotropy turn round.',
})
export class ShieldingTensorParameters {
  @Field(() => Float, { description: 'A third of the trace.' })
  isotropicPpm!: number;

  @Field(() => [Float], { description: 'Eigenvalues of the symmetric part, σ11 <= σ22 <= σ33.' })
  principalComponentsPpm!: readonly number[];

  @Field(() => Float, { description: 'IUPAC (Mehring): Ω = σ33 - σ11.' })
  spanPpm!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'IUPAC (Mehring): κ = 3 (σiso - σ22) / Ω, from -1 to 1; null without span.',
  })
  skew!: number | null;

  @Field(() => Float, {
    description:
      'Haeberlen: Δσ = σzz - (σxx + σyy) / 2, where σzz is the component farthest from σiso and σyy the nearest.',
  })
  anisotropyPpm!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Haeberlen: η = (σyy - σxx) / (σzz - σiso), from 0 to 1; null without anisotropy.',
  })
  asymmetry!: number | null;

  @Field(() => [Float], {
    description: 'Antisymmetric part (σij - σji) / 2 for xy, xz and yz, in the frame that the program printed.',
  })
  antisymmetricPpm!: readonly number[];
}

@ObjectType({ description: 'One site of a cluster, with what a calculation knows of it.' })
export class Atom {
  @Field(() => Int, { description: 'Position in the cluster, from 0.' })
  index!: number;

  @Field(() => String)
  element!: string;

  @Field(() => Int)
  atomicNumber!: number;

  @Field(() => [Float], { description: 'x, y, z in Å.' })
  positionAngstrom!: number[];

  @Field(() => Float, { nullable: true, description: 'Isotropic shielding.' })
  shieldingPpm!: number | null;

  @Field(() => [Float], { nullable: true, description: '3x3 shielding tensor, row by row, as the program printed it.' })
  shieldingTensorPpm!: number[] | null;

  @Field(() => [OrbitalPopulation], { nullable: true })
  grossOrbitalPopulations!: OrbitalPopulation[] | null;
}

@InputType({ description: 'Which atoms; all that are given must hold.' })
export class AtomFilter {
  @Field(() => SplitEnum, { nullable: true })
  split?: 'train' | 'validation' | 'test';

  @Field(() => String, { nullable: true })
  element?: string;

  @Field(() => [Int], { nullable: true, description: 'Sizes of the clusters.' })
  sizes?: number[];

  @Field(() => Float, { nullable: true })
  shieldingAtLeastPpm?: number;

  @Field(() => Float, { nullable: true })
  shieldingAtMostPpm?: number;
}

export const ClusterConnection = connectionOf(() => Cluster, 'Cluster');
export const CalculationConnection = connectionOf(() => Calculation, 'Calculation');
export const AtomConnection = connectionOf(() => Atom, 'Atom');

@InputType()
export class InvalidateCalculationInput extends MutationInput {
  @Field(() => ID)
  calculation!: string;

  @Field(() => String)
  reason!: string;
}

@ObjectType({ description: 'Running coordination numbers of the atoms of one cluster, smeared at each radius.' })
export class RunningCoordinationNumbers {
  @Field(() => [Float])
  radiiAngstrom!: readonly number[];

  @Field(() => Float)
  smearingAngstrom!: number;

  @Field(() => [String], { nullable: true, description: 'Null: all neighbours together.' })
  neighborElements?: readonly string[];

  @Field(() => [[Float]], {
    description: 'One row an atom, one column a radius; with neighbour elements, the radii of each element in turn.',
  })
  values!: number[][];
}

@ArgsType()
export class CoordinationArgs {
  @Field(() => [Float], { nullable: true, description: "Ascending; the paper's 3.1, 3.2, ..., 12.0 Å unless given." })
  radiiAngstrom?: number[] | null;

  @Field(() => Float, { defaultValue: PAPER_SMEARING_ANGSTROM, description: 'Standard deviation of the smearing.' })
  smearingAngstrom!: number;

  @Field(() => [String], {
    nullable: true,
    description: 'Symbols of the neighbours that are counted, each apart; all together unless given.',
  })
  neighborElements?: string[] | null;
}
