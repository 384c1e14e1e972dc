import type { ErrorCode, NatriumError } from '../../errors.ts';
import { atomicNumberOf, isAtomicNumber } from '../elements.ts';
import { parseInteger, parseReal, printedDecimals } from '../numbers.ts';
import { type Column, type Columns, WIDEST_ROW } from './columns.ts';

/** Far beyond those of the heaviest nuclei (about 2e4 ppm), and small enough that no mean or square of many overflows. */
const LARGEST_SHIELDING_PPM = 1e9;

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

/** Reads one row into `rows`. */
export function readRow(text: string, columns: Columns, rows: AtomRows, rowError: RowError): void {
  // one more than the widest row that `Properties` may announce, so that a line without an end costs no memory
  const values = text.trim().split(/\s+/, WIDEST_ROW + 1);
  if (columns.rowWidth === null ? values.length < 4 : values.length !== columns.rowWidth) {
    const expected = columns.rowWidth === null ? 'an element and three coordinates' : `${columns.rowWidth} values`;
    throw rowError('MALFORMED_FILE', `expected ${expected}, found ${values.length}: "${text.trim().slice(0, 60)}".`);
  }
  rows.atomicNumbers.push(readElement(values, columns, rowError));
  rows.positions.push(...readReals(values, columns.position, 'NON_FINITE_NUMBER', rowError));
  if (columns.tensor !== null) {
    rows.tensors.push(...readShieldings(values, columns.tensor, rowError));
    rows.tensorDecimals = mostDecimals(values, columns.tensor, rows.tensorDecimals);
  }
  if (columns.isotropic !== null) {
    rows.isotropic.push(...readShieldings(values, columns.isotropic, rowError));
    rows.isotropicDecimals = mostDecimals(values, columns.isotropic, rows.isotropicDecimals);
  }
  if (columns.populations !== null) {
    rows.populations.push(...readReals(values, columns.populations, 'LEAVE_NAN', rowError));
  }
  if (columns.fieldGradient !== null) {
    rows.fieldGradients.push(...readReals(values, columns.fieldGradient, 'LEAVE_NAN', rowError));
  }
}

function readElement(values: readonly string[], { species, atomicNumber }: Columns, rowError: RowError): number {
  const bySpecies = species === null ? undefined : elementOf(values[species.offset], rowError);
  const byNumber = atomicNumber === null ? undefined : elementOf(values[atomicNumber.offset], rowError);
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

function readShieldings(values: readonly string[], column: Column, rowError: RowError): number[] {
  const shieldings = readReals(values, column, 'MISSING_SHIELDING', rowError);
  const beyond = shieldings.find((value) => Math.abs(value) > LARGEST_SHIELDING_PPM);
  if (beyond !== undefined) {
    throw rowError('MALFORMED_FILE', `${column.name} holds ${beyond}, which no shielding can be; give ppm.`);
  }
  return shieldings;
}

/** @param nanCode the code of the error for a nan, or LEAVE_NAN where it says that an atom has no such value */
function readReals(
  values: readonly string[],
  column: Column,
  nanCode: ErrorCode | 'LEAVE_NAN',
  rowError: RowError,
): number[] {
  return values.slice(column.offset, column.offset + column.width).map((text) => {
    const value = parseReal(text);
    if (value === undefined) {
      throw rowError('MALFORMED_FILE', `${column.name} holds "${text.slice(0, 30)}", which is no number.`);
    }
    if (Number.isNaN(value)) {
      if (nanCode === 'LEAVE_NAN') return value;
      throw rowError(nanCode, `${column.name} holds nan; leave the frame or the column out if it is not known.`);
    }
    if (!Number.isFinite(value)) {
      throw rowError('NON_FINITE_NUMBER', `${column.name} holds "${text.slice(0, 30)}", which is not finite.`);
    }
    return value;
  });
}

function mostDecimals(values: readonly string[], column: Column, sofar: number): number {
  let most = sofar;
  for (let k = column.offset; k < column.offset + column.width; k++) {
    most = Math.max(most, printedDecimals(values[k]));
  }
  return most;
}
