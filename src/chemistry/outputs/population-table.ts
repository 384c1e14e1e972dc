import { FieldError } from './fields.ts';
import type { Job } from './job.ts';

const MOST_ORBITALS = 500_000;
const MOST_LABELS = 1000;

/** Collects gross orbital populations; they become a result of the step only when every atom has some. */
export class PopulationTable {
  private readonly byCenter = new Map<number, Map<string, number>>();
  private readonly labels = new Set<string>();
  private orbitals = 0;

  constructor(private readonly job: Job) {}

  /** Adds one orbital. Throws FieldError if there is no such centre or if the label came before. */
  add(center: number, label: string, population: number): void {
    const centers = this.job.step.geometry?.atomicNumbers.length ?? 0;
    if (!(center >= 1 && center <= centers)) {
      throw new FieldError('MALFORMED_FILE', `an orbital population of atom ${center}, of ${centers} atoms.`);
    }
    let own = this.byCenter.get(center);
    if (own === undefined) {
      own = new Map();
      this.byCenter.set(center, own);
    }
    if (own.has(label)) {
      throw new FieldError(
        'MALFORMED_FILE',
        `atom ${center} has two populations of the orbital ${label.slice(0, 20)}.`,
      );
    }
    this.labels.add(label);
    this.orbitals += 1;
    if (this.orbitals > MOST_ORBITALS || this.labels.size > MOST_LABELS) {
      throw new FieldError(
        'TOO_LARGE',
        `more than ${MOST_ORBITALS} orbital populations, or more than ${MOST_LABELS} different labels.`,
      );
    }
    own.set(label, population);
  }

  /** The table is over. */
  finish(): void {
    const { geometry } = this.job.step;
    if (geometry?.atomicNumbers.every((z, k) => z === 0 || this.byCenter.has(k + 1))) {
      this.job.step.populations = this.byCenter;
    }
  }
}
