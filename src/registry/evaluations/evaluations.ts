import type { Split } from '../../chemistry/calculation-record.ts';
import { type ErrorCode, NatriumError } from '../../errors.ts';
import { regressionMetrics } from '../../ml/statistics/metrics.ts';
import { type Caller, requireRole, SYSTEM } from '../caller.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { ModelWeights } from '../models/model-weights.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Compute, New, Store } from '../ports.ts';
import { predictByVersion } from '../predictions/version-predictions.ts';
import type { DatasetVersion, Evaluation, ModelVersion, SizeMetrics } from '../records.ts';
import { References } from '../references.ts';
import type { PredictionWarning } from '../warnings.ts';
import { NOT_LOOKED_FOR, warningsOfEvaluation } from './evaluation-warnings.ts';

/** A cluster lacks what the version needs, or is beyond what it can compute. */
const UNPREDICTABLE: readonly ErrorCode[] = ['FEATURES_UNAVAILABLE', 'NON_FINITE_NUMBER'];

/** One version on one split of one data set version, stored once. */
export class Evaluations {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly weights: ModelWeights,
    private readonly compute: Compute,
    private readonly datasets: Datasets,
  ) {}

  async evaluate(
    caller: Caller,
    request: MutationRequest,
    input: { readonly modelVersion: string; readonly datasetVersion: string; readonly split: Split },
  ): Promise<string> {
    requireRole(caller, 'CONTRIBUTOR');
    const earlier = await this.mutations.earlier<string>(caller, request);
    if (earlier !== null) return earlier;
    const references = new References(this.store);
    const modelVersion = await references.modelVersion(input.modelVersion);
    const datasetVersion = await references.datasetVersion(input.datasetVersion);
    await this.weights.requireUsable(modelVersion);
    const existing = await this.find(modelVersion, datasetVersion, input.split);
    const evaluation = existing ?? (await this.measure(caller, modelVersion, datasetVersion, input.split));
    return this.mutations.run(caller, request, (store) => keep(store, evaluation));
  }

  /**
   * What a new version is judged by: validation and, if there is one, test of the data it was trained on. A split of which it cannot
   * predict a cluster is left out; who asks for that evaluation is told why.
   */
  async evaluateOwnSplits(modelVersionId: string): Promise<void> {
    const [modelVersion] = await this.store.modelVersions.getMany([modelVersionId]);
    const [datasetVersion] = await this.store.datasetVersions.getMany([modelVersion!.datasetVersionId]);
    for (const { split, clusters } of datasetVersion!.splitCounts) {
      if (split === 'train' || clusters === 0) continue;
      if ((await this.find(modelVersion!, datasetVersion!, split)) !== null) continue;
      const evaluation = await this.measure(SYSTEM, modelVersion!, datasetVersion!, split).catch(nullIfUnpredictable);
      if (evaluation !== null) await this.store.transaction((store) => keep(store, evaluation));
    }
  }

  /** What the predictions of an evaluation have to be read with, taken together. */
  warnings({ metrics }: Evaluation): readonly PredictionWarning[] {
    return metrics.warnings ?? [NOT_LOOKED_FOR];
  }

  private find(model: ModelVersion, dataset: DatasetVersion, split: Split): Promise<Evaluation | null> {
    return this.store.evaluations.findOne({ modelVersionId: model.id, datasetVersionId: dataset.id, split });
  }

  private async measure(
    caller: Caller,
    modelVersion: ModelVersion,
    datasetVersion: DatasetVersion,
    split: Split,
  ): Promise<New<Evaluation>> {
    const items = await this.datasets.inputs(datasetVersion, split);
    if (items.length === 0) {
      const filled = datasetVersion.splitCounts.filter((count) => count.clusters > 0).map((count) => count.split);
      throw new NatriumError('EMPTY_SPLIT', `${split} of this data set version is empty; it has ${filled.join(', ')}`);
    }
    const inputs = items.map((item) => item.input);
    const predicted = await predictByVersion(this.store, this.weights, this.compute, modelVersion, inputs);
    const metricsOf = (indices: readonly number[]) =>
      regressionMetrics(
        indices.flatMap((i) => [...items[i].calculation.shieldingsPpm]),
        indices.flatMap((i) => [...predicted[i].shieldingsPpm]),
        modelVersion.outcome.trainingMeanPpm,
      );
    const sizes = [...new Set(items.map((item) => item.cluster.size))].sort((a, b) => a - b);
    const metricsBySize: SizeMetrics[] = sizes.map((size) => ({
      size,
      metrics: metricsOf(items.flatMap((item, i) => (item.cluster.size === size ? [i] : []))),
    }));
    return {
      modelVersionId: modelVersion.id,
      datasetVersionId: datasetVersion.id,
      split,
      metrics: {
        ...metricsOf(items.map((_, i) => i)),
        warnings: await warningsOfEvaluation(this.store, modelVersion, items),
      },
      metricsBySize,
      calculationIds: items.map((item) => item.calculation.id),
      calculatedPpm: items.flatMap((item) => [...item.calculation.shieldingsPpm]),
      predictedPpm: predicted.flatMap((each) => [...each.shieldingsPpm]),
      standardDeviationsPpm:
        modelVersion.members && predicted.flatMap((each) => [...(each.standardDeviationsPpm ?? [])]),
      createdBy: caller.name,
    };
  }
}

function nullIfUnpredictable(error: unknown): null {
  if (error instanceof NatriumError && UNPREDICTABLE.includes(error.code)) return null;
  throw error;
}

/** Two evaluations of the same thing are equal, so whichever was stored first stands. */
async function keep(store: Store, evaluation: New<Evaluation> | Evaluation): Promise<string> {
  if ('id' in evaluation) return evaluation.id;
  const { modelVersionId, datasetVersionId, split } = evaluation;
  const inserted = await store.evaluations.insertUnlessExists(evaluation, [
    'modelVersionId',
    'datasetVersionId',
    'split',
  ]);
  return inserted?.id ?? (await store.evaluations.findOne({ modelVersionId, datasetVersionId, split }))!.id;
}
