import type { NatriumError } from '../../errors.ts';
import { itemError } from '../record-text.ts';
import { LONGEST_LINE_CHARACTERS } from '../text/line-cutter.ts';
import { LARGEST_ITEM_CHARACTERS, type TextWindow } from '../text/window.ts';

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

export interface CsvRow {
  /** The line it starts at, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A row that was looked at: where it stands in the text, and where reading goes on. */
interface RowAhead {
  readonly position: number;
  readonly row: CsvRow;
  readonly next: number;
  readonly nextLine: number;
}

/**
 * The rows of a CSV text one by one, without blank ones. A row that is no CSV, such as one with a quote that is never closed,
 * costs the line it starts on. Throws WindowEnd where a row may go on behind the window.
 */
export class CsvLines {
  private ahead: RowAhead | null = null;
  private itemStart = 0;

  constructor(
    private readonly window: TextWindow,
    private readonly file: string,
  ) {}

  /** The line of the row that comes next, or near it. */
  get line(): number {
    return this.window.line;
  }

  /** Whether the line that comes next is blank, which is then behind. */
  skipBlank(): boolean {
    const { window } = this;
    if (window.isAtEnd()) return false;
    const end = window.lineEnd(window.at);
    if (end - window.at > LONGEST_LINE_CHARACTERS || window.text.slice(window.at, end).trim() !== '') return false;
    window.nextLine(end);
    return true;
  }

  /** Says that an item starts here, whose size has a limit. */
  startItem(): void {
    this.itemStart = this.window.position;
  }

  /** The row that comes next; null at the end. Throws a NatriumError for one that is no CSV, which is then behind. */
  peek(): CsvRow | null {
    const { window } = this;
    if (this.ahead?.position === window.position) return this.ahead.row;
    const { at, line } = window;
    const row = this.read();
    if (row === null) return null;
    const { position, line: nextLine } = window;
    window.at = at;
    window.line = line;
    this.ahead = { position: window.position, row, next: position, nextLine };
    return row;
  }

  next(): CsvRow | null {
    const row = this.peek();
    if (row !== null) {
      const { next, nextLine } = this.ahead!;
      this.window.at = this.window.offsetOf(next);
      this.window.line = nextLine;
    }
    return row;
  }

  private read(): CsvRow | null {
    const { window } = this;
    for (;;) {
      if (window.isAtEnd()) return null;
      const { at: from, line, text } = window;
      const end = window.lineEnd(from);
      window.nextLine(end);
      if (end - from > LONGEST_LINE_CHARACTERS) throw this.tooLarge(line);
      if (window.position - this.itemStart > LARGEST_ITEM_CHARACTERS) {
        const message = `a calculation of more than ${LARGEST_ITEM_CHARACTERS} characters.`;
        throw this.error(line, 'TOO_LARGE', message);
      }
      const row = text.slice(from, end > from && text.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end);
      if (row.includes('"')) return { line, cells: this.quotedCells(from, line) };
      if (row.trim() !== '') return { line, cells: row.split(',') };
    }
  }

  /** Reads the row at `from` cell by cell, over line ends inside quotes, and moves behind it. */
  private quotedCells(from: number, line: number): string[] {
    const { window } = this;
    const { text } = window;
    const limit = from + LONGEST_LINE_CHARACTERS;
    const cells: string[] = [];
    for (let at = from; ; at++) {
      if (text.charCodeAt(at) === QUOTE) {
        const close = this.closingQuote(at, limit, line);
        cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
        at = close + 1;
      } else {
        const start = at;
        while (at < limit && at < text.length && !endsCell(text.charCodeAt(at))) at++;
        const isLastCell = text.charCodeAt(at) !== COMMA;
        cells.push(text.slice(start, isLastCell && at > start && text[at - 1] === '\r' ? at - 1 : at));
      }
      if (at >= text.length) window.expectLast();
      else if (at >= limit) throw this.tooLarge(line);
      if (text.charCodeAt(at) === CARRIAGE_RETURN) {
        if (at + 1 >= text.length) window.expectLast();
        if (at + 1 >= text.length || text.charCodeAt(at + 1) === NEWLINE) at++;
      }
      if (at >= text.length || text.charCodeAt(at) === NEWLINE) {
        window.at = from;
        window.line = line;
        window.moveTo(at);
        window.nextLine(at);
        return cells;
      }
      if (text.charCodeAt(at) !== COMMA) {
        throw this.error(
          line,
          'MALFORMED_FILE',
          `cell ${cells.length}: a quote must stand at both ends of a cell, and be doubled inside it.`,
        );
      }
    }
  }

  private closingQuote(open: number, limit: number, line: number): number {
    const { text } = this.window;
    let close = text.indexOf('"', open + 1);
    while (close >= 0 && close < limit && text.charCodeAt(close + 1) === QUOTE) {
      close = text.indexOf('"', close + 2);
    }
    if (close + 1 === text.length || (close < 0 && text.length < limit)) this.window.expectLast();
    if (close >= 0 && close < limit) return close;
    throw this.error(line, 'MALFORMED_FILE', 'a quote that is never closed.');
  }

  private tooLarge(line: number): NatriumError {
    return this.error(line, 'TOO_LARGE', `a row of more than ${LONGEST_LINE_CHARACTERS} characters.`);
  }

  private error(line: number, code: 'MALFORMED_FILE' | 'TOO_LARGE', message: string): NatriumError {
    return itemError({ file: this.file, line, label: null }, code, message);
  }
}

function endsCell(code: number): boolean {
  return code === COMMA || code === NEWLINE || code === QUOTE;
}
