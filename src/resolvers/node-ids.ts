import { Arg, type ClassType, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { requireRole } from '../registry/caller.ts';
import { ApiToken } from '../schema/access.ts';
import { ClusterRun } from '../schema/cluster-runs.ts';
import { Calculation, Cluster, LevelOfTheory } from '../schema/clusters.ts';
import { Node } from '../schema/common.ts';
import { Dataset, DatasetVersion, FeatureSet } from '../schema/datasets.ts';
import { Evaluation, Prediction } from '../schema/evaluations.ts';
import { fromGlobalId, type NodeType, toGlobalId } from '../schema/ids.ts';
import { Import, Upload } from '../schema/imports.ts';
import { Job } from '../schema/jobs.ts';
import { Model, ModelVersion } from '../schema/models.ts';
import { ShieldingReference } from '../schema/shielding-references.ts';
import { Study } from '../schema/studies.ts';
import { TrainingRun, Trial } from '../schema/training.ts';
import type { Loaders, RequestContext } from './context.ts';

/** For each type with a global id: its class and where its records are loaded from. */
const NODES: Readonly<Record<NodeType, readonly [ClassType, Exclude<keyof Loaders, 'clear'>]>> = {
  ApiToken: [ApiToken, 'apiTokens'],
  Calculation: [Calculation, 'calculations'],
  Cluster: [Cluster, 'clusters'],
  ClusterRun: [ClusterRun, 'clusterRuns'],
  Dataset: [Dataset, 'datasets'],
  DatasetVersion: [DatasetVersion, 'datasetVersions'],
  Evaluation: [Evaluation, 'evaluations'],
  FeatureSet: [FeatureSet, 'featureSets'],
  Import: [Import, 'imports'],
  Job: [Job, 'jobs'],
  LevelOfTheory: [LevelOfTheory, 'levelsOfTheory'],
  Model: [Model, 'models'],
  ModelVersion: [ModelVersion, 'modelVersions'],
  Prediction: [Prediction, 'predictions'],
  ShieldingReference: [ShieldingReference, 'shieldingReferences'],
  Study: [Study, 'studies'],
  TrainingRun: [TrainingRun, 'trainingRuns'],
  Trial: [Trial, 'trials'],
  Upload: [Upload, 'uploads'],
};

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Any record by its global id.' })
  async node(@Arg('id', () => ID) globalId: string, @Ctx() { caller, load }: RequestContext): Promise<object | null> {
    const { type, id } = fromGlobalId(globalId);
    if (type === 'ApiToken') requireRole(caller, 'ADMIN');
    const record = await load[NODES[type][1]].load(id);
    return { ...record, __typename: type };
  }
}

/** Resolvers of `id`: the records hold the store's ids, the API shows global ones. */
export const idResolvers: readonly (new () => object)[] = Object.entries(NODES).map(([type, [itemClass]]) => {
  @Resolver(() => itemClass)
  class IdResolver {
    @FieldResolver(() => ID)
    id(@Root() record: { id: string }): string {
      return toGlobalId(type as NodeType, record.id);
    }
  }
  return IdResolver;
});
