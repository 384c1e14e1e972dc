import { atomicNumberOf, isAtomicNumber, symbolOf } from '../../elements.ts';
import type { Section } from '../cues.ts';
import { FieldError, numberTexts, realOf } from '../fields.ts';
import { GeometryTable } from '../geometry-table.ts';
import type { Job } from '../job.ts';

/** Number, tag (of more than one word in some modules), charge and coordinates. */
const ROW = /^\s*\d+\s+(\S+(?: [A-Za-z]\S*)*)\s+(.*)$/;
const COLUMNS = /^\s*No\.\s+Tag\s+Charge\s+X\s+Y\s+Z/;
const UNITS = /^\s*Output coordinates in (\S+)/;
/** What NWChem converts with. */
const BOHR_PER_ANGSTROM = 1.889725989;
const MOST_LINES_BEFORE = 20;

/** NWChem's `Geometry "geometry" -> ""`, in the frame that it computes in. Tags such as `H1` name an element; `Bq` none. */
export class NwchemGeometry implements Section {
  private readonly table: GeometryTable;
  private factor = 1;
  private inRows = false;
  private lines = 0;

  constructor(private readonly job: Job) {
    this.table = new GeometryTable(job.line, "program's geometry");
  }

  take(text: string): boolean {
    if (!this.inRows) return this.takeHeading(text);
    if (/^[\s-]+$/.test(text) && text.includes('--')) return this.table.isEmpty;
    const row = ROW.exec(text);
    if (row === null) {
      if (!this.table.isEmpty) this.job.place(this.table.geometry(), false);
      return false;
    }
    const numbers = numberTexts(row[2]);
    if (numbers === null || numbers.length !== 4) {
      throw new FieldError(
        'MALFORMED_FILE',
        `expected a charge and three coordinates, found "${row[2].slice(0, 60)}".`,
      );
    }
    const [charge, ...position] = numbers.map((each) => realOf(each, `the position of ${row[1]}`));
    this.table.add(
      elementOf(row[1], charge),
      position.map((x) => x * this.factor),
    );
    return true;
  }

  private takeHeading(text: string): boolean {
    this.lines += 1;
    const units = UNITS.exec(text)?.[1];
    if (units !== undefined && !units.startsWith('angstrom')) this.factor = 1 / BOHR_PER_ANGSTROM;
    this.inRows = COLUMNS.test(text);
    return this.lines <= MOST_LINES_BEFORE;
  }
}

/** The nuclear charge names the element if the tag begins like its symbol, or like none; else the tag does. */
function elementOf(tag: string, charge: number): number {
  const name = /^[A-Za-z]*/.exec(tag)![0].toLowerCase();
  if (charge === 0 || name.startsWith('bq') || name === 'x') return 0;
  if (isAtomicNumber(charge) && name.startsWith(symbolOf(charge).toLowerCase())) return charge;
  const z = atomicNumberOf(name) ?? atomicNumberOf(name.slice(0, 2)) ?? atomicNumberOf(name.slice(0, 1));
  if (z === undefined && isAtomicNumber(charge)) return charge;
  if (z === undefined) throw new FieldError('UNKNOWN_ELEMENT', `the tag "${tag.slice(0, 16)}" names no element.`);
  return z;
}
