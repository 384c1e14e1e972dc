import { Args, Ctx, FieldResolver, Float, Int, Query, Resolver, Root } from 'type-graphql';
import type { Spectrum as SpectrumRecord } from '../registry/spectra/spectrum-description.ts';
import { spectrumLabel } from '../registry/spectra/spectrum-description.ts';
import { LevelOfTheory } from '../schema/clusters.ts';
import { LineshapeEnum } from '../schema/enums.ts';
import { idOf, type NodeType } from '../schema/ids.ts';
import { ShieldingReference } from '../schema/shielding-references.ts';
import { Spectrum, SpectrumArgs } from '../schema/spectra.ts';
import { knownId, type RequestContext } from './context.ts';
import { givenReference } from './shielding-references.ts';

@Resolver(() => Spectrum)
export class SpectrumResolver {
  @Query(() => Spectrum, {
    description:
      'Of exactly one of calculations, clusters, predictions and datasetVersion: one line an atom of the nucleus.',
  })
  async spectrum(
    @Args(() => SpectrumArgs) args: SpectrumArgs,
    @Ctx() { registry, load }: RequestContext,
  ): Promise<SpectrumRecord> {
    return registry.spectra.compute({
      ...args,
      calculationIds: idsOf('Calculation', args.calculations),
      clusterIds: idsOf('Cluster', args.clusters),
      predictionIds: idsOf('Prediction', args.predictions),
      datasetVersion: args.datasetVersion ?? null,
      split: args.split ?? null,
      levelOfTheoryId:
        args.levelOfTheory == null ? null : await knownId(load.levelsOfTheory, 'LevelOfTheory', args.levelOfTheory),
      reference: await givenReference(args, load),
      lorentzianFraction: args.lorentzianFraction ?? null,
      fromPpm: args.fromPpm ?? null,
      toPpm: args.toPpm ?? null,
      larmorFrequencyMegahertz: args.larmorFrequencyMegahertz ?? null,
    });
  }

  @FieldResolver(() => String, { description: 'Such as 23Na.' })
  nucleus(@Root() spectrum: SpectrumRecord): string {
    return spectrum.nucleus.name;
  }

  @FieldResolver(() => Int, { description: 'Number of lines, and the area under all of them.' })
  atomCount(@Root() spectrum: SpectrumRecord): number {
    return spectrum.lines.positionsPpm.length;
  }

  @FieldResolver(() => LevelOfTheory, {
    nullable: true,
    description: 'Of the shieldings; null if they are of several.',
  })
  levelOfTheory(@Root() { levelOfTheoryIds: [only, ...others] }: SpectrumRecord, @Ctx() { load }: RequestContext) {
    return others.length > 0 ? null : load.levelsOfTheory.load(only);
  }

  @FieldResolver(() => ShieldingReference, { nullable: true, description: 'Of the shifts; null for shieldings.' })
  reference(@Root() spectrum: SpectrumRecord) {
    return spectrum.reference;
  }

  @FieldResolver(() => LineshapeEnum)
  lineshape(@Root() spectrum: SpectrumRecord): string {
    return spectrum.lineshape.kind;
  }

  @FieldResolver(() => Float)
  fullWidthAtHalfMaximumPpm(@Root() spectrum: SpectrumRecord): number {
    return spectrum.lineshape.fullWidthAtHalfMaximumPpm;
  }

  @FieldResolver(() => Float, { description: 'Part of the area that is Lorentzian: 1 and 0 for the pure shapes.' })
  lorentzianFraction(@Root() spectrum: SpectrumRecord): number {
    return spectrum.lineshape.lorentzianFraction;
  }

  @FieldResolver(() => String, { description: 'What the positions are, such as `isotropic only`.' })
  label(@Root() spectrum: SpectrumRecord): string {
    return spectrumLabel(spectrum);
  }

  @FieldResolver(() => Boolean, { description: 'True unless the field gradients of all these atoms are known.' })
  isotropicOnly(@Root() spectrum: SpectrumRecord): boolean {
    return spectrum.lines.quadrupolarCouplingsMegahertz === null;
  }

  @FieldResolver(() => String, {
    description:
      'As a JCAMP-DX 5.01 file (NMR SPECTRUM, XYDATA). Its observe frequency is the Larmor frequency if that is given, else a ' +
      'nominal one, as a comment in it says.',
  })
  jcampDx(@Root() spectrum: SpectrumRecord, @Ctx() { registry }: RequestContext): Promise<string> {
    return registry.spectra.jcampDx(spectrum);
  }
}

function idsOf(type: NodeType, ids: readonly string[] | null | undefined): string[] | null {
  return ids == null ? null : ids.map((id) => idOf(type, id));
}
