/**
 * What a spreadsheet takes for a formula (`=1+1`, `+`, `-`, `@`, also in their wide forms) or strips off to find one (tab,
 * line ends), behind any number of apostrophes, so that one more can always be taken off again.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const SAFE_FORMULA = /^'+[=+\-@\t\r\n＝＋－＠]/;

/** A text as a cell: no formula, and in quotes where RFC 4180 asks for them. Null gives an empty cell. */
export function textCell(text: string | null): string {
  if (text === null) return '';
  return quoted(FORMULA.test(text) ? `'${text}` : text);
}

/** The text of a cell without the apostrophe that `textCell` put before it; null for an empty cell. */
export function cellText(cell: string): string | null {
  if (cell === '') return null;
  return SAFE_FORMULA.test(cell) ? cell.slice(1) : cell;
}

/** Spaces at the ends are quoted too, since many programs take them away. */
export function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
