import type { ErrorCode } from '../../errors.ts';
import { parseReal } from '../numbers.ts';

/** Something on the current line that cannot be what it should be; whoever reads the line adds file and line. */
export class FieldError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** One number, also where a negative one follows without a blank, or asterisks where Fortran's field was too narrow. */
const NUMBER = /\*{2,}|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)\b/giy;
const BLANKS = /[ \t]*/y;

/** The numbers of a text that holds nothing else, as printed; null if it holds anything else. */
export function numberTexts(text: string): string[] | null {
  const found: string[] = [];
  let at = skipBlanks(text, 0);
  while (at < text.length) {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (match === null) return null;
    found.push(match[0]);
    at = skipBlanks(text, at + match[0].length);
  }
  return found;
}

function skipBlanks(text: string, from: number): number {
  BLANKS.lastIndex = from;
  BLANKS.exec(text);
  return BLANKS.lastIndex;
}

/**
 * The value of a printed number. `what` names it in errors: NON_FINITE_NUMBER for asterisks, nan and infinities,
 * MALFORMED_FILE for anything that is no number.
 */
export function realOf(text: string, what: string): number {
  if (/^\*+$/.test(text)) {
    throw new FieldError(
      'NON_FINITE_NUMBER',
      `${what} is printed as ${text.slice(0, 12)}: the number did not fit its field and is lost.`,
    );
  }
  const value = parseReal(text);
  if (value === undefined) {
    throw new FieldError('MALFORMED_FILE', `${what} is "${text.slice(0, 30)}", which is no number.`);
  }
  if (!Number.isFinite(value)) {
    throw new FieldError('NON_FINITE_NUMBER', `${what} is "${text.slice(0, 30)}", which is not finite.`);
  }
  return value;
}

/** The `count` numbers of a text that holds nothing else. Throws FieldError. */
export function realsOf(text: string, count: number, what: string): number[] {
  const plain = plainReals(text, count);
  if (plain !== null) return plain;
  const texts = numberTexts(text);
  if (texts === null || texts.length !== count) {
    throw new FieldError(
      'MALFORMED_FILE',
      `expected ${count} numbers of ${what}, found "${text.trim().slice(0, 60)}".`,
    );
  }
  return texts.map((each) => realOf(each, what));
}

/** The numbers of an ordinary row, parted by blanks and without Fortran's exponents; null if it is no such row. */
function plainReals(text: string, count: number): number[] | null {
  const words = text.trim().split(/\s+/);
  if (words.length !== count) return null;
  const values: number[] = [];
  for (const word of words) {
    const value = Number(word);
    // JavaScript reads 0x10 and an empty word too
    if (!Number.isFinite(value) || !/^[-+.\d]+$/.test(word)) return null;
    values.push(value);
  }
  return values;
}

/** Text of the file as a message or a note may quote it. */
export function quotable(text: string, length = 160): string {
  return text
    .trim()
    .replaceAll(/\p{Cc}/gu, '\uFFFD')
    .slice(0, length);
}

/** The name of a file whose path a program prints; null if there is none. */
export function fileNameOf(path: string): string | null {
  return quotable(path.trim().split(/[\\/]/).pop() ?? '') || null;
}
