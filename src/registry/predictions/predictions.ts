import { checkStructure, type Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import type { PredictedShieldings } from '../../ml/committee.ts';
import type { ModelInput } from '../../ml/model.ts';
import { type Caller, requireRole } from '../caller.ts';
import { unlabelledInput } from '../datasets/datasets.ts';
import type { ModelWeights } from '../models/model-weights.ts';
import type { MutationRequest, Mutations } from '../mutations.ts';
import type { Compute, Store } from '../ports.ts';
import type { Cluster, ModelVersion } from '../records.ts';
import { References } from '../references.ts';
import type { PredictionWarning } from '../warnings.ts';
import { warningsOfPredictions, warningsOfStructures } from './prediction-warnings.ts';
import { predictByVersion } from './version-predictions.ts';

export const MOST_PREDICTED_ATOMS = 2000;

export interface PredictInput {
  readonly modelVersion: string;
  readonly clusterIds: readonly string[];
  readonly structures: readonly { readonly label: string | null; readonly structure: Structure }[];
}

/** Shieldings of one cluster: of a stored one under its id, of an inline one under its label. */
export interface PredictedCluster {
  readonly clusterId: string | null;
  readonly label: string | null;
  readonly shieldingsPpm: readonly number[];
  /** Over the members of a committee; left out of answers that were kept before there were committees. */
  readonly standardDeviationsPpm?: readonly number[] | null;
  /** Left out of answers that were kept before there were warnings. */
  readonly warnings?: readonly PredictionWarning[];
}

export interface PredictionAnswer {
  readonly modelVersionId: string;
  readonly predictions: readonly PredictedCluster[];
}

/** Shieldings by a model version. Those of stored clusters are stored; inline structures leave no trace. */
export class Predictions {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
    private readonly weights: ModelWeights,
    private readonly compute: Compute,
  ) {}

  async predict(caller: Caller, request: MutationRequest, input: PredictInput): Promise<PredictionAnswer> {
    requireRole(caller, 'CONTRIBUTOR');
    const earlier = await this.mutations.earlier<PredictionAnswer>(caller, request);
    if (earlier !== null) return earlier;

    const version = await new References(this.store).modelVersion(input.modelVersion);
    if (version.archivedAt !== null) {
      throw new NatriumError('INVALID_STATE', `${input.modelVersion} is archived: ${version.archiveReason}`);
    }
    input.structures.forEach((each, i) => {
      checkStructure(each.structure, `structures[${i}]`);
    });
    const clusters = await this.store.clusters.getMany(input.clusterIds);
    const missing = clusters.indexOf(null);
    if (missing >= 0) throw new NatriumError('NOT_FOUND', `there is no cluster ${input.clusterIds[missing]}`);
    checkSize(input, clusters);

    const stored = await this.storedInputs(
      clusters.map((cluster) => cluster!),
      version,
    );
    const inline: ModelInput[] = input.structures.map((each, i) => ({
      name: each.label ?? `structures[${i}]`,
      structure: each.structure,
      populationLabels: null,
      grossOrbitalPopulations: null,
    }));
    const inputs = [...stored.map((each) => each.input), ...inline];
    const predicted = (await predictByVersion(this.store, this.weights, this.compute, version, inputs)).map(asColumns);

    const keys = stored.map(({ clusterId, calculationId }) => ({
      ...{ modelVersionId: version.id, clusterId, calculationId },
    }));
    const warnings = [
      ...(await warningsOfPredictions(this.store, keys)),
      ...(await warningsOfStructures(
        this.store,
        version,
        input.structures.map((each) => each.structure),
      )),
    ];

    return this.mutations.run(caller, request, async (store) => {
      for (const [i, { clusterId, calculationId }] of stored.entries()) {
        await store.predictions.insertUnlessExists(
          {
            modelVersionId: version.id,
            clusterId,
            calculationId,
            ...predicted[i],
            createdBy: caller.name,
          },
          ['modelVersionId', 'clusterId', 'calculationId'],
        );
      }
      return {
        modelVersionId: version.id,
        predictions: predicted.map((values, i) => ({
          clusterId: stored[i]?.clusterId ?? null,
          label: i < stored.length ? clusters[i]!.label : input.structures[i - stored.length].label,
          ...values,
          warnings: warnings[i],
        })),
      };
    });
  }

  /** Stored clusters; with their orbital populations only where the version's features need them. */
  private async storedInputs(clusters: readonly Cluster[], version: ModelVersion): Promise<StoredInput[]> {
    const [features] =
      version.featureSetId === null ? [null] : await this.store.featureSets.getMany([version.featureSetId]);
    const [dataset] = await this.store.datasetVersions.getMany([version.datasetVersionId]);
    const calculations = features?.needsDft
      ? await this.store.calculations.findIn(
          'clusterId',
          clusters.map((cluster) => cluster.id),
        )
      : [];
    const usable = calculations.filter(
      (each) =>
        each.invalidatedAt === null &&
        each.grossOrbitalPopulations !== null &&
        dataset!.levelOfTheoryIds.includes(each.levelOfTheoryId),
    );
    return clusters.map((cluster) => {
      const calculation = usable.find((each) => each.clusterId === cluster.id) ?? null;
      return {
        clusterId: cluster.id,
        calculationId: calculation?.id ?? null,
        input: unlabelledInput(cluster, calculation),
      };
    });
  }
}

function asColumns({ shieldingsPpm, standardDeviationsPpm }: PredictedShieldings) {
  return {
    shieldingsPpm: [...shieldingsPpm],
    standardDeviationsPpm: standardDeviationsPpm && [...standardDeviationsPpm],
  };
}

interface StoredInput {
  readonly clusterId: string;
  readonly calculationId: string | null;
  readonly input: ModelInput;
}

function checkSize(input: PredictInput, clusters: readonly ({ readonly size: number } | null)[]): void {
  const atoms =
    clusters.reduce((sum, cluster) => sum + cluster!.size, 0) +
    input.structures.reduce((sum, each) => sum + each.structure.atomicNumbers.length, 0);
  if (atoms === 0) throw new NatriumError('BAD_USER_INPUT', 'nothing to predict: give clusters or structures');
  if (atoms > MOST_PREDICTED_ATOMS) {
    throw new NatriumError(
      'TOO_LARGE',
      `${atoms} atoms in one answer; at most ${MOST_PREDICTED_ATOMS}, so ask in several parts`,
    );
  }
}
