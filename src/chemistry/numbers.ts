const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const NOT_FINITE = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

/**
 * A number as programs print it, with Fortran's `1.0D+02`, `nan` and `inf` allowed; undefined if the text is anything else,
 * such as `1.2abc`, an empty text or `0x10`. A number too large for a double gives an infinity.
 */
export function parseReal(text: string): number | undefined {
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
