import * as tf from '@tensorflow/tfjs';
import type { Structure } from '../../../chemistry/structure.ts';
import { float32Tensor, type NamedTensors } from '../../safetensors.ts';
import { Adam, type AdamState, clippingFactor } from '../adam.ts';
import {
  type BatchOutcome,
  checkBatch,
  type SchNetBatch,
  type SchNetEngine,
  type SchNetSession,
  type StepSize,
} from '../engine.ts';
import { checkSchNetHyperparameters, type SchNetHyperparameters } from '../hyperparameters.ts';
import { evaluateLoss, type SchNetLoss } from '../loss.ts';
import { type AtomPairs, findPairs, joinStructures } from '../pairs.ts';
import { checkWeights, EMBEDDING_ROWS } from '../weights.ts';
import { makeCurrent } from './current-backend.ts';
import { type ModelInput, schnet } from './model.ts';
import { withOutputDerivative } from './output-derivative.ts';

/**
 * Pairs and atoms that are computed at once by a network of the paper's width or less, fewer by a wider one: beyond it a
 * batch is split, so that its size does not set the memory.
 */
const CHUNK_ROWS = 40_000;
const CHUNK_WIDTH = 128;

/** The engine on one of tfjs' backends, which must have been initialised; `openTensorflow` does that. */
export function tensorflowEngine(backend: string, tfjsBackend: string): SchNetEngine {
  return {
    name: 'tensorflow',
    backend,
    describeFilters: () => 'filters at the distance of every pair',
    open: (hyperparameters, weights) => new TensorflowSession(tfjsBackend, hyperparameters, weights),
  };
}

/**
 * Between calls a session holds arrays only, no tensors, so nothing is left behind whatever happens. The backend of tfjs is
 * one for the whole process: each call chooses it and computes without giving up control.
 */
class TensorflowSession implements SchNetSession {
  private readonly tfjsBackend: string;
  private readonly hyperparameters: SchNetHyperparameters;
  private readonly parameters: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;
  private readonly adam: Adam;
  private pairs = new WeakMap<Structure, AtomPairs>();

  constructor(tfjsBackend: string, hyperparameters: SchNetHyperparameters, weights: NamedTensors) {
    checkSchNetHyperparameters(hyperparameters);
    this.tfjsBackend = tfjsBackend;
    this.hyperparameters = { ...hyperparameters };
    this.parameters = new Map(
      [...checkWeights(hyperparameters, weights, 'The weights')].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.slice() },
      ]),
    );
    this.adam = new Adam(this.parameters);
  }

  async predict(structures: readonly Structure[]): Promise<Float64Array[]> {
    return this.chunks(structures).flatMap((chunk) => perStructure(chunk, this.forward(chunk)));
  }

  async gradients(batch: SchNetBatch, loss: SchNetLoss): Promise<BatchOutcome & { readonly gradients: NamedTensors }> {
    const { outcome, gradients } = this.backward(batch, loss);
    return {
      ...outcome,
      gradients: new Map(
        [...this.parameters].map(([name, { shape }]) => [name, float32Tensor(shape, gradients.get(name)!)]),
      ),
    };
  }

  async step(batch: SchNetBatch, loss: SchNetLoss, size: StepSize): Promise<BatchOutcome> {
    const { outcome, gradients } = this.backward(batch, loss);
    if (!Number.isFinite(outcome.loss)) return outcome;
    const factor = clippingFactor(gradients.values(), size.largestGradientNorm);
    if (factor < 1) {
      for (const gradient of gradients.values()) scale(gradient, factor);
    }
    this.adam.step(gradients, size.learningRate);
    return outcome;
  }

  async weights(): Promise<NamedTensors> {
    return new Map([...this.parameters].map(([name, { shape, data }]) => [name, float32Tensor(shape, data.slice())]));
  }

  async optimizerState(): Promise<AdamState> {
    return this.adam.state();
  }

  restoreOptimizer(state: AdamState): void {
    this.adam.restore(state);
  }

  dispose(): void {
    this.pairs = new WeakMap();
  }

  /** Loss and its derivative by every weight. More than one chunk needs two passes: the sort wants all predictions first. */
  private backward(batch: SchNetBatch, loss: SchNetLoss) {
    // tfjs loses the tensors it keeps for the derivative when anything throws in there
    checkBatch(batch);
    const chunks = this.chunks(batch.structures);
    const targets = concatenated(batch.targets);
    if (chunks.length === 1) {
      let outcome: BatchOutcome | undefined;
      const gradients = this.backwardChunk(chunks[0], (predictions) => {
        const { derivative, ...value } = evaluateLoss(predictions, targets, loss);
        outcome = { ...value, outputs: predictions };
        return derivative;
      });
      return { outcome: outcome!, gradients };
    }
    const predictions = concatenated(chunks.map((chunk) => this.forward(chunk)));
    const { derivative, ...outcome } = evaluateLoss(predictions, targets, loss);
    const gradients = new Map([...this.parameters].map(([name, { data }]) => [name, new Float32Array(data.length)]));
    let atom = 0;
    for (const chunk of chunks) {
      const slice = derivative.subarray(atom, atom + atomCount(chunk));
      for (const [name, part] of this.backwardChunk(chunk, () => slice)) {
        const sum = gradients.get(name)!;
        for (let index = 0; index < sum.length; index++) sum[index] += part[index];
      }
      atom += slice.length;
    }
    return { outcome: { ...outcome, outputs: predictions }, gradients };
  }

  private forward(chunk: readonly Structure[]): Float32Array {
    return this.compute(() => {
      const weights = new Map([...this.parameters].map(([name, { shape, data }]) => [name, toTensor(data, shape)]));
      return schnet(weights, this.hyperparameters.interactions, this.input(chunk)).dataSync<'float32'>().slice();
    });
  }

  private backwardChunk(
    chunk: readonly Structure[],
    outputDerivative: (predictions: Float32Array) => Float64Array,
  ): Map<string, Float32Array> {
    return this.compute(() => {
      const names = [...this.parameters.keys()];
      const input = this.input(chunk);
      const network = (...weights: tf.Tensor[]) =>
        withOutputDerivative(
          schnet(new Map(names.map((name, index) => [name, weights[index]])), this.hyperparameters.interactions, input),
          outputDerivative,
        );
      const gradients = tf.grads(network)(
        [...this.parameters.values()].map(({ data, shape }) => toTensor(data, shape)),
      );
      return new Map(names.map((name, index) => [name, gradients[index].dataSync<'float32'>().slice()]));
    });
  }

  /** Runs on this session's backend and leaves no tensor behind. */
  private compute<T>(work: () => T): T {
    makeCurrent(this.tfjsBackend);
    tf.engine().startScope();
    try {
      return work();
    } finally {
      tf.engine().endScope();
    }
  }

  private input(chunk: readonly Structure[]): ModelInput {
    const { gaussians } = this.hyperparameters;
    const joined = joinStructures(
      chunk,
      chunk.map((structure) => this.pairsOf(structure)),
      gaussians,
    );
    const pairs = joined.first.length;
    const atoms = joined.atomicNumbers.length;
    const elements = new Float32Array(atoms * EMBEDDING_ROWS);
    joined.atomicNumbers.forEach((atomicNumber, atom) => {
      elements[atom * EMBEDDING_ROWS + atomicNumber] = 1;
    });
    return {
      elements: tf.tensor2d(elements, [atoms, EMBEDDING_ROWS]),
      pairs: joined,
      gaussians: tf.tensor2d(joined.gaussians, [pairs, gaussians]),
      cutoffs: tf.tensor2d(joined.cutoffs, [pairs, 1]),
    };
  }

  /** Consecutive structures of so many pairs and atoms that they are computed at once; a structure is never cut. */
  private chunks(structures: readonly Structure[]): Structure[][] {
    const width = Math.max(this.hyperparameters.atomBasis, this.hyperparameters.filters, CHUNK_WIDTH);
    const mostRows = (CHUNK_ROWS * CHUNK_WIDTH) / width;
    const chunks: Structure[][] = [];
    let rows = Number.POSITIVE_INFINITY;
    for (const structure of structures) {
      const added = structure.atomicNumbers.length + this.pairsOf(structure).first.length;
      if (rows + added > mostRows) {
        chunks.push([]);
        rows = 0;
      }
      chunks[chunks.length - 1].push(structure);
      rows += added;
    }
    return chunks;
  }

  private pairsOf(structure: Structure): AtomPairs {
    let pairs = this.pairs.get(structure);
    if (!pairs) {
      pairs = findPairs(structure, this.hyperparameters);
      this.pairs.set(structure, pairs);
    }
    return pairs;
  }
}

function scale(values: Float32Array, factor: number): void {
  for (let index = 0; index < values.length; index++) values[index] *= factor;
}

function toTensor(data: Float32Array, shape: readonly number[]): tf.Tensor {
  return tf.tensor(data, [...shape]);
}

function atomCount(structures: readonly Structure[]): number {
  return structures.reduce((sum, { atomicNumbers }) => sum + atomicNumbers.length, 0);
}

function perStructure(structures: readonly Structure[], perAtom: Float32Array): Float64Array[] {
  let atom = 0;
  return structures.map(({ atomicNumbers }) => {
    const part = Float64Array.from(perAtom.subarray(atom, atom + atomicNumbers.length));
    atom += atomicNumbers.length;
    return part;
  });
}

function concatenated(arrays: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}
