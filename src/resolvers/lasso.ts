import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type * as ml from '../ml/model.ts';
import { coefficientsOf, type LassoOfVersion } from '../registry/models/model-files.ts';
import type * as records from '../registry/records.ts';
import { LassoSelectionEnum } from '../schema/enums.ts';
import { LassoCoefficient, LassoCoefficients, TargetTransform } from '../schema/lasso.ts';
import { ModelVersion } from '../schema/models.ts';
import { LassoSettings } from '../schema/training.ts';
import type { RequestContext } from './context.ts';

@Resolver(() => ModelVersion)
export class ModelFileResolver {
  @FieldResolver(() => TargetTransform, {
    description: 'As its model file has it; one for all members of a committee.',
  })
  targetTransform(@Root() version: records.ModelVersion, @Ctx() { registry }: RequestContext) {
    return registry.modelFiles.targetTransform(version);
  }

  @FieldResolver(() => LassoCoefficients, {
    nullable: true,
    description: 'As its model file has them; null unless it is a Lasso.',
  })
  lasso(@Root() version: records.ModelVersion, @Ctx() { registry }: RequestContext) {
    return registry.modelFiles.lasso(version);
  }
}

@Resolver(() => LassoCoefficients)
export class LassoCoefficientsResolver {
  @FieldResolver(() => [LassoCoefficient], { description: 'In the order of the features.' })
  coefficients(
    @Root() lasso: LassoOfVersion,
    @Arg('nonZeroOnly', () => Boolean, { defaultValue: false }) nonZeroOnly: boolean,
  ) {
    return coefficientsOf(lasso, nonZeroOnly);
  }
}

@Resolver(() => LassoSettings)
export class LassoSettingsResolver {
  @FieldResolver(() => LassoSelectionEnum)
  selection(@Root() settings: ml.LassoSettings): ml.LassoSelection {
    return settings.selection ?? 'VALIDATION';
  }

  @FieldResolver(() => Int, { nullable: true, description: 'Of the cross-validation; null without.' })
  folds(@Root() settings: ml.LassoSettings): number | null {
    return settings.folds ?? null;
  }
}
