import type { Relaxation, RelaxationOptions } from '../chemistry/relaxation.ts';
import type { GeneratedCluster, GenerationParameters } from '../chemistry/s-blda/generator.ts';
import type { ComparedColumns } from '../ml/comparison/columns.ts';
import type { ComparisonTask, MetricComparison } from '../ml/comparison/comparison.ts';
import type { DistanceMatrix } from '../ml/comparison/distance-matrix.ts';
import type { MeasurementTask, ModelInput, TrainingTask, TrialOutcome, TrialProgress } from '../ml/model.ts';
import type { SchNetMeasurement } from '../ml/schnet/measurement.ts';
import type { RelaxationInput } from '../registry/ports.ts';

/** What a compute process is asked; `id` pairs the answer with the question. */
export type ComputeRequest =
  | { readonly id: number; readonly kind: 'train'; readonly task: TrainingTask }
  /** Lets the training that was asked under this id end with a last checkpoint; it is answered there. */
  | { readonly id: number; readonly kind: 'pause' }
  | { readonly id: number; readonly kind: 'measure'; readonly task: MeasurementTask }
  | {
      readonly id: number;
      readonly kind: 'predict';
      readonly weights: Uint8Array;
      readonly inputs: readonly ModelInput[];
    }
  | { readonly id: number; readonly kind: 'compare'; readonly task: ComparisonTask }
  | { readonly id: number; readonly kind: 'distances'; readonly columns: ComparedColumns }
  | {
      readonly id: number;
      readonly kind: 'generate';
      readonly parameters: GenerationParameters;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly id: number;
      readonly kind: 'relax';
      readonly inputs: readonly RelaxationInput[];
      readonly options: RelaxationOptions;
    };

/** A question as it travels: with the id of the request that it serves. */
export type SentRequest = ComputeRequest & { readonly requestId?: string };

/** A NatriumError as it travels; any other error has no code. */
export interface SentError {
  readonly code: string | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type ComputeReply =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: TrialProgress }
  | { readonly id: number; readonly kind: 'checkpoint'; readonly checkpoint: Uint8Array }
  | { readonly id: number; readonly kind: 'trained'; readonly weights: Uint8Array; readonly outcome: TrialOutcome }
  | { readonly id: number; readonly kind: 'paused' }
  | { readonly id: number; readonly kind: 'measured'; readonly measurement: SchNetMeasurement }
  | { readonly id: number; readonly kind: 'predicted'; readonly shieldings: readonly Float64Array[] }
  | { readonly id: number; readonly kind: 'compared'; readonly metrics: readonly MetricComparison[] }
  | { readonly id: number; readonly kind: 'distances'; readonly matrix: DistanceMatrix }
  | { readonly id: number; readonly kind: 'generated'; readonly clusters: readonly (GeneratedCluster | SentError)[] }
  | { readonly id: number; readonly kind: 'relaxed'; readonly relaxations: readonly (Relaxation | SentError)[] }
  | ({ readonly id: number; readonly kind: 'failed' } & SentError);
