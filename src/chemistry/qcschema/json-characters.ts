export const NEWLINE = 10;
export const QUOTE = 34;
export const COMMA = 44;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;
const BACKSLASH = 92;

/** Whether JSON skips a character between its tokens. */
export function isSpace(code: number): boolean {
  return code === 32 || code === NEWLINE || code === 13 || code === 9;
}

/** Offset of the first character that is no space, or `to`. */
export function skipSpace(text: string, from: number, to = text.length): number {
  let at = from;
  while (at < to && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/**
 * Offset of the quote that closes a string, searched from inside it; -1 if none does.
 * @param escaped whether a backslash stands before `from`
 */
export function closingQuote(text: string, from: number, escaped = false): number {
  let close = text.indexOf('"', from);
  while (close >= 0 && isEscaped(text, from, close, escaped)) close = text.indexOf('"', close + 1);
  return close;
}

/** Whether an odd number of backslashes stands before an offset; those before `from` are known by `escaped`. */
export function isEscaped(text: string, from: number, at: number, escaped: boolean): boolean {
  let before = at - 1;
  while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
  const backslashes = at - 1 - before + (before < from && escaped ? 1 : 0);
  return backslashes % 2 === 1;
}
