import { createHash } from 'node:crypto';
import { NatriumError } from './errors.ts';

/** The whole state of a {@link Random}: four unsigned 32-bit words, never all zero. */
export type RandomState = readonly [number, number, number, number];

/**
 * Seeded random numbers that are the same, bit for bit, on every machine: integers, comparisons and exact operations on
 * doubles only, because `Math.log` and `Math.cos` may differ in the last bit between versions of the engine.
 *
 * Source: xoshiro128** (Blackman and Vigna, ACM Trans. Math. Softw. 47, 36, 2021), seeded through splitmix32.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed integer in 0 … 2^53 - 1; throws `BAD_USER_INPUT` otherwise. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `The seed ${seed} must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}.`,
      );
    }
    // no two seeds share a state: the mixing is a bijection, so a and b give the low word back, and c the high one
    const fromLow = splitmix32(seed >>> 0);
    [this.a, this.b] = [fromLow(), fromLow()];
    const fromHigh = splitmix32((Math.floor(seed / 2 ** 32) ^ this.b) >>> 0);
    [this.c, this.d] = [fromHigh(), fromHigh()];
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform integer in 0 … n - 1, without bias; `n` from 1 to 2^32. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Random.integer needs an integer from 1 to 2^32, not ${n}.`);
    }
    const end = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.word();
      if (word < end) return word % n;
    }
  }

  /**
   * Standard normal, mean 0 and variance 1, by rejection with comparisons of uniforms only: no logarithm, no cosine, and
   * no cut-off tail. The integer part k has probability proportional to exp(-k²/2), the fraction x is accepted with
   * probability exp(-x (2k + x) / 2), the sign is fair.
   *
   * Source: Karney, ACM Trans. Math. Softw. 42, 3 (2016), algorithm N.
   */
  normal(): number {
    for (;;) {
      const k = this.halfNormalInteger();
      const x = this.uniform();
      let accepted = true;
      for (let trial = 0; trial <= k && accepted; trial++) {
        accepted = this.trueWithProbabilityExpMinus((x * (2 * k + x)) / (2 * k + 2));
      }
      if (accepted) return this.word() >>> 31 === 1 ? -(k + x) : k + x;
    }
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T>(array: T[]): T[] {
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const value = array[last];
      array[last] = array[other];
      array[other] = value;
    }
    return array;
  }

  /** The state, from which {@link Random.fromState} goes on with the same numbers. */
  state(): RandomState {
    return [this.a, this.b, this.c, this.d];
  }

  /** The numbers that belong to a text: those of two texts have nothing to do with each other. */
  static ofText(text: string): Random {
    const digest = createHash('sha256').update(text).digest();
    return Random.fromState([0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as unknown as RandomState);
  }

  /** The generator in a stored state; throws `CORRUPT_ARTIFACT` when that is no state of one. */
  static fromState(state: RandomState): Random {
    const valid =
      Array.isArray(state) &&
      state.length === 4 &&
      state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32) &&
      state.some((word) => word !== 0);
    if (!valid) {
      throw new NatriumError(
        'CORRUPT_ARTIFACT',
        'A stored random state must be four unsigned 32-bit integers, not all zero.',
      );
    }
    const random = new Random(0);
    [random.a, random.b, random.c, random.d] = state;
    return random;
  }

  /** The next unsigned 32-bit word. */
  private word(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b = (this.b ^ this.c) >>> 0;
    this.a = (this.a ^ this.d) >>> 0;
    this.c = (this.c ^ shifted) >>> 0;
    this.d = rotateLeft(this.d, 11) >>> 0;
    return result;
  }

  /** k ≥ 0 with probability proportional to exp(-k²/2): geometric in exp(-1/2), thinned by exp(-k (k - 1) / 2). */
  private halfNormalInteger(): number {
    for (;;) {
      let k = 0;
      while (this.trueWithProbabilityExpMinus(0.5)) k++;
      let accepted = true;
      for (let trial = k * (k - 1); trial > 0 && accepted; trial--) accepted = this.trueWithProbabilityExpMinus(0.5);
      if (accepted) return k;
    }
  }

  /**
   * True with probability exp(-z), 0 ≤ z ≤ 1. Von Neumann: a run z > u₁ > u₂ > … of uniforms has length at least m with
   * probability z^m / m!, so an even length has probability Σ (-z)^m / m! = exp(-z).
   */
  private trueWithProbabilityExpMinus(z: number): boolean {
    let even = true;
    let smallest = z;
    for (let u = this.uniform(); u < smallest; u = this.uniform()) {
      smallest = u;
      even = !even;
    }
    return even;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** A generator that turns neighbouring seeds into unrelated words; each word is a bijection of the seed. */
function splitmix32(seed: number): () => number {
  let counter = seed;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let word = counter;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}
