import type { ErrorCode, NatriumError } from '../../errors.ts';
import { atomicNumberOf, isAtomicNumber } from '../elements.ts';
import { parseInteger, parseRealAt, printedDecimals } from '../numbers.ts';
import { LARGEST_SHIELDING_PPM } from '../shielding-tensor.ts';
import { type Column, type Columns, WIDEST_ROW } from './columns.ts';

/** The rows of a frame as they are read; plain arrays, so that memory grows with what is there, not with what is announced. */
export interface AtomRows {
  readonly atomicNumbers: number[];
  readonly positions: number[];
  readonly tensors: number[];
  readonly isotropic: number[];
  readonly populations: number[];
  readonly fieldGradients: number[];
  /** Most decimals printed of any tensor element, and of any isotropic value. */
  tensorDecimals: number;
  isotropicDecimals: number;
}

/** Makes the error for something wrong with the row. */
type RowError = (code: ErrorCode, message: string) => NatriumError;

export function startRows(): AtomRows {
  return {
    atomicNumbers: [],
    positions: [],
    tensors: [],
    isotropic: [],
    populations: [],
    fieldGradients: [],
    tensorDecimals: 0,
    isotropicDecimals: 0,
  };
}

/** Where the values of the row last read begin and end; one more than the widest row that `Properties` may announce. */
const starts = new Uint32Array(WIDEST_ROW + 1);
const ends = new Uint32Array(WIDEST_ROW + 1);

/** Reads one row into `rows`. */
export function readRow(text: string, columns: Columns, rows: AtomRows, rowError: RowError): void {
  const found = findValues(text);
  if (columns.rowWidth === null ? found < 4 : found !== columns.rowWidth) {
    const expected = columns.rowWidth === null ? 'an element and three coordinates' : `${columns.rowWidth} values`;
    throw rowError('MALFORMED_FILE', `expected ${expected}, found ${found}: "${text.trim().slice(0, 60)}".`);
  }
  rows.atomicNumbers.push(readElement(text, columns, rowError));
  readReals(text, columns.position, 'NON_FINITE_NUMBER', rows.positions, rowError);
  if (columns.tensor !== null) {
    readShieldings(text, columns.tensor, rows.tensors, rowError);
    rows.tensorDecimals = mostDecimals(text, columns.tensor, rows.tensorDecimals);
  }
  if (columns.isotropic !== null) {
    readShieldings(text, columns.isotropic, rows.isotropic, rowError);
    rows.isotropicDecimals = mostDecimals(text, columns.isotropic, rows.isotropicDecimals);
  }
  if (columns.populations !== null) {
    readReals(text, columns.populations, 'LEAVE_NAN', rows.populations, rowError);
  }
  if (columns.fieldGradient !== null) {
    readReals(text, columns.fieldGradient, 'LEAVE_NAN', rows.fieldGradients, rowError);
  }
}

/** Finds the values of a row and says how many there are, or one more than the most. */
function findValues(text: string): number {
  let count = 0;
  for (let at = 0; count <= WIDEST_ROW; count++) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (at === text.length) break;
    starts[count] = at;
    do at++;
    while (at < text.length && !isSpace(text.charCodeAt(at)));
    ends[count] = at;
  }
  return count;
}

function isSpace(code: number): boolean {
  return code <= 32 ? code === 32 || (code >= 9 && code <= 13) : code > 127 && /\s/.test(String.fromCharCode(code));
}

function valueAt(text: string, k: number): string {
  return text.slice(starts[k], ends[k]);
}

function readElement(text: string, { species, atomicNumber }: Columns, rowError: RowError): number {
  const bySpecies = species === null ? undefined : elementOf(valueAt(text, species.offset), rowError);
  const byNumber = atomicNumber === null ? undefined : elementOf(valueAt(text, atomicNumber.offset), rowError);
  if (bySpecies !== undefined && byNumber !== undefined && bySpecies !== byNumber) {
    throw rowError('MALFORMED_FILE', `${species?.name} and ${atomicNumber?.name} name different elements.`);
  }
  // parseColumns has made sure that one of the two is there
  return (bySpecies ?? byNumber) as number;
}

function elementOf(text: string, rowError: RowError): number {
  const z = atomicNumberOf(text) ?? parseInteger(text);
  if (z === undefined || !isAtomicNumber(z)) {
    throw rowError(
      'UNKNOWN_ELEMENT',
      `"${text.slice(0, 20)}" is no element; use a symbol such as Na or an atomic number from 1 to 118.`,
    );
  }
  return z;
}

function readShieldings(text: string, column: Column, shieldings: number[], rowError: RowError): void {
  const first = shieldings.length;
  readReals(text, column, 'MISSING_SHIELDING', shieldings, rowError);
  for (let k = first; k < shieldings.length; k++) {
    if (Math.abs(shieldings[k]) > LARGEST_SHIELDING_PPM) {
      throw rowError('MALFORMED_FILE', `${column.name} holds ${shieldings[k]}, which no shielding can be; give ppm.`);
    }
  }
}

/** @param nanCode the code of the error for a nan, or LEAVE_NAN where it says that an atom has no such value */
function readReals(
  text: string,
  column: Column,
  nanCode: ErrorCode | 'LEAVE_NAN',
  reals: number[],
  rowError: RowError,
): void {
  for (let k = column.offset; k < column.offset + column.width; k++) {
    const value = parseRealAt(text, starts[k], ends[k]);
    if (value === undefined) {
      const shown = valueAt(text, k).slice(0, 30);
      throw rowError('MALFORMED_FILE', `${column.name} holds "${shown}", which is no number.`);
    }
    if (Number.isNaN(value) && nanCode !== 'LEAVE_NAN') {
      throw rowError(nanCode, `${column.name} holds nan; leave the frame or the column out if it is not known.`);
    }
    if (Math.abs(value) === Number.POSITIVE_INFINITY) {
      const shown = valueAt(text, k).slice(0, 30);
      throw rowError('NON_FINITE_NUMBER', `${column.name} holds "${shown}", which is not finite.`);
    }
    reals.push(value);
  }
}

function mostDecimals(text: string, column: Column, sofar: number): number {
  let most = sofar;
  for (let k = column.offset; k < column.offset + column.width; k++) {
    most = Math.max(most, printedDecimals(valueAt(text, k)));
  }
  return most;
}
