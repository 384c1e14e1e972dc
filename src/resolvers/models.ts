import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Hyperparameters } from '../ml/model.ts';
import { modelVersionState } from '../registry/models/models.ts';
import type * as records from '../registry/records.ts';
import { ListArgs } from '../schema/common.ts';
import { DatasetVersion, FeatureSet } from '../schema/datasets.ts';
import { ModelVersionStateEnum } from '../schema/enums.ts';
import { Evaluation } from '../schema/evaluations.ts';
import { ModelFilter } from '../schema/filters.ts';
import {
  ArchiveModelVersionInput,
  DeleteModelAliasInput,
  Model,
  ModelAlias,
  ModelAliasChange,
  ModelConnection,
  ModelVersion,
  SetModelAliasInput,
  VerifyModelVersionInput,
} from '../schema/models.ts';
import { HyperparametersUnion, TrainingRun, Trial } from '../schema/training.ts';
import type { RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect } from './paging.ts';

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => Model)
  model(@Arg('name', () => String) name: string, @Ctx() { registry }: RequestContext) {
    return registry.references.model(name);
  }

  @Query(() => ModelConnection)
  models(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => ModelFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.models, args, filter);
  }

  @Mutation(() => Model, { description: 'Points an alias at a version, wherever it pointed before.' })
  async setModelAlias(
    @Arg('input', () => SetModelAliasInput) input: SetModelAliasInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const request = requestOf('setModelAlias', input);
    return load.models.load(await registry.models.setAlias(caller, request, input.modelVersion, input.alias));
  }

  @Mutation(() => Model)
  async deleteModelAlias(
    @Arg('input', () => DeleteModelAliasInput) input: DeleteModelAliasInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    return load.models.load(
      await registry.models.deleteAlias(caller, requestOf('deleteModelAlias', input), input.alias),
    );
  }

  @FieldResolver(() => [ModelVersion])
  versions(@Root() model: records.Model, @Ctx() { load }: RequestContext) {
    return load.versionsOfModel.load(model.id);
  }

  @FieldResolver(() => [ModelAlias])
  aliases(@Root() model: records.Model, @Ctx() { load }: RequestContext) {
    return load.aliasesOfModel.load(model.id);
  }

  @FieldResolver(() => [ModelAliasChange], { description: 'Every move of every alias, oldest first.' })
  aliasHistory(@Root() model: records.Model, @Ctx() { load }: RequestContext) {
    return load.aliasChangesOfModel.load(model.id);
  }
}

@Resolver(() => ModelAlias)
export class ModelAliasResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() alias: records.ModelAlias, @Ctx() { load }: RequestContext) {
    return load.modelVersions.load(alias.modelVersionId);
  }
}

@Resolver(() => ModelAliasChange)
export class ModelAliasChangeResolver {
  @FieldResolver(() => ModelVersion, { nullable: true, description: 'Null where the alias was deleted.' })
  modelVersion(@Root() change: records.ModelAliasChange, @Ctx() { load }: RequestContext) {
    return change.modelVersionId === null ? null : load.modelVersions.load(change.modelVersionId);
  }
}

@Resolver(() => ModelVersion)
export class ModelVersionResolver {
  @Query(() => ModelVersion)
  modelVersion(@Arg('modelVersion', () => String) reference: string, @Ctx() { registry }: RequestContext) {
    return registry.references.modelVersion(reference);
  }

  @Mutation(() => ModelVersion, { description: 'Takes a version out of use; it stays readable.' })
  async archiveModelVersion(
    @Arg('input', () => ArchiveModelVersionInput) input: ArchiveModelVersionInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const request = requestOf('archiveModelVersion', input);
    return load.modelVersions.load(await registry.models.archive(caller, request, input.modelVersion, input.reason));
  }

  @Mutation(() => ModelVersion, {
    description: 'Reads all weights of a version: lifts its quarantine if they are right, and sets it if they are not.',
  })
  async verifyModelVersion(
    @Arg('input', () => VerifyModelVersionInput) input: VerifyModelVersionInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const request = requestOf('verifyModelVersion', input);
    return load.modelVersions.load(await registry.modelWeights.verify(caller, request, input.modelVersion));
  }

  @FieldResolver(() => ModelVersionStateEnum)
  state(@Root() version: records.ModelVersion) {
    return modelVersionState(version);
  }

  @FieldResolver(() => String, { description: 'Written `name/3`.' })
  async reference(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext): Promise<string> {
    return `${(await load.models.load(version.modelId)).name}/${version.version}`;
  }

  @FieldResolver(() => Model)
  model(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.models.load(version.modelId);
  }

  @FieldResolver(() => [String], { description: 'Aliases that point at this version now.' })
  async aliases(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext): Promise<string[]> {
    const aliases = await load.aliasesOfModel.load(version.modelId);
    return aliases.filter((each) => each.modelVersionId === version.id).map((each) => each.alias);
  }

  @FieldResolver(() => TrainingRun)
  trainingRun(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.trainingRuns.load(version.trainingRunId);
  }

  @FieldResolver(() => Trial, { description: 'The trial that was kept.' })
  trial(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.trials.load(version.trialId);
  }

  @FieldResolver(() => DatasetVersion)
  datasetVersion(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.datasetVersions.load(version.datasetVersionId);
  }

  @FieldResolver(() => FeatureSet, { nullable: true })
  featureSet(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return version.featureSetId === null ? null : load.featureSets.load(version.featureSetId);
  }

  @FieldResolver(() => HyperparametersUnion)
  hyperparameters(@Root() version: records.ModelVersion): Hyperparameters {
    return version.hyperparameters;
  }

  @FieldResolver(() => [Evaluation])
  evaluations(@Root() version: records.ModelVersion, @Ctx() { load }: RequestContext) {
    return load.evaluationsOfModelVersion.load(version.id);
  }
}
