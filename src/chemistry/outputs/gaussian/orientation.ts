import { isAtomicNumber } from '../../elements.ts';
import type { Section } from '../cues.ts';
import { FieldError, realsOf } from '../fields.ts';
import { GeometryTable } from '../geometry-table.ts';
import type { Job } from '../job.ts';

/** Center, atomic number, atomic type (left out with `symm=follow`) and coordinates. */
const ROW = /^\s*(\d+)\s+(-?\d+)\s+(?:-?\d+(?=[\s-]))?([\s.\d*-].*)$/;
const RULE = /^\s*-{20,}$/;
const DUMMY = -1;
const TRANSLATION_VECTOR = -2;

/**
 * Gaussian's tables `Standard orientation:`, `Input orientation:` and `Z-Matrix orientation:`. The one printed last before a
 * property is the frame of it: the standard orientation, or with NoSymm the input orientation.
 */
export class OrientationTable implements Section {
  private readonly table: GeometryTable;
  private rules = 0;

  constructor(
    private readonly job: Job,
    title: string,
  ) {
    this.table = new GeometryTable(job.line, title.toLowerCase().replace(/:.*$/, ''));
  }

  take(text: string): boolean {
    if (RULE.test(text.trimEnd())) {
      this.rules += 1;
      if (this.rules === 3 && !this.table.isEmpty) this.job.place(this.table.geometry(), false);
      return this.rules < 3;
    }
    if (this.rules < 2) return this.rules === 1 || text.trim() === '';
    const row = ROW.exec(text);
    if (row === null) return false;
    const atomicNumber = Number(row[2]);
    const position = realsOf(row[3], 3, `the coordinates of center ${row[1]}`);
    if (atomicNumber === TRANSLATION_VECTOR) {
      throw new FieldError('PERIODIC_STRUCTURE', 'the structure is periodic; the registry holds finite clusters only.');
    }
    if (atomicNumber === DUMMY) return true;
    if (atomicNumber !== 0 && !isAtomicNumber(atomicNumber)) {
      throw new FieldError('UNKNOWN_ELEMENT', `center ${row[1]} has the atomic number ${row[2]}.`);
    }
    this.table.add(atomicNumber, position);
    return true;
  }
}
