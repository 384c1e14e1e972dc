import { type ErrorCode, NatriumError } from '../errors.ts';
import type { CalculationRecord } from './calculation-record.ts';
import { printedDecimals } from './numbers.ts';
import { firstIsotropicDisagreement, isotropicShieldingPpm, LARGEST_SHIELDING_PPM } from './shielding-tensor.ts';
import { fileError, printable } from './text/file-error.ts';

type Provenance = CalculationRecord['provenance'];

/** The shortest decimal that reads back as the same double; JavaScript would write -0 as 0. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** JSON that keeps the sign of -0, which `JSON.stringify` drops, and writes NaN as null. Throws NON_FINITE_NUMBER for an infinity. */
export function jsonText(value: unknown): string {
  if (typeof value === 'number') return jsonNumber(value);
  if (value instanceof Float64Array) return `[${Array.from(value, jsonNumber).join(',')}]`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'null';
  if (!Number.isFinite(value)) {
    throw new NatriumError('NON_FINITE_NUMBER', 'A record with an infinite value cannot be written as JSON.');
  }
  return numberText(value);
}

/** Provenance that JSON can hold: numbers that are not finite become texts. */
export function jsonProvenance(provenance: Provenance): Provenance {
  return Object.fromEntries(
    Object.entries(provenance).map(([key, value]) => [
      key,
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ]),
  );
}

/** Whether a value of a JSON text may stand in a record's provenance. */
export function isProvenanceValue(value: unknown): value is string | number | boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean';
}

/** Where an item of a file stands. */
export interface ItemPlace {
  readonly file: string;
  readonly line: number;
  readonly label: string | null;
}

/**
 * An error at an item of a file: `clusters.json, line 12 (na06-1003): ...`. What it quotes of the file may hold control
 * characters, which no message should.
 */
export function itemError(
  { file, line, label }: ItemPlace,
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): NatriumError {
  const named = `${file}, line ${line}${label === null ? '' : ` (${label.slice(0, 100)})`}`;
  return fileError(code, printable(`${named}: ${message}`), { ...details, file, line });
}

/** Two values of one atom that contradict each other, or one that no shielding can be; `atom` from 0. */
export interface ShieldingFault {
  readonly atom: number;
  readonly message: string;
}

/**
 * The first fault of shieldings and tensors (ppm; NaN where not computed), or null. The two may differ by
 * `ISOTROPIC_TOLERANCE_PPM` and by what the digits given were rounded by.
 */
export function shieldingFault(
  shieldingsPpm: ArrayLike<number>,
  tensorsPpm: Float64Array | null,
): ShieldingFault | null {
  for (let atom = 0; atom < shieldingsPpm.length; atom++) {
    const beyond = [shieldingsPpm[atom], ...(tensorsPpm?.subarray(9 * atom, 9 * atom + 9) ?? [])].find(
      (value) => Math.abs(value) > LARGEST_SHIELDING_PPM,
    );
    if (beyond !== undefined) {
      return { atom, message: `atom ${atom + 1} has ${beyond} ppm, which no shielding can be.` };
    }
  }
  if (tensorsPpm === null) return null;
  const atom = firstDisagreement(shieldingsPpm, tensorsPpm, 0);
  // what the digits were rounded by is slow to find, and hardly ever asked
  if (atom < 0 || firstDisagreement(shieldingsPpm, tensorsPpm, roundingOf(shieldingsPpm, tensorsPpm)) < 0) return null;
  return {
    atom,
    message:
      `the isotropic shielding of atom ${atom + 1} is ${shieldingsPpm[atom]} ppm, but a third of the trace of its tensor ` +
      `is ${isotropicShieldingPpm(tensorsPpm, atom).toFixed(4)} ppm; one of them is wrong.`,
  };
}

/** The first atom (from 0) with both values that disagree, or -1. */
function firstDisagreement(shieldingsPpm: ArrayLike<number>, tensorsPpm: Float64Array, roundingPpm: number): number {
  for (let atom = 0; atom < shieldingsPpm.length; atom++) {
    const tensor = tensorsPpm.subarray(9 * atom, 9 * atom + 9);
    if (Number.isNaN(shieldingsPpm[atom]) || Number.isNaN(isotropicShieldingPpm(tensor))) continue;
    if (firstIsotropicDisagreement(tensor, [shieldingsPpm[atom]], roundingPpm) === 0) return atom;
  }
  return -1;
}

function roundingOf(shieldingsPpm: ArrayLike<number>, tensorsPpm: Float64Array): number {
  return (roundedBy(shieldingsPpm) + roundedBy(tensorsPpm)) / 2;
}

/** One unit of the last decimal of the number that has most. */
function roundedBy(values: ArrayLike<number>): number {
  let decimals = 0;
  for (let k = 0; k < values.length; k++) {
    if (!Number.isNaN(values[k])) decimals = Math.max(decimals, printedDecimals(String(values[k])));
  }
  return 10 ** -decimals;
}
