import { ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON } from '../adam.ts';
import type { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import type { ParameterLayout } from './parameters.ts';

/** All parameters of a network with their gradient and Adam's moments: four vectors of one layout. */
export class ParameterVectors {
  /** Addresses of the four. */
  private readonly parameters: number;
  private readonly gradient: number;
  private readonly firstMoment: number;
  private readonly secondMoment: number;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    readonly layout: ParameterLayout,
  ) {
    const vector = () => arena.allocate(layout.length);
    [this.parameters, this.gradient, this.firstMoment, this.secondMoment] = [vector(), vector(), vector(), vector()];
  }

  /** The parameters, as a view. */
  get weights(): Float32Array {
    return this.arena.floats(this.parameters, this.layout.length);
  }

  get gradients(): Float32Array {
    return this.arena.floats(this.gradient, this.layout.length);
  }

  get moments(): readonly [first: Float32Array, second: Float32Array] {
    return [
      this.arena.floats(this.firstMoment, this.layout.length),
      this.arena.floats(this.secondMoment, this.layout.length),
    ];
  }

  /** A step of Adam along the last gradients; `rate` and `correction` are those of kernels/adam.ts. */
  step(rate: number, correction: number): void {
    this.kernels.adam(
      ...[this.parameters, this.gradient, this.firstMoment, this.secondMoment, this.layout.length],
      ...[rate, ADAM_BETA1, ADAM_BETA2, correction, ADAM_EPSILON],
    );
  }

  /** Address of a parameter. */
  at(name: string): number {
    return this.parameters + 4 * this.layout.offsetOf(name);
  }

  /** Address of the derivative by a parameter. */
  slope(name: string): number {
    return this.toGradient(this.at(name));
  }

  /** The same, from the parameter's address. */
  toGradient(parameter: number): number {
    return parameter - this.parameters + this.gradient;
  }
}
