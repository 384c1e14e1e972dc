import type { Relaxation, RelaxationOptions } from '../../chemistry/relaxation.ts';
import type { GeneratedCluster, GenerationParameters } from '../../chemistry/s-blda/generator.ts';
import type { Structure } from '../../chemistry/structure.ts';
import type { NatriumError } from '../../errors.ts';
import type { ComparedColumns } from '../../ml/comparison/columns.ts';
import type { ComparisonTask, MetricComparison } from '../../ml/comparison/comparison.ts';
import type { DistanceMatrix } from '../../ml/comparison/distance-matrix.ts';
import type { MeasurementTask, ModelInput, TrainingListener, TrainingTask, TrialOutcome } from '../../ml/model.ts';
import type { SchNetMeasurement } from '../../ml/schnet/measurement.ts';

/** A structure to relax, and its name in messages. */
export interface RelaxationInput {
  readonly name: string;
  readonly structure: Structure;
}

/** Runs the numerical work away from the event loop of whoever asks. */
export interface Compute {
  /**
   * `signal` ends a training at once, with its reason. `pausing` lets it end after the step it is at: its listener gets a last
   * checkpoint, and it throws TrainingPaused.
   */
  train(
    task: TrainingTask,
    listener: TrainingListener,
    signal: AbortSignal,
    pausing?: AbortSignal,
  ): Promise<{ readonly weights: Uint8Array; readonly outcome: TrialOutcome }>;
  /** What steps of this training take on this machine, measured for about two seconds. */
  measure(task: MeasurementTask, signal: AbortSignal): Promise<SchNetMeasurement>;
  /** The clusters of a generation from one index up to, but without, another; an error for one that was not found. */
  generate(
    parameters: GenerationParameters,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<readonly (GeneratedCluster | NatriumError)[]>;
  /** Relaxes each structure; an error for one that cannot be relaxed at all. */
  relax(
    inputs: readonly RelaxationInput[],
    options: RelaxationOptions,
    signal: AbortSignal,
  ): Promise<readonly (Relaxation | NatriumError)[]>;
  /** Shieldings in ppm, one array a cluster, by weights as they are stored. */
  predict(weights: Uint8Array, inputs: readonly ModelInput[]): Promise<Float64Array[]>;
  /** Metrics of versions on the same atoms, with bootstrap intervals and paired differences. */
  compare(task: ComparisonTask): Promise<readonly MetricComparison[]>;
  /** How far the distributions of columns are from each other. */
  distances(columns: ComparedColumns): Promise<DistanceMatrix>;
}
