import { atomicNumberOf } from '../elements.ts';
import { printedDecimals } from '../numbers.ts';
import { ISOTROPIC_TOLERANCE_PPM } from '../shielding-tensor.ts';
import { FieldError, realOf } from './fields.ts';
import type { Job } from './job.ts';
import type { Fault, OpenBlock, Shielding } from './step.ts';

/** Labels of centres without a nucleus. */
const GHOST = /^(bq|x)$/i;

/** A block of shieldings as it is read: it becomes a result of the step only when it is complete. */
export class ShieldingBlock implements OpenBlock {
  private readonly line: number;
  private readonly byCenter = new Map<number, Shielding>();
  private finished = false;
  /** Centres with a nucleus that have no shielding yet. */
  private missing: number;
  private spoilt: Fault | null = null;

  constructor(
    private readonly job: Job,
    private readonly gauge: string | null,
    private readonly correlated = false,
  ) {
    this.line = job.line;
    this.missing = job.step.geometry?.atomicNumbers.filter((z) => z !== 0).length ?? Number.POSITIVE_INFINITY;
    job.beginShieldings(this);
  }

  /** Whether every centre of the geometry has its shielding. */
  get coversAll(): boolean {
    return this.missing === 0;
  }

  /**
   * Adds one centre's shielding. Throws FieldError if there is no such centre, if it is another element, if it has a
   * shielding already, or if the isotropic value is not a third of the trace.
   * @param center number of the centre, from 1
   * @param label element as printed; null where the program's label says nothing about it
   */
  add(center: number, label: string | null, isotropicText: string, tensor: readonly number[]): void {
    const { geometry } = this.job.step;
    if (geometry === null) {
      throw new FieldError('MALFORMED_FILE', 'shieldings come before any geometry; was the beginning cut off?');
    }
    if (!(center >= 1 && center <= geometry.atomicNumbers.length)) {
      throw new FieldError(
        'MALFORMED_FILE',
        `a shielding of atom ${center}, but the geometry of line ${geometry.line} has ${geometry.atomicNumbers.length}.`,
      );
    }
    if (label !== null) this.checkElement(center, label);
    if (this.byCenter.has(center)) {
      throw new FieldError('MALFORMED_FILE', `atom ${center} has two shieldings in one block.`);
    }
    const isotropic = realOf(isotropicText, `the isotropic shielding of atom ${center}`);
    const third = (tensor[0] + tensor[4] + tensor[8]) / 3;
    if (!(Math.abs(third - isotropic) <= ISOTROPIC_TOLERANCE_PPM + 10 ** -printedDecimals(isotropicText))) {
      throw new FieldError(
        'MALFORMED_FILE',
        `the isotropic shielding of atom ${center} is ${isotropic} ppm, but a third of the trace of its tensor is ` +
          `${third.toFixed(4)} ppm; one of them is wrong.`,
      );
    }
    this.byCenter.set(center, { isotropic, tensor });
    if (geometry.atomicNumbers[center - 1] !== 0) this.missing -= 1;
  }

  private checkElement(center: number, label: string): void {
    const { atomicNumbers, line } = this.job.step.geometry!;
    if (GHOST.test(label)) {
      if (atomicNumbers[center - 1] !== 0) this.missing -= 1;
      atomicNumbers[center - 1] = 0;
    } else if (atomicNumbers[center - 1] !== 0 && atomicNumberOf(label) !== atomicNumbers[center - 1]) {
      throw new FieldError(
        'MALFORMED_FILE',
        `the shielding of atom ${center} is of ${label}, but the geometry of line ${line} has another element there.`,
      );
    }
  }

  /** The block is complete, for all atoms or for those that were asked for. */
  finish(): void {
    if (this.finished || this.spoilt !== null) return;
    this.finished = true;
    this.job.setShieldings({
      line: this.line,
      gauge: this.gauge,
      correlated: this.correlated,
      byCenter: this.byCenter,
    });
  }

  spoil(fault: Fault): void {
    this.spoilt = fault;
  }

  fault(): Fault {
    const all = this.job.step.geometry?.atomicNumbers.filter((z) => z !== 0).length;
    return (
      this.spoilt ?? {
        line: this.line,
        code: 'MISSING_SHIELDING',
        message:
          `the shieldings that begin here break off after ${this.byCenter.size} of ${all ?? 'an unknown number of'} atoms, ` +
          'so they are no result; was the job or the file cut off, or were only some atoms asked for?',
      }
    );
  }
}
