import type { ErrorCode, NatriumError } from '../../errors.ts';
import { type ItemPlace, itemError } from '../record-text.ts';
import { withoutStacks } from '../text/file-error.ts';
import { newlinesIn } from '../text/window.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, closingQuote, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-characters.ts';

const MOST_VALUES = 1_000_000;
const DEEPEST = 64;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Makes the error for something wrong with the item. */
export type Fail = (code: ErrorCode, message: string, details?: Readonly<Record<string, unknown>>) => NatriumError;

/**
 * Parses one item, after a look at its size: a few bytes of JSON can stand for many times their own memory. Throws a
 * NatriumError that names file and line, that of the fault where it is known.
 */
export function parseJsonItem(text: string, from: number, to: number, place: ItemPlace): JsonObject {
  checkSize(text, from, to, place);
  let value: unknown;
  try {
    value = withoutStacks(() => JSON.parse(text.slice(from, to)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /at position (\d+)/.exec(error.message);
    const fault = from + (position === null ? 0 : Number(position[1]));
    throw itemError(
      { ...place, line: place.line + newlinesIn(text, from, fault) },
      'MALFORMED_FILE',
      `this is no JSON: ${error.message.slice(0, 200)}.`,
    );
  }
  if (!isObject(value)) {
    throw itemError(place, 'MALFORMED_FILE', 'expected an object with a QCSchema molecule or result.');
  }
  return value;
}

function checkSize(text: string, from: number, to: number, place: ItemPlace): void {
  let depth = 0;
  let values = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const close = closingQuote(text, at + 1);
      if (close < 0) break;
      at = close;
    } else if (code === COMMA) {
      values++;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      values++;
      depth++;
      if (depth > DEEPEST) {
        throw itemError(place, 'MALFORMED_FILE', `an item nested deeper than ${DEEPEST}; QCSchema never is.`);
      }
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
    }
  }
  if (values > MOST_VALUES) {
    throw itemError(
      place,
      'TOO_LARGE',
      `an item of more than ${MOST_VALUES} values; leave out the wavefunction and native files.`,
    );
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of an object; undefined if the object does not hold it itself, or holds null. */
export function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

/** Reads members of one object; `path` names it in messages, as in `extras.natrium.`. */
export class MemberReader {
  constructor(
    readonly object: JsonObject,
    private readonly path: string,
    private readonly fail: Fail,
  ) {}

  has(key: string): boolean {
    return member(this.object, key) !== undefined;
  }

  text(key: string): string | null {
    const value = member(this.object, key);
    if (value === undefined || value === '') return null;
    if (typeof value !== 'string') throw this.wrong(key, 'must be a text');
    return value;
  }

  choice<T extends string>(key: string, choices: readonly T[]): T | null {
    const text = this.text(key);
    if (text !== null && !(choices as readonly string[]).includes(text)) {
      throw this.wrong(key, `is none of ${choices.join(', ')}`);
    }
    return text as T | null;
  }

  real(key: string): number | null {
    const value = member(this.object, key);
    if (value === undefined) return null;
    if (typeof value !== 'number') throw this.wrong(key, 'must be a number');
    if (!Number.isFinite(value)) throw this.notFinite(key);
    return value;
  }

  integer(key: string): number | null {
    const value = this.real(key);
    if (value !== null && !Number.isSafeInteger(value)) {
      throw this.fail('INVALID_STRUCTURE', `${this.path}${key} is ${value}; it must be an integer.`);
    }
    return value === null ? null : value + 0;
  }

  texts(key: string): string[] | null {
    const value = member(this.object, key);
    if (value === undefined) return null;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw this.wrong(key, 'must be a list of texts');
    }
    return value;
  }

  /**
   * A list of numbers, flat or in rows.
   * @param nullIsNan null stands for NaN: a value that the atom lacks. Else every number must be there.
   */
  reals(key: string, length: number, nullIsNan: boolean): Float64Array | null {
    const list = member(this.object, key);
    if (list === undefined) return null;
    if (!Array.isArray(list)) throw this.wrong(key, `must be a list of ${length} numbers`);
    const values: unknown[] = list.some(Array.isArray) ? list.flat(2) : list;
    if (values.length !== length) throw this.wrong(key, `holds ${values.length} numbers; there must be ${length}`);
    const reals = new Float64Array(length);
    for (let k = 0; k < length; k++) {
      const value = values[k];
      if (value === null && nullIsNan) {
        reals[k] = Number.NaN;
        continue;
      }
      if (typeof value !== 'number') {
        const shown = (JSON.stringify(value) ?? '').slice(0, 30);
        throw this.wrong(key, `holds ${shown} as value ${k + 1}, which is no number`);
      }
      if (!Number.isFinite(value)) throw this.notFinite(key);
      reals[k] = value;
    }
    return reals;
  }

  child(key: string): JsonObject | null {
    const value = member(this.object, key);
    if (value === undefined) return null;
    if (!isObject(value)) throw this.wrong(key, 'must be an object');
    return value;
  }

  wrong(key: string, what: string): NatriumError {
    return this.fail('MALFORMED_FILE', `${this.path}${key} ${what}.`);
  }

  private notFinite(key: string): NatriumError {
    return this.fail('NON_FINITE_NUMBER', `${this.path}${key} holds a number too large for a double.`);
  }
}
