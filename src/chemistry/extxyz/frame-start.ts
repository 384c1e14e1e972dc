import { parseReal } from '../numbers.ts';
import type { LineReader } from '../text/line-reader.ts';

const COUNT = /^\s*\d+\s*$/;
const PROPERTIES = /(^|\s)Properties\s*=/i;

/** Whether a line can only be the comment line of an extended XYZ frame. */
export function hasProperties(line: string | null): boolean {
  return line !== null && PROPERTIES.test(line);
}

/** Whether a line looks like the row of an atom: four values or more, three of them numbers, none a `key=value`. */
export function looksLikeRow(line: string | null): boolean {
  if (line === null || line.includes('=')) {
    return false;
  }
  const values = line.trim().split(/\s+/, 40);
  return values.length >= 4 && values.filter((value) => parseReal(value) !== undefined).length >= 3;
}

/**
 * Whether a frame starts at the current line: a count with something like a comment line after it, or, so that a frame with
 * a bad or missing count is reported as a frame of its own, anything that stands before or is a line with `Properties=`. The
 * row of an atom never looks like one, so none is skipped.
 */
export function isFrameStart(lines: LineReader): boolean {
  const line = lines.peek();
  if (line === null || line.trim() === '') {
    return false;
  }
  if (hasProperties(line)) {
    return true;
  }
  const next = lines.peek(1);
  if (hasProperties(next)) {
    return !looksLikeRow(line);
  }
  if (!COUNT.test(line) || next === null || looksLikeRow(next)) {
    return false;
  }
  return next.includes('=') || looksLikeRow(lines.peek(2));
}
