import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Relaxation, RelaxationOptions } from '../chemistry/relaxation.ts';
import type { GeneratedCluster, GenerationParameters } from '../chemistry/s-blda/generator.ts';
import { ComputeLost, type ErrorCode, NatriumError } from '../errors.ts';
import type { ComparedColumns } from '../ml/comparison/columns.ts';
import type { ComparisonTask, MetricComparison } from '../ml/comparison/comparison.ts';
import type { DistanceMatrix } from '../ml/comparison/distance-matrix.ts';
import {
  type MeasurementTask,
  type ModelInput,
  type TrainingListener,
  TrainingPaused,
  type TrainingTask,
  type TrialOutcome,
} from '../ml/model.ts';
import type { SchNetMeasurement } from '../ml/schnet/measurement.ts';
import type { Compute, RelaxationInput } from '../registry/ports.ts';
import { currentRequestId } from '../request-scope.ts';
import type { ComputeReply, ComputeRequest, SentError, SentRequest } from './compute-messages.ts';

const ENTRY = fileURLToPath(new URL('./compute-process.js', import.meta.url));
const IDLE_MS = 60_000;
/** Of versions x atoms x resamples: a second. A comparison that takes longer has a process where no short one waits for it. */
const MOST_STEPS_OF_SHORT = 5e7;

/** Of the operating system: below the API and the database. */
export const COMPUTE_NICENESS = 10;

/** libtensorflow would take every core for itself; a trial gets one, and there are as many trials as cores. */
const ONE_THREAD = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: '1' };

/**
 * Computes in child processes: a fresh one for each training or measurement, kept ones for predictions, comparisons and structures.
 * Aborting a training kills its process, so it takes effect at once whatever the process is doing.
 */
export class ForkedCompute implements Compute {
  private readonly predictor = new KeptProcess();
  private readonly comparer = new KeptProcess();
  private readonly longComparer = new KeptProcess();
  private readonly maker = new KeptProcess();

  async train(
    task: TrainingTask,
    listener: TrainingListener,
    signal: AbortSignal,
    pausing?: AbortSignal,
  ): Promise<{ weights: Uint8Array; outcome: TrialOutcome }> {
    pausing?.throwIfAborted();
    const reply = await askFresh({ kind: 'train', task }, signal, listener, pausing);
    if (reply.kind === 'paused') throw new TrainingPaused();
    if (reply.kind !== 'trained') throw new TypeError(`training was answered by ${reply.kind}`);
    return { weights: reply.weights, outcome: reply.outcome };
  }

  async measure(task: MeasurementTask, signal: AbortSignal): Promise<SchNetMeasurement> {
    const reply = await askFresh({ kind: 'measure', task }, signal);
    if (reply.kind !== 'measured') throw new TypeError(`a measurement was answered by ${reply.kind}`);
    return reply.measurement;
  }

  async predict(weights: Uint8Array, inputs: readonly ModelInput[]): Promise<Float64Array[]> {
    const reply = await this.predictor.ask({ kind: 'predict', weights, inputs });
    if (reply.kind !== 'predicted') throw new TypeError(`a prediction was answered by ${reply.kind}`);
    return [...reply.shieldings];
  }

  async compare(task: ComparisonTask): Promise<readonly MetricComparison[]> {
    const { columns, resamples } = task;
    const steps = columns.predictedPpm.length * columns.calculatedPpm.length * resamples;
    const comparer = steps > MOST_STEPS_OF_SHORT ? this.longComparer : this.comparer;
    const reply = await comparer.ask({ kind: 'compare', task });
    if (reply.kind !== 'compared') throw new TypeError(`a comparison was answered by ${reply.kind}`);
    return reply.metrics;
  }

  async distances(columns: ComparedColumns): Promise<DistanceMatrix> {
    const reply = await this.comparer.ask({ kind: 'distances', columns });
    if (reply.kind !== 'distances') throw new TypeError(`distances were answered by ${reply.kind}`);
    return reply.matrix;
  }

  async generate(
    parameters: GenerationParameters,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<readonly (GeneratedCluster | NatriumError)[]> {
    const reply = await this.maker.ask({ kind: 'generate', parameters, from, to }, signal);
    if (reply.kind !== 'generated') throw new TypeError(`a generation was answered by ${reply.kind}`);
    return reply.clusters.map(orError);
  }

  async relax(
    inputs: readonly RelaxationInput[],
    options: RelaxationOptions,
    signal: AbortSignal,
  ): Promise<readonly (Relaxation | NatriumError)[]> {
    const reply = await this.maker.ask({ kind: 'relax', inputs, options }, signal);
    if (reply.kind !== 'relaxed') throw new TypeError(`a relaxation was answered by ${reply.kind}`);
    return reply.relaxations.map(orError);
  }

  close(): void {
    this.predictor.close();
    this.comparer.close();
    this.longComparer.close();
    this.maker.close();
  }
}

/** Asks a process of its own, which aborting kills. */
async function askFresh(
  question: Question,
  signal: AbortSignal,
  listener?: TrainingListener,
  pausing?: AbortSignal,
): Promise<ComputeReply> {
  signal.throwIfAborted();
  const compute = new ComputeProcess();
  const abort = () => compute.kill();
  const pause = () => compute.pause();
  signal.addEventListener('abort', abort);
  pausing?.addEventListener('abort', pause);
  try {
    return await compute.ask(question, listener);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    pausing?.removeEventListener('abort', pause);
    compute.kill();
  }
}

/** A process that is started when it is first asked, and kept until nobody has asked for a minute. */
class KeptProcess {
  private process: ComputeProcess | null = null;
  private idle: NodeJS.Timeout | null = null;

  /** Aborting kills the process, so it takes effect at once; others who asked it meanwhile get UNAVAILABLE. */
  async ask(question: Question, signal?: AbortSignal): Promise<ComputeReply> {
    signal?.throwIfAborted();
    if (this.idle !== null) clearTimeout(this.idle);
    if (this.process === null || this.process.ended) this.process = new ComputeProcess();
    const { process } = this;
    const abort = () => process.kill();
    signal?.addEventListener('abort', abort);
    try {
      return await process.ask(question);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      // one that was killed may have a successor, which is not idle for that
      if (this.process === process && !process.busy) {
        if (this.idle !== null) clearTimeout(this.idle);
        this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
      }
    }
  }

  close(): void {
    if (this.idle !== null) clearTimeout(this.idle);
    this.process?.kill();
    this.process = null;
  }
}

type Question =
  Exclude<ComputeRequest, { kind: 'pause' }> extends infer R
    ? R extends ComputeRequest
      ? Omit<R, 'id'>
      : never
    : never;

interface Pending {
  readonly resolve: (reply: ComputeReply) => void;
  readonly reject: (error: Error) => void;
  readonly listener: TrainingListener;
}

const NOBODY: TrainingListener = { onProgress: () => {}, onCheckpoint: () => {} };

/** One child process and the questions it has yet to answer. */
class ComputeProcess {
  ended = false;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private questions = 0;

  constructor() {
    this.child = fork(ENTRY, {
      env: { ...process.env, ...ONE_THREAD },
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    if (this.child.pid !== undefined) setPriority(this.child.pid, COMPUTE_NICENESS);
    this.child.on('message', (reply: ComputeReply) => this.receive(reply));
    this.child.on('error', (error) => this.end(`cannot be used (${error.message})`));
    this.child.on('exit', (code, signal) => this.end(`ended with ${signal ?? `code ${code}`} before it answered`));
  }

  get busy(): boolean {
    return this.pending.size > 0;
  }

  ask(question: Question, listener = NOBODY): Promise<ComputeReply> {
    const id = ++this.questions;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, listener });
      this.child.send({ ...question, id, requestId: currentRequestId() } as SentRequest, (error) => {
        if (error) this.end(`cannot be asked (${error.message})`);
      });
    });
  }

  /** Lets the trainings it was asked for end with a last checkpoint. */
  pause(): void {
    for (const id of this.pending.keys()) {
      this.child.send({ id, kind: 'pause' } satisfies ComputeRequest, (error) => {
        if (error) this.end(`cannot be asked (${error.message})`);
      });
    }
  }

  kill(): void {
    this.ended = true;
    this.child.kill('SIGKILL');
  }

  private receive(reply: ComputeReply): void {
    const waiting = this.pending.get(reply.id);
    if (waiting === undefined) return;
    if (reply.kind === 'progress') {
      waiting.listener.onProgress(reply.progress);
      return;
    }
    if (reply.kind === 'checkpoint') {
      waiting.listener.onCheckpoint(reply.checkpoint);
      return;
    }
    this.pending.delete(reply.id);
    if (reply.kind !== 'failed') waiting.resolve(reply);
    else waiting.reject(received(reply));
  }

  private end(reason: string): void {
    this.ended = true;
    const error = new ComputeLost(reason);
    for (const waiting of this.pending.values()) waiting.reject(error);
    this.pending.clear();
  }
}

function received({ code, message, details }: SentError): Error {
  return code === null ? new Error(message) : new NatriumError(code as ErrorCode, message, details);
}

function orError<T extends object>(answer: T | SentError): T | NatriumError {
  return 'code' in answer ? (received(answer) as NatriumError) : answer;
}
