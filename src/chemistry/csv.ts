import { NatriumError } from '../errors.ts';
import { type AtomCsvHeader, parseHeader } from './csv/header.ts';
import { CsvLines } from './csv/lines.ts';
import { type AtomCsvRecord, readRows } from './csv/rows.ts';
import { type ItemFormat, type ItemReader, itemsOfText } from './text/item-stream.ts';

export { type AtomCsvColumns, atomCsvColumns } from './csv/columns.ts';
export type { AtomCsvRecord } from './csv/rows.ts';
export { type AtomCsvEntry, writeAtomCsv } from './csv/writer.ts';

/** One calculation of a CSV file, or why it was refused: a `ParsedItem` with what else the rows hold. */
export type AtomCsvItem =
  | ({ readonly line: number; readonly label: string | null } & AtomCsvRecord)
  | { readonly line: number; readonly label: string | null; readonly error: NatriumError };

/**
 * Reads CSV (RFC 4180; LF and a byte order mark are taken too) with a header and one row an atom, as `writeAtomCsv` writes it.
 *
 * Needed: `atom` (from 1) and `atoms` (how many the cluster has, so that a file cut off between rows is noticed), `element`
 * (symbol or atomic number), `x_angstrom`, `y_angstrom`, `z_angstrom`. Taken: the other columns of `writeAtomCsv`; any other is
 * named in `provenance.ignored_columns`. The rows of a calculation follow each other. An empty cell means that the calculation
 * has no such thing, and then all its rows are empty there; `nan` means that this atom lacks it. Columns of the calculation
 * say the same in each of its rows. A text gives up one apostrophe where the writer would have put it.
 *
 * A calculation that is refused gives one item with the error, and reading goes on where the next one starts (`atom` 1). Errors
 * carry `details.file`, `details.line` and, where one is to blame, `details.column`: MALFORMED_FILE, UNKNOWN_ELEMENT,
 * NON_FINITE_NUMBER, ATOMS_TOO_CLOSE, INVALID_STRUCTURE and TOO_LARGE (a row of more than 1 Mi characters, or a
 * calculation of more than 16 Mi).
 */
export function parseAtomCsv(text: string, fileName: string): Generator<AtomCsvItem> {
  return itemsOfText(text, fileName, ATOM_CSV);
}

/** As `parseAtomCsv` reads it. */
export const ATOM_CSV: ItemFormat<AtomCsvItem> = {
  isOfLines: true,
  start: (window, fileName) => new CalculationReader(new CsvLines(window, fileName), fileName),
};

class CalculationReader implements ItemReader<AtomCsvItem> {
  private header: AtomCsvHeader | null = null;
  private isDone = false;
  /** Behind a calculation that was refused, where its rows may follow. */
  private isLost = false;

  constructor(
    private readonly lines: CsvLines,
    private readonly fileName: string,
  ) {}

  next(): AtomCsvItem | undefined | null {
    if (this.isDone) return null;
    this.lines.startItem();
    if (this.lines.skipBlank()) return undefined;
    return this.header === null ? this.readHeader() : this.readCalculation(this.header);
  }

  private readHeader(): AtomCsvItem | undefined | null {
    const header = attempt(() => readHeader(this.lines, this.fileName));
    if (header instanceof NatriumError) {
      this.isDone = true;
      return { line: Number(header.details.line), label: null, error: header };
    }
    this.header = header;
    return header === null ? null : undefined;
  }

  private readCalculation(header: AtomCsvHeader): AtomCsvItem | undefined | null {
    const { lines } = this;
    const place = { file: this.fileName, line: lines.line, label: null as string | null };
    const item = attempt(() => {
      const row = lines.peek();
      if (row === null) return null;
      if (this.isLost && !startsCalculation(row.cells, header)) {
        lines.next();
        return undefined;
      }
      return readRows(lines, header, place);
    });
    this.isLost = item === undefined || item instanceof NatriumError;
    if (item instanceof NatriumError) return { line: place.line, label: place.label, error: item };
    return item && { line: place.line, label: place.label, ...item };
  }
}

function readHeader(lines: CsvLines, file: string): AtomCsvHeader | null {
  const row = lines.next();
  return row && parseHeader(row.cells, { file, line: row.line, label: null });
}

function startsCalculation(cells: readonly string[], header: AtomCsvHeader): boolean {
  return cells[header.fixed.get('atom')!]?.trim() === '1';
}

function attempt<T>(read: () => T): T | NatriumError {
  try {
    return read();
  } catch (error) {
    if (error instanceof NatriumError) return error;
    throw error;
  }
}
