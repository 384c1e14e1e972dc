import { LARGEST_CLUSTER } from '../structure.ts';
import { FieldError } from './fields.ts';
import type { Geometry } from './step.ts';

/** Collects the rows of a table of coordinates; holds no more than the largest cluster allows. */
export class GeometryTable {
  private readonly atomicNumbers: number[] = [];
  private readonly positions: number[] = [];

  constructor(
    private readonly line: number,
    private readonly frame: string,
  ) {}

  get isEmpty(): boolean {
    return this.atomicNumbers.length === 0;
  }

  /** @param atomicNumber 0 for a centre without a nucleus */
  add(atomicNumber: number, positionAngstrom: readonly number[]): void {
    if (this.atomicNumbers.length === LARGEST_CLUSTER) {
      throw new FieldError(
        'INVALID_STRUCTURE',
        `a geometry of more than ${LARGEST_CLUSTER} atoms; the registry holds smaller clusters only.`,
      );
    }
    this.atomicNumbers.push(atomicNumber);
    this.positions.push(...positionAngstrom);
  }

  geometry(): Geometry {
    return {
      line: this.line,
      frame: this.frame,
      atomicNumbers: this.atomicNumbers,
      positionsAngstrom: this.positions,
    };
  }
}
