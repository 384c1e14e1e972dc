import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  endOfString,
  isSpace,
  NEWLINE,
  newlinesIn,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-characters.ts';

/** Where one item of a JSON document stands: characters `from` to `to`, beginning at a line (from 1). */
export interface ItemSpan {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  /** What is wrong between items, in place of an item. */
  readonly fault: string | null;
}

/**
 * The items of a document: the elements of an array, the lines of JSON lines, or the whole text. A document is taken for
 * lines if its first line, with others after it, or any later one is an object of its own; so a broken line costs only itself.
 */
export function* documentItems(text: string): Generator<ItemSpan> {
  const start = skipSpace(text, text.startsWith('\uFEFF') ? 1 : 0);
  if (start === text.length) return;
  const line = 1 + newlinesIn(text, 0, start);
  if (text[start] === '[') {
    yield* elements(text, start, line);
  } else if (isLines(text, start)) {
    yield* lines(text, start, line);
  } else {
    yield { from: start, to: text.length, line, fault: null };
  }
}

function isLines(text: string, start: number): boolean {
  const end = text.indexOf('\n', start);
  if (end < 0) return false;
  return (isObjectLine(text, start, end) && skipSpace(text, end) < text.length) || hasObjectLine(text, end + 1);
}

function hasObjectLine(text: string, start: number): boolean {
  for (let from = start; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    if (isObjectLine(text, from, end)) return true;
    from = end + 1;
  }
  return false;
}

function isObjectLine(text: string, from: number, end: number): boolean {
  let last = end - 1;
  while (last > from && isSpace(text.charCodeAt(last))) last--;
  return text[from] === '{' && last > from && text[last] === '}';
}

function* lines(text: string, start: number, firstLine: number): Generator<ItemSpan> {
  let line = firstLine;
  for (let from = start; from < text.length; line++) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    const first = skipSpace(text, from, to);
    if (first < to) yield { from: first, to, line, fault: null };
    from = to + 1;
  }
}

/** The elements of an array, found by counting brackets outside strings, so that one that is no JSON leaves the others. */
function* elements(text: string, start: number, firstLine: number): Generator<ItemSpan> {
  let line = firstLine;
  let from = -1;
  let fromLine = line;
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) line++;
    if (isSpace(code)) continue;
    const closes = depth === 0 && code === CLOSE_BRACKET;
    if (depth === 0 && (code === COMMA || closes)) {
      if (from >= 0) {
        yield { from, to: at, line: fromLine, fault: null };
      } else if (code === COMMA) {
        yield { from: at, to: at, line, fault: 'a comma without an item before it.' };
      }
      from = -1;
      if (closes) {
        yield* afterArray(text, at + 1, line);
        return;
      }
      continue;
    }
    if (from < 0) {
      from = at;
      fromLine = line;
    }
    if (code === QUOTE) {
      const end = endOfString(text, at);
      line += newlinesIn(text, at, end);
      at = end;
    } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth++;
    } else if ((code === CLOSE_BRACKET || code === CLOSE_BRACE) && depth > 0) {
      depth--;
    }
  }
  if (from >= 0) yield { from, to: text.length, line: fromLine, fault: null };
  yield { from: text.length, to: text.length, line, fault: 'the array is never closed; is the file cut off?' };
}

function* afterArray(text: string, from: number, line: number): Generator<ItemSpan> {
  const rest = skipSpace(text, from);
  if (rest < text.length) {
    const fault = 'something follows the end of the array; write one array, or one object a line.';
    yield { from: rest, to: text.length, line: line + newlinesIn(text, from, rest), fault };
  }
}

function skipSpace(text: string, from: number, to = text.length): number {
  let at = from;
  while (at < to && isSpace(text.charCodeAt(at))) at++;
  return at;
}
