import type { Split } from '../chemistry/calculation-record.ts';
import { NatriumError } from '../errors.ts';
import { type CommonHistogram, commonHistogram } from '../ml/histogram.ts';
import { regressionMetrics } from '../ml/metrics.ts';
import { type Caller, requireRole, SYSTEM } from './caller.ts';
import type { Datasets } from './datasets.ts';
import { NOT_LOOKED_FOR, warningsOfEvaluation } from './evaluation-warnings.ts';
import type { MutationRequest, Mutations } from './mutations.ts';
import type { ArtifactStore, Compute, New, Store } from './ports.ts';
import type { DatasetVersion, Evaluation, ModelVersion, SizeMetrics } from './records.ts';
import { References } from './references.ts';
import { predictByVersion } from './version-predictions.ts';
import type { PredictionWarning } from './warnings.ts';

const MOST_COMPARED = 50;

export interface Comparison {
  readonly datasetVersionId: string;
  readonly split: Split;
  readonly evaluations: readonly Evaluation[];
  readonly histogram: CommonHistogram;
}

/** One version on one split of one data set version, stored once; and versions side by side on the same atoms. */
export class Evaluations {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly artifacts: ArtifactStore,
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
    const existing = await this.find(modelVersion, datasetVersion, input.split);
    const evaluation = existing ?? (await this.measure(caller, modelVersion, datasetVersion, input.split));
    return this.mutations.run(caller, request, (store) => keep(store, evaluation));
  }

  /** What a new version is judged by: validation and, if there is one, test of the data it was trained on. */
  async evaluateOwnSplits(modelVersionId: string): Promise<void> {
    const [modelVersion] = await this.store.modelVersions.getMany([modelVersionId]);
    const [datasetVersion] = await this.store.datasetVersions.getMany([modelVersion!.datasetVersionId]);
    for (const { split, clusters } of datasetVersion!.splitCounts) {
      if (split === 'train' || clusters === 0) continue;
      if ((await this.find(modelVersion!, datasetVersion!, split)) !== null) continue;
      const evaluation = await this.measure(SYSTEM, modelVersion!, datasetVersion!, split);
      await this.store.transaction((store) => keep(store, evaluation));
    }
  }

  /** Evaluations of up to 50 versions on the same atoms, in the order asked. */
  async compare(input: {
    readonly modelVersions: readonly string[];
    readonly datasetVersion: string;
    readonly split: Split;
  }): Promise<Comparison> {
    if (input.modelVersions.length < 1 || input.modelVersions.length > MOST_COMPARED) {
      throw new NatriumError('BAD_USER_INPUT', `a comparison takes 1 to ${MOST_COMPARED} model versions`);
    }
    const references = new References(this.store);
    const datasetVersion = await references.datasetVersion(input.datasetVersion);
    const evaluations: Evaluation[] = [];
    for (const reference of input.modelVersions) {
      const modelVersion = await references.modelVersion(reference);
      const evaluation = await this.find(modelVersion, datasetVersion, input.split);
      if (evaluation === null) {
        throw new NatriumError(
          'NOT_FOUND',
          `${reference} has not been evaluated on ${input.split} of ${input.datasetVersion}; run evaluateModelVersion first`,
        );
      }
      evaluations.push(evaluation);
    }
    const histogram = commonHistogram([
      { name: 'calculated', values: evaluations[0].calculatedPpm },
      ...evaluations.map((each, i) => ({ name: input.modelVersions[i], values: each.predictedPpm })),
    ]);
    return { datasetVersionId: datasetVersion.id, split: input.split, evaluations, histogram };
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
    const predicted = await predictByVersion(this.store, this.artifacts, this.compute, modelVersion, inputs);
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
