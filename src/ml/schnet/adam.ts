import { NatriumError } from '../../errors.ts';
import { float32Tensor, type NamedTensors, type Tensor } from '../safetensors.ts';

export const ADAM_BETA1 = 0.9;
export const ADAM_BETA2 = 0.999;
export const ADAM_EPSILON = 1e-8;

/** All that Adam remembers: steps made, and the running means of each weight's gradient and squared gradient (float32). */
export interface AdamState {
  readonly steps: number;
  readonly firstMoments: NamedTensors;
  readonly secondMoments: NamedTensors;
}

type Parameters = ReadonlyMap<string, { readonly data: Float32Array; readonly shape: readonly number[] }>;

/**
 * Adam as PyTorch computes it (Kingma and Ba, arXiv:1412.6980, algorithm 1, with epsilon outside the corrected root):
 *
 *     m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²
 *     w ← w - η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
 *
 * Moments are float32, the arithmetic between is float64. The powers are computed from t anew at every step, so an
 * optimiser restored from its state goes on bit for bit.
 */
export class Adam {
  private steps = 0;
  private readonly moments = new Map<string, { first: Float32Array; second: Float32Array }>();
  private readonly parameters: Parameters;

  /** @param parameters the weights by name; `step` changes their data in place. */
  constructor(parameters: Parameters) {
    this.parameters = parameters;
    for (const [name, { data }] of parameters) {
      this.moments.set(name, { first: new Float32Array(data.length), second: new Float32Array(data.length) });
    }
  }

  /** Moves every parameter by one step against its gradient (same order of elements). */
  step(gradients: ReadonlyMap<string, ArrayLike<number>>, learningRate: number): void {
    this.steps++;
    const { rate, correction: square } = adamFactors(this.steps, learningRate);
    const correction = Math.sqrt(square);
    for (const [name, { data }] of this.parameters) {
      const gradient = gradients.get(name)!;
      const { first, second } = this.moments.get(name)!;
      for (let index = 0; index < data.length; index++) {
        const slope = gradient[index];
        first[index] = ADAM_BETA1 * first[index] + (1 - ADAM_BETA1) * slope;
        second[index] = ADAM_BETA2 * second[index] + (1 - ADAM_BETA2) * slope * slope;
        data[index] -= (rate * first[index]) / (Math.sqrt(second[index]) / correction + ADAM_EPSILON);
      }
    }
  }

  /** A copy of the state. */
  state(): AdamState {
    const copy = (which: 'first' | 'second') =>
      new Map<string, Tensor>(
        [...this.parameters].map(([name, { shape }]) => [
          name,
          float32Tensor(shape, this.moments.get(name)![which].slice()),
        ]),
      );
    return { steps: this.steps, firstMoments: copy('first'), secondMoments: copy('second') };
  }

  /** Goes on from a stored state; throws `CORRUPT_ARTIFACT` when it belongs to other parameters. */
  restore(state: AdamState): void {
    checkAdamState(state, this.parameters);
    this.steps = state.steps;
    for (const [name, { first, second }] of this.moments) {
      first.set(state.firstMoments.get(name)!.data);
      second.set(state.secondMoments.get(name)!.data);
    }
  }
}

/** What depends on the number of the step alone: η / (1 - β₁ᵗ) and 1 - β₂ᵗ. */
export function adamFactors(
  step: number,
  learningRate: number,
): { readonly rate: number; readonly correction: number } {
  return {
    rate: learningRate / (1 - integerPower(ADAM_BETA1, step)),
    correction: 1 - integerPower(ADAM_BETA2, step),
  };
}

/** Throws `CORRUPT_ARTIFACT` unless the state is one of an optimiser of these parameters. */
export function checkAdamState(
  state: AdamState,
  parameters: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
): void {
  if (!Number.isSafeInteger(state.steps) || state.steps < 0) {
    throw new NatriumError('CORRUPT_ARTIFACT', `The optimiser's state has ${state.steps} steps.`);
  }
  for (const moments of [state.firstMoments, state.secondMoments]) {
    for (const [name, { data }] of parameters) {
      const stored = moments.get(name)?.data;
      if (!(stored instanceof Float32Array) || stored.length !== data.length || moments.size !== parameters.size) {
        throw new NatriumError('CORRUPT_ARTIFACT', `The optimiser's state does not fit the network's ${name}.`);
      }
      if (!stored.every((value) => Number.isFinite(value) && (value >= 0 || moments === state.firstMoments))) {
        throw new NatriumError(
          'CORRUPT_ARTIFACT',
          `The optimiser's state has moments of ${name} that there cannot be.`,
        );
      }
    }
  }
}

/** base^exponent by squaring: exact operations in a fixed order, unlike `Math.pow`. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/**
 * By what gradients are multiplied so that the Euclidean norm of all together is at most `largest`; 1 where it is or none is
 * set. In float64, in the order of the arrays.
 */
export function clippingFactor(gradients: Iterable<ArrayLike<number>>, largest: number | null): number {
  if (largest === null) return 1;
  let squares = 0;
  for (const gradient of gradients) {
    for (let index = 0; index < gradient.length; index++) squares += gradient[index] * gradient[index];
  }
  const norm = Math.sqrt(squares);
  return norm > largest ? largest / norm : 1;
}
