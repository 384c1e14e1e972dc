import { ArgsType, Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { Split } from '../chemistry/calculation-record.ts';
import { DEFAULT_LORENTZIAN_FRACTION, type LineshapeKind } from '../chemistry/spectrum/lineshapes.ts';
import { DEFAULT_POINTS, FEWEST_POINTS, MOST_POINTS } from '../chemistry/spectrum.ts';
import type { SpectrumScale } from '../registry/spectra/spectrum-description.ts';
import { LineshapeEnum, SpectrumScaleEnum, SplitEnum } from './enums.ts';
import { ShiftArgs } from './shielding-references.ts';

const DEFAULT_WIDTH_PPM = 5;

@ArgsType()
export class SpectrumArgs extends ShiftArgs {
  @Field(() => [ID], { nullable: true, description: 'Up to 1,000.' })
  calculations?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Up to 1,000; of each its valid calculation.' })
  clusters?: string[] | null;

  @Field(() => ID, { nullable: true, description: 'With clusters: of which calculation, if there are several.' })
  levelOfTheory?: string | null;

  @Field(() => [ID], { nullable: true, description: 'Up to 1,000.' })
  predictions?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Written `name/1`; up to a million atoms.' })
  datasetVersion?: string | null;

  @Field(() => SplitEnum, { nullable: true, description: 'With datasetVersion: of one split only.' })
  split?: Split | null;

  @Field(() => SpectrumScaleEnum, { defaultValue: 'SHIELDING' })
  scale!: SpectrumScale;

  @Field(() => LineshapeEnum, { defaultValue: 'GAUSSIAN' })
  lineshape!: LineshapeKind;

  @Field(() => Float, { defaultValue: DEFAULT_WIDTH_PPM })
  fullWidthAtHalfMaximumPpm!: number;

  @Field(() => Float, {
    nullable: true,
    description: `With PSEUDO_VOIGT: part of the area that is Lorentzian, 0 to 1; ${DEFAULT_LORENTZIAN_FRACTION} unless given.`,
  })
  lorentzianFraction?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Five widths beyond the outermost lines unless given, with toPpm.',
  })
  fromPpm?: number | null;

  @Field(() => Float, { nullable: true })
  toPpm?: number | null;

  @Field(() => Int, {
    defaultValue: DEFAULT_POINTS,
    description: `${FEWEST_POINTS} to ${MOST_POINTS}; several a width, or lines fall between them.`,
  })
  points!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Larmor frequency of the nucleus. Moves each line by the second-order quadrupole-induced shift of the central transition ' +
      'under fast magic-angle spinning; needs the field gradients of all these atoms.',
  })
  larmorFrequencyMegahertz?: number | null;
}

@ObjectType({ description: 'Lines of a spectrum as columns, one an atom of the nucleus in the order of the source.' })
export class SpectrumLines {
  @Field(() => [Float], { description: 'Shieldings or shifts, by the scale, where the lines stand.' })
  positionsPpm!: ArrayLike<number>;

  @Field(() => [Float], {
    nullable: true,
    description: '|CQ| = |e Q Vzz / h|; null unless the field gradients of all these atoms are known.',
  })
  quadrupolarCouplingsMegahertz!: readonly number[] | null;

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description: 'η = (Vxx - Vyy) / Vzz with |Vzz| >= |Vyy| >= |Vxx|, 0 to 1; null for an atom without field gradient.',
  })
  asymmetries!: readonly (number | null)[] | null;

  @Field(() => [Float], {
    nullable: true,
    description:
      '-(3/40) (CQ² (1 + η²/3) / ν0²) (I (I + 1) - 3/4) / (I² (2I - 1)²) 1e6, which the positions hold: added to shifts, ' +
      'subtracted from shieldings. Null without Larmor frequency.',
  })
  quadrupoleInducedShiftsPpm!: readonly number[] | null;
}

@ObjectType({
  description: 'One line an atom, each of area 1, spread by a lineshape. Computed when asked, never stored.',
})
export class Spectrum {
  @Field(() => SpectrumScaleEnum)
  scale!: SpectrumScale;

  @Field(() => Float, { nullable: true })
  larmorFrequencyMegahertz!: number | null;

  @Field(() => SpectrumLines)
  lines!: SpectrumLines;

  @Field(() => [Float], { description: 'Column of the axis, ascending and equally spaced.' })
  positionsPpm!: ArrayLike<number>;

  @Field(() => [Float], {
    description:
      'Column of intensities in atoms per ppm: the integral over the whole axis, tails included, is atomCount. The sum of up to ' +
      '512 lines is exact, that of more within 1e-8 of the highest value.',
  })
  intensities!: ArrayLike<number>;
}
