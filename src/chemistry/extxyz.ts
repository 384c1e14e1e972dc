import { NatriumError } from '../errors.ts';
import type { CalculationRecord } from './calculation-record.ts';
import { readFrame } from './extxyz/frame.ts';
import { hasProperties, isFrameStart } from './extxyz/frame-start.ts';
import { type ItemFormat, type ItemReader, itemsOfText } from './text/item-stream.ts';
import { LineReader } from './text/line-reader.ts';

export { writeExtxyz } from './extxyz/writer.ts';

/** One item of a file: what it holds, or why it was refused. */
export type ParsedItem =
  | { readonly line: number; readonly label: string | null; readonly record: CalculationRecord }
  | { readonly line: number; readonly label: string | null; readonly error: NatriumError };

/**
 * Reads extended XYZ (as ASE and libAtoms write it) and plain XYZ, frame by frame; positions in Å, shieldings in ppm.
 *
 * Columns, in any order: `species:S:1` (symbols or atomic numbers) or `Z:I:1`, `pos:R:3`, `ms_shielding:R:9` (or `ms`),
 * `sigma_iso:R:1` (or `ms_iso`), `gop:R:n` with its labels in the key `gop_labels` (nan where an atom lacks the orbital),
 * `efg:R:9` (a.u.; nan where an atom has none); others are skipped and named in `provenance.ignored_columns`. Keys: id,
 * split, charge, multiplicity, energy_hartree, spin_squared, program, program_version, method, basis, shielding_gauge,
 * tensor_index_order, gop_labels, pbc, Lattice; others go to provenance.
 *
 * A frame that is refused gives one item with the error, and reading goes on at the next frame. Errors carry
 * `details.file` and `details.line`: MALFORMED_FILE, UNKNOWN_ELEMENT, NON_FINITE_NUMBER, ATOMS_TOO_CLOSE, INVALID_STRUCTURE,
 * PERIODIC_STRUCTURE, MISSING_SHIELDING (a shielding column with nan), TOO_LARGE (a line of more than 1 Mi characters, or a
 * frame of more than 16 Mi).
 */
export function parseExtxyz(text: string, fileName: string): Generator<ParsedItem> {
  return itemsOfText(text, fileName, EXTXYZ);
}

/** As `parseExtxyz` reads it. */
export const EXTXYZ: ItemFormat<ParsedItem> = {
  isOfLines: true,
  start: (window, fileName) => new FrameReader(new LineReader(window), fileName),
};

class FrameReader implements ItemReader<ParsedItem> {
  /** Behind a frame that was refused, where its rows may follow. */
  private isLost = false;

  constructor(
    private readonly lines: LineReader,
    private readonly fileName: string,
  ) {}

  next(): ParsedItem | undefined | null {
    const lines = this.lines;
    const text = lines.peek();
    if (text === null) return null;
    if (text.trim() === '' || (this.isLost && !isFrameStart(lines))) {
      lines.next();
      return undefined;
    }
    const { line } = lines;
    const backToStart = lines.bookmark();
    const place = { file: this.fileName, line, label: null as string | null };
    try {
      const record = readFrame(lines, place);
      this.isLost = false;
      return { line, label: record.label, record };
    } catch (error) {
      if (!(error instanceof NatriumError)) throw error;
      backToStart();
      const countLine = lines.next();
      if (hasProperties(lines.peek()) && !hasProperties(countLine)) lines.next();
      this.isLost = true;
      return { line, label: place.label, error };
    }
  }
}
