import { Arg, Args, Ctx, FieldResolver, Float, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { parseNucleus } from '../chemistry/nuclei.ts';
import type * as records from '../registry/records.ts';
import { onlyLevelOfTheory, type ReferenceChoice } from '../registry/spectra/shielding-references.ts';
import { Calculation, LevelOfTheory } from '../schema/clusters.ts';
import { ListArgs } from '../schema/common.ts';
import { Prediction } from '../schema/evaluations.ts';
import { ShieldingReferenceFilter } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import {
  SetShieldingReferenceInput,
  ShieldingReference,
  ShieldingReferenceConnection,
  ShiftArgs,
} from '../schema/shielding-references.ts';
import { knownId, type Loaders, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => ShieldingReference)
export class ShieldingReferenceResolver {
  @Query(() => ShieldingReference, { nullable: true })
  shieldingReference(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.shieldingReferences.load(idOf('ShieldingReference', id));
  }

  @Query(() => ShieldingReferenceConnection)
  shieldingReferences(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => ShieldingReferenceFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.shieldingReferences, args, filter);
  }

  @Mutation(() => ShieldingReference, {
    description:
      'Makes the next version for a nucleus and level of theory; the newest is answered again if it says the same.',
  })
  async setShieldingReference(
    @Arg('input', () => SetShieldingReferenceInput) input: SetShieldingReferenceInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { nucleus, shieldingPpm, compound, source } = input;
    const levelOfTheoryId = await knownId(load.levelsOfTheory, 'LevelOfTheory', input.levelOfTheory);
    const reference = { nucleus, levelOfTheoryId, shieldingPpm, compound, source };
    const request = requestOf('setShieldingReference', input);
    return load.shieldingReferences.load(await registry.shieldingReferences.set(caller, request, reference));
  }

  @FieldResolver(() => LevelOfTheory)
  levelOfTheory(@Root() reference: records.ShieldingReference, @Ctx() { load }: RequestContext) {
    return load.levelsOfTheory.load(reference.levelOfTheoryId);
  }

  @FieldResolver(() => [Float], { description: 'Shifts of shieldings at its level of theory.' })
  shiftsPpm(
    @Root() reference: records.ShieldingReference,
    @Arg('shieldingsPpm', () => [Float]) shieldingsPpm: number[],
    @Ctx() { registry }: RequestContext,
  ): number[] {
    return registry.shieldingReferences.shiftsPpm(reference, shieldingsPpm);
  }

  @FieldResolver(() => [Float], { description: 'Shieldings of shifts, the inverse of shiftsPpm.' })
  shieldingsPpm(
    @Root() reference: records.ShieldingReference,
    @Arg('shiftsPpm', () => [Float]) shiftsPpm: number[],
    @Ctx() { registry }: RequestContext,
  ): number[] {
    return registry.shieldingReferences.shieldingsPpm(reference, shiftsPpm);
  }
}

@Resolver(() => Calculation)
export class ShiftsOfCalculationResolver {
  @FieldResolver(() => [Float], {
    nullable: 'itemsAndList',
    description: 'Column of chemical shifts, one an atom; null for atoms of other elements than the nucleus.',
  })
  async shiftsPpm(
    @Root() calculation: records.Calculation,
    @Args(() => ShiftArgs) args: ShiftArgs,
    @Ctx() { registry, load }: RequestContext,
  ): Promise<(number | null)[]> {
    const choice = await referenceChoice(args, calculation.levelOfTheoryId, load);
    const { atomicNumbers } = await load.clusters.load(calculation.clusterId);
    return registry.shieldingReferences.shiftsOfAtoms(choice, atomicNumbers, calculation.shieldingsPpm);
  }
}

@Resolver(() => Prediction)
export class ShiftsOfPredictionResolver {
  @FieldResolver(() => [Float], {
    nullable: 'itemsAndList',
    description:
      "Column of chemical shifts, as a calculation's; their level of theory is that of the data the model was trained on.",
  })
  async shiftsPpm(
    @Root() prediction: records.Prediction,
    @Args(() => ShiftArgs) args: ShiftArgs,
    @Ctx() { registry, load }: RequestContext,
  ): Promise<(number | null)[]> {
    const { datasetVersionId } = await load.modelVersions.load(prediction.modelVersionId);
    const levelOfTheoryId = onlyLevelOfTheory(await load.datasetVersions.load(datasetVersionId));
    const choice = await referenceChoice(args, levelOfTheoryId, load);
    const { atomicNumbers } = await load.clusters.load(prediction.clusterId);
    return registry.shieldingReferences.shiftsOfAtoms(choice, atomicNumbers, prediction.shieldingsPpm);
  }
}

async function referenceChoice(args: ShiftArgs, levelOfTheoryId: string, load: Loaders): Promise<ReferenceChoice> {
  const nucleus = parseNucleus(args.nucleus);
  const [levelOfTheory, given, known] = await Promise.all([
    load.levelsOfTheory.load(levelOfTheoryId),
    givenReference(args, load),
    load.shieldingReferencesOfLevel.load(levelOfTheoryId),
  ]);
  return { nucleus, levelOfTheory, given, known };
}

export async function givenReference({ reference }: ShiftArgs, load: Loaders) {
  return reference == null ? null : load.shieldingReferences.load(idOf('ShieldingReference', reference));
}
