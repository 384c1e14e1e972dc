const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const NOT_FINITE = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * A number as programs print it, with Fortran's `1.0D+02`, `nan` and `inf` allowed; undefined if the text is anything else,
 * such as `1.2abc`, an empty text or `0x10`. A number too large for a double gives an infinity.
 */
export function parseReal(text: string): number | undefined {
  return parseRealAt(text, 0, text.length);
}

/** `parseReal` of the characters `from` to `to`. */
export function parseRealAt(text: string, from: number, to: number): number | undefined {
  const sign = text.charCodeAt(from);
  let at = sign === MINUS || sign === PLUS ? from + 1 : from;
  let digits = 0;
  let point = to;
  let whole = 0;
  for (; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      whole = 10 * whole + digit;
      digits++;
    } else if (digit === POINT - ZERO && point === to) {
      point = at;
    } else {
      return parseAnyReal(text.slice(from, to));
    }
  }
  if (digits === 0 || digits > 15) return parseAnyReal(text.slice(from, to));
  const decimals = point === to ? 0 : to - point - 1;
  // both are exact, so that their quotient is the double nearest to the decimal, as `Number` finds it
  const value = whole / POWERS_OF_TEN[decimals];
  return sign === MINUS ? -value : value;
}

function parseAnyReal(text: string): number | undefined {
  if (REAL.test(text)) {
    return Number(text.replace(/[dD]/, 'e'));
  }
  const word = NOT_FINITE.exec(text);
  if (word === null) {
    return undefined;
  }
  return word[2] !== undefined ? Number.NaN : word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** An integer that a double holds exactly; undefined if the text is anything else. */
export function parseInteger(text: string): number | undefined {
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

/** Number of decimals printed in the text of a number; one with an exponent counts as exact. */
export function printedDecimals(text: string): number {
  if (/[eEdD]/.test(text)) {
    return 15;
  }
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}
