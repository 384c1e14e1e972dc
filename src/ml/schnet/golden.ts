import type { Structure } from '../../chemistry/structure.ts';
import { NatriumError } from '../../errors.ts';
import { decodeSafetensors, encodeSafetensors, float32Tensor, type NamedTensors } from '../safetensors.ts';
import { ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON } from './adam.ts';
import type { SchNetBatch, SchNetEngine, SchNetSession } from './engine.ts';
import type { SchNetHyperparameters } from './hyperparameters.ts';
import type { SchNetLoss } from './loss.ts';
import { checkWeights } from './weights.ts';

/** The form of a golden file: an independent program's numbers for given weights, clusters and targets. */
export interface SchNetGoldenFile {
  readonly about?: string;
  readonly config: {
    readonly nAtomBasis: number;
    readonly nFilters: number;
    readonly nInteractions: number;
    readonly cutoff: number;
    readonly nGaussians: number;
  };
  readonly clusters: readonly {
    readonly atomicNumbers: readonly number[];
    readonly positionsAngstrom: readonly (readonly number[])[];
    readonly target: readonly number[];
  }[];
  readonly weights: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly float32LittleEndianBase64: string }>
  >;
  readonly output: readonly (readonly number[])[];
  readonly mseLoss: number;
  readonly mseGradient: GoldenGradient;
  readonly distributionLoss: { readonly a: number; readonly loss: number; readonly gradient: GoldenGradient };
  readonly adam: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly steps: number;
    readonly mseBeforeEachStep: readonly number[];
    readonly outputAfter: readonly (readonly number[])[];
  };
}

type GoldenGradient = Readonly<
  Record<string, { readonly norm: number; readonly sum: number; readonly first8: readonly number[] }>
>;

/** The largest deviation of one quantity. */
export interface GoldenComparison {
  readonly quantity: string;
  /** Where the deviation is largest: a cluster and atom, a tensor, or a step. */
  readonly where: string;
  readonly deviation: number;
  readonly tolerance: number;
  readonly withinTolerance: boolean;
}

interface Tolerances {
  /** Absolute, of an output before and after the steps of Adam. */
  readonly output: number;
  readonly outputAfter: number;
  /** Relative to the norm of the gradient's tensor. */
  readonly gradient: number;
  /** Relative. */
  readonly loss: number;
}

const TOLERANCES: Readonly<Record<SchNetEngine['name'], Tolerances>> = {
  wasm: { output: 2e-5, outputAfter: 1e-3, gradient: 1e-4, loss: 1e-4 },
  tensorflow: { output: 1e-4, outputAfter: 1e-4, gradient: 1e-3, loss: 1e-3 },
};

/** Whether a parsed JSON file has the form of a SchNet golden file. */
export function isSchNetGoldenFile(file: unknown): file is SchNetGoldenFile {
  const keys = ['config', 'clusters', 'weights', 'output', 'mseLoss', 'mseGradient', 'distributionLoss', 'adam'];
  return typeof file === 'object' && file !== null && keys.every((key) => key in file);
}

/**
 * Compares an engine with a golden file: outputs, losses, gradients of both losses (norm, sum and first elements of each
 * tensor) and the steps of Adam. The weights take the path of imported ones: safetensors bytes, decoded, checked, opened.
 *
 * Throws `MALFORMED_FILE` when the file has another form, and what `decodeSafetensors` and `checkWeights` throw.
 */
export async function compareWithGolden(engine: SchNetEngine, file: unknown): Promise<GoldenComparison[]> {
  if (!isSchNetGoldenFile(file)) {
    throw new NatriumError('MALFORMED_FILE', 'The golden file lacks a part of the form that golden.ts describes.');
  }
  const hyperparameters: SchNetHyperparameters = {
    atomBasis: file.config.nAtomBasis,
    filters: file.config.nFilters,
    gaussians: file.config.nGaussians,
    cutoffAngstrom: file.config.cutoff,
    interactions: file.config.nInteractions,
  };
  const batch: SchNetBatch = {
    structures: file.clusters.map(({ atomicNumbers, positionsAngstrom }) =>
      toStructure(atomicNumbers, positionsAngstrom),
    ),
    targets: file.clusters.map(({ target }) => Float64Array.from(target)),
  };
  const tolerances = TOLERANCES[engine.name];
  const session = engine.open(hyperparameters, importedWeights(hyperparameters, file));
  try {
    return [
      compareOutputs('output', tolerances.output, await session.predict(batch.structures), file.output),
      ...(await compareGradients('MSE', tolerances, session, batch, { kind: 'MSE' }, file.mseLoss, file.mseGradient)),
      ...(await compareGradients(
        'distribution loss',
        tolerances,
        session,
        batch,
        { kind: 'DISTRIBUTION', weight: file.distributionLoss.a },
        file.distributionLoss.loss,
        file.distributionLoss.gradient,
      )),
      ...(await compareAdam(tolerances, session, batch, file.adam)),
    ];
  } finally {
    session.dispose();
  }
}

function toStructure(atomicNumbers: readonly number[], positions: readonly (readonly number[])[]): Structure {
  return { atomicNumbers, positionsAngstrom: Float64Array.from(positions.flat()), charge: 0, multiplicity: 1 };
}

function importedWeights(hyperparameters: SchNetHyperparameters, file: SchNetGoldenFile): NamedTensors {
  const tensors = new Map(
    Object.entries(file.weights).map(([name, { shape, float32LittleEndianBase64 }]) => {
      // a copy, because a small Buffer lies unaligned in a shared pool
      const bytes = new Uint8Array(Buffer.from(float32LittleEndianBase64, 'base64'));
      return [name, float32Tensor(shape, new Float32Array(bytes.buffer))];
    }),
  );
  const { tensors: decoded } = decodeSafetensors(encodeSafetensors(tensors, {}), 'The weights of the golden file');
  return checkWeights(hyperparameters, decoded, 'The weights of the golden file');
}

function compareOutputs(
  quantity: string,
  tolerance: number,
  outputs: readonly Float64Array[],
  expected: readonly (readonly number[])[],
): GoldenComparison {
  const sameShape =
    outputs.length === expected.length && outputs.every((cluster, index) => cluster.length === expected[index].length);
  if (!sameShape) return largest(quantity, tolerance, [{ where: 'number of outputs', deviation: Number.NaN }]);
  return largest(
    quantity,
    tolerance,
    outputs.flatMap((cluster, index) =>
      Array.from(cluster, (value, atom) => ({
        where: `cluster ${index}, atom ${atom}`,
        deviation: Math.abs(value - expected[index][atom]),
      })),
    ),
  );
}

async function compareGradients(
  name: string,
  tolerances: Tolerances,
  session: SchNetSession,
  batch: SchNetBatch,
  loss: SchNetLoss,
  expectedLoss: number,
  expected: GoldenGradient,
): Promise<GoldenComparison[]> {
  const { loss: value, gradients } = await session.gradients(batch, loss);
  const deviations = (of: (data: ArrayLike<number>, tensor: GoldenGradient[string]) => number) =>
    [...gradients].map(([where, { data }]) => ({
      where,
      // a tensor without any gradient, as the filters of isolated atoms, has only an absolute deviation
      deviation: where in expected ? of(data, expected[where]) / (expected[where].norm || 1) : Number.NaN,
    }));
  return [
    largest(`${name} (relative)`, tolerances.loss, [{ where: 'loss', deviation: relative(value, expectedLoss) }]),
    largest(
      `${name} gradient, norm`,
      tolerances.gradient,
      deviations((data, { norm }) => Math.abs(Math.sqrt(sum(data, (x) => x * x)) - norm)),
    ),
    largest(
      `${name} gradient, sum`,
      tolerances.gradient,
      deviations((data, tensor) => Math.abs(sum(data, (x) => x) - tensor.sum)),
    ),
    largest(
      `${name} gradient, first elements`,
      tolerances.gradient,
      deviations((data, { first8 }) => maximum(first8.map((slope, index) => Math.abs(data[index] - slope)))),
    ),
  ];
}

async function compareAdam(
  tolerances: Tolerances,
  session: SchNetSession,
  batch: SchNetBatch,
  adam: SchNetGoldenFile['adam'],
): Promise<GoldenComparison[]> {
  if (adam.beta1 !== ADAM_BETA1 || adam.beta2 !== ADAM_BETA2 || adam.epsilon !== ADAM_EPSILON) {
    throw new NatriumError(
      'MALFORMED_FILE',
      `The golden file's Adam has beta1 ${adam.beta1}, beta2 ${adam.beta2} and epsilon ${adam.epsilon}; SchNet trains with ` +
        `${ADAM_BETA1}, ${ADAM_BETA2} and ${ADAM_EPSILON} only.`,
    );
  }
  const losses: { where: string; deviation: number }[] = [];
  for (const [index, expected] of adam.mseBeforeEachStep.entries()) {
    const { loss } = await session.step(
      batch,
      { kind: 'MSE' },
      { learningRate: adam.learningRate, largestGradientNorm: null },
    );
    losses.push({ where: `step ${index + 1}`, deviation: relative(loss, expected) });
  }
  return [
    largest('Adam, loss before each step (relative)', tolerances.loss, losses),
    compareOutputs(
      'Adam, output after the steps',
      tolerances.outputAfter,
      await session.predict(batch.structures),
      adam.outputAfter,
    ),
  ];
}

function largest(
  quantity: string,
  tolerance: number,
  deviations: readonly { readonly where: string; readonly deviation: number }[],
): GoldenComparison {
  const deviation = maximum(deviations.map((each) => each.deviation));
  const where = deviations.find((each) => Object.is(each.deviation, deviation))?.where ?? 'nowhere';
  return { quantity, where, deviation, tolerance, withinTolerance: deviation <= tolerance };
}

/** The largest number; NaN if one is, or if there is none, so that nothing compared is nothing passed. */
function maximum(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((most, value) => Math.max(most, value));
}

function relative(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected);
}

function sum(values: ArrayLike<number>, of: (value: number) => number): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += of(values[index]);
  return total;
}
