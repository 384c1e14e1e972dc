import { NatriumError } from '../errors.ts';
import type { ParsedItem } from './extxyz.ts';
import { readItem } from './qcschema/item.ts';
import { JsonItems, TOO_LARGE } from './qcschema/json-items.ts';
import { parseJsonItem } from './qcschema/json-value.ts';
import { itemError } from './record-text.ts';
import { type ItemFormat, type ItemReader, itemsOfText } from './text/item-stream.ts';
import { LARGEST_ITEM_CHARACTERS, type TextWindow } from './text/window.ts';

export { writeQcSchema } from './qcschema/writer.ts';

/**
 * Reads QCSchema JSON (MolSSI's schema as QCElemental, QCEngine and QCArchive write it): one object, an array of them, or one
 * object a line. An object is a molecule (`qcschema_molecule`) or the result of a calculation (`qcschema_output`, or
 * `qcschema_atomic_result` of the second version).
 *
 * `geometry` is in bohr. What QCSchema has no field for stands under `extras.natrium`; see `NatriumExtras`. If that gives
 * `positionsAngstrom`, these are taken, since bohr and back may change the last digit, and they must agree with `geometry`
 * within 1e-8 bohr. Without a multiplicity the lowest possible is taken. Keys of other programs are skipped, apart from the
 * plain values of `provenance`.
 *
 * An item that is refused gives one item with the error, and reading goes on with the next. Errors carry `details.file` and
 * `details.line`: MALFORMED_FILE, UNKNOWN_ELEMENT, NON_FINITE_NUMBER, ATOMS_TOO_CLOSE, INVALID_STRUCTURE, MISSING_SHIELDING
 * (a calculation that failed) and TOO_LARGE (an item of more than 16 Mi characters or 1,000,000 values).
 */
export function parseQcSchema(text: string, fileName: string): Generator<ParsedItem> {
  return itemsOfText(text, fileName, QCSCHEMA);
}

/** As `parseQcSchema` reads it. */
export const QCSCHEMA: ItemFormat<ParsedItem> = {
  // an array may stand on one line
  isOfLines: false,
  start: (window, fileName) => new ObjectReader(window, fileName),
};

class ObjectReader implements ItemReader<ParsedItem> {
  private readonly items: JsonItems;

  constructor(
    private readonly window: TextWindow,
    private readonly fileName: string,
  ) {
    this.items = new JsonItems(window);
  }

  next(): ParsedItem | undefined | null {
    const item = this.items.next();
    if (item === undefined || item === null) return item;
    const { from, to, line, fault } = item;
    const place = { file: this.fileName, line, label: null as string | null };
    try {
      if (fault === TOO_LARGE) {
        const message = `an item of more than ${LARGEST_ITEM_CHARACTERS} characters; leave out stdout and wavefunction.`;
        throw itemError(place, 'TOO_LARGE', message);
      }
      if (fault !== null) throw itemError(place, 'MALFORMED_FILE', fault);
      const record = readItem(parseJsonItem(this.window.text, from, to, place), place);
      return { line, label: record.label, record };
    } catch (error) {
      if (!(error instanceof NatriumError)) throw error;
      return { line, label: place.label, error };
    }
  }
}
