import { atomicNumberOf } from '../../elements.ts';
import type { Section } from '../cues.ts';
import { FieldError, realsOf } from '../fields.ts';
import { GeometryTable } from '../geometry-table.ts';
import type { Job } from '../job.ts';

/** Symbol, `-` for a dummy, perhaps with a fragment in brackets, `:` for a ghost, `>` for an embedding potential; then the coordinates. */
const ROW = /^\s*(-|[A-Za-z]{1,2})(?:\(\d+\))?\s*([:>])?\s+(.*)$/;
const WITHOUT_NUCLEUS = /^(da|q|x|-)$/i;

/** ORCA's `CARTESIAN COORDINATES (ANGSTROEM)`, which is also the frame of its tensors. */
export class OrcaCoordinates implements Section {
  private readonly table: GeometryTable;

  constructor(private readonly job: Job) {
    this.table = new GeometryTable(job.line, 'input orientation');
  }

  take(text: string): boolean {
    if (/^-+$/.test(text.trim())) return this.table.isEmpty;
    if (text.trim() === '') {
      if (!this.table.isEmpty) this.job.place(this.table.geometry(), true);
      return false;
    }
    const row = ROW.exec(text);
    if (row === null) return false;
    const [, symbol, mark, coordinates] = row;
    const ghost = mark !== undefined || WITHOUT_NUCLEUS.test(symbol);
    const atomicNumber = ghost ? 0 : atomicNumberOf(symbol);
    if (atomicNumber === undefined) throw new FieldError('UNKNOWN_ELEMENT', `"${symbol}" is no element.`);
    this.table.add(atomicNumber, realsOf(coordinates, 3, `the coordinates of ${symbol}`));
    return true;
  }
}
