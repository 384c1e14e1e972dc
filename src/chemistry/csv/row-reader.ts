import type { ErrorCode, NatriumError } from '../../errors.ts';
import type { CalculationRecord } from '../calculation-record.ts';
import { atomicNumberOf, isAtomicNumber } from '../elements.ts';
import { parseInteger, parseReal } from '../numbers.ts';
import { isProvenanceValue, itemError } from '../record-text.ts';
import { detached } from '../text/window.ts';
import { cellText } from './cells.ts';
import { POSITION_COLUMNS, PROVENANCE_COLUMN } from './columns.ts';
import type { AtomCsvHeader } from './header.ts';
import type { CsvRow } from './lines.ts';

/** Where the calculation starts; the label is filled in as soon as it is known, so that later errors can name it. */
export interface LabelledPlace {
  readonly file: string;
  line: number;
  label: string | null;
}

/** One row, by the names of its columns; its errors name file, line and column. */
export class RowReader {
  constructor(
    private readonly row: CsvRow,
    private readonly header: AtomCsvHeader,
    private readonly place: LabelledPlace,
  ) {}

  error(column: string, code: ErrorCode, message: string): NatriumError {
    const place = { ...this.place, line: this.row.line };
    return itemError(place, code, `column ${column.slice(0, 60)}: ${message}`, { column });
  }

  expectWidth(): void {
    const { length } = this.row.cells;
    const { length: expected } = this.header.names;
    if (length !== expected) {
      const column = this.header.names[length] ?? this.header.names[expected - 1];
      throw this.error(column, 'MALFORMED_FILE', `the row ends with ${length} cells; the header has ${expected}.`);
    }
  }

  expectAtom(atom: number): void {
    const cell = this.cell('atom').trim();
    if (parseInteger(cell) !== atom) {
      throw this.error('atom', 'MALFORMED_FILE', `expected atom ${atom}, found "${cell.slice(0, 30)}".`);
    }
  }

  isFilled(column: number): boolean {
    return this.row.cells[column].trim() !== '';
  }

  cell(name: string): string {
    const column = this.header.fixed.get(name);
    return column === undefined ? '' : (this.row.cells[column] ?? '');
  }

  text(name: string): string | null {
    return cellText(detached(this.cell(name)));
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | null {
    const text = this.cell(name).trim();
    if (text === '') return null;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) {
      throw this.error(name, 'MALFORMED_FILE', `"${text.slice(0, 40)}" is none of ${choices.join(', ')}.`);
    }
    return found;
  }

  integer(name: string): number | null {
    const text = this.cell(name).trim();
    if (text === '') return null;
    const value = parseInteger(text);
    if (value === undefined) throw this.error(name, 'MALFORMED_FILE', `"${text.slice(0, 30)}" is no integer.`);
    return value;
  }

  neededInteger(name: string): number {
    const value = this.integer(name);
    if (value === null) throw this.error(name, 'MALFORMED_FILE', 'is empty; give an integer.');
    return value;
  }

  real(name: string): number | null {
    const column = this.header.fixed.get(name);
    if (column === undefined || !this.isFilled(column)) return null;
    const value = this.number(column);
    if (Number.isNaN(value)) throw this.error(name, 'NON_FINITE_NUMBER', 'is nan; leave it empty if it is not known.');
    return value;
  }

  /** NaN where the atom lacks the value. */
  number(column: number): number {
    const name = this.header.names[column];
    const text = this.row.cells[column].trim();
    const value = parseReal(text);
    if (value === undefined) {
      throw this.error(
        name,
        'MALFORMED_FILE',
        text === '' ? 'is empty; write nan for an atom that lacks it.' : `"${text.slice(0, 30)}" is no number.`,
      );
    }
    if (Number.isNaN(value) ? POSITION_COLUMNS.includes(name) : !Number.isFinite(value)) {
      throw this.error(name, 'NON_FINITE_NUMBER', `"${text.slice(0, 30)}" is not finite.`);
    }
    return value;
  }

  element(): number {
    const text = this.cell('element').trim();
    const z = atomicNumberOf(text) ?? parseInteger(text);
    if (z === undefined || !isAtomicNumber(z)) {
      throw this.error(
        'element',
        'UNKNOWN_ELEMENT',
        `"${text.slice(0, 20)}" is no element; use a symbol such as Na or an atomic number from 1 to 118.`,
      );
    }
    return z;
  }

  provenance(): CalculationRecord['provenance'] {
    const text = this.cell(PROVENANCE_COLUMN);
    if (text.trim() === '') return {};
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.error(PROVENANCE_COLUMN, 'MALFORMED_FILE', `"${text.slice(0, 40)}" is no JSON.`);
    }
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      !Object.values(value).every(isProvenanceValue)
    ) {
      throw this.error(PROVENANCE_COLUMN, 'MALFORMED_FILE', 'must be an object of texts, numbers and truth values.');
    }
    return value as CalculationRecord['provenance'];
  }
}
