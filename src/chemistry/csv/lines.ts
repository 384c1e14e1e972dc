import type { NatriumError } from '../../errors.ts';
import { itemError } from '../record-text.ts';

const LARGEST_ROW_CHARACTERS = 1024 * 1024;

export interface CsvRow {
  /** The line it starts at, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The rows of a CSV text one by one, without blank ones. A row that is no CSV, such as one with a quote that is never closed,
 * costs the line it starts on.
 */
export class CsvLines {
  private offset: number;
  private lineNumber = 1;
  private ahead: CsvRow | null = null;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {
    this.offset = text.startsWith('\uFEFF') ? 1 : 0;
  }

  /** The line of the row that comes next, or near it. */
  get line(): number {
    return this.ahead?.line ?? this.lineNumber;
  }

  /** The row that comes next; null at the end. Throws a NatriumError for one that is no CSV, which is then behind. */
  peek(): CsvRow | null {
    this.ahead ??= this.read();
    return this.ahead;
  }

  next(): CsvRow | null {
    const row = this.peek();
    this.ahead = null;
    return row;
  }

  private read(): CsvRow | null {
    for (;;) {
      const from = this.offset;
      if (from >= this.text.length) return null;
      const line = this.lineNumber;
      const newline = this.text.indexOf('\n', from);
      const end = newline < 0 ? this.text.length : newline;
      this.offset = end + 1;
      this.lineNumber++;
      if (end - from > LARGEST_ROW_CHARACTERS) {
        throw this.tooLarge(line, end - from);
      }
      const row = this.text.slice(from, this.text[end - 1] === '\r' && end > from ? end - 1 : end);
      if (row.includes('"')) return { line, cells: this.quotedCells(from, line) };
      if (row.trim() !== '') return { line, cells: row.split(',') };
    }
  }

  /** Reads the row at `from` character by character, over line ends inside quotes, and moves behind it. */
  private quotedCells(from: number, line: number): string[] {
    const { text } = this;
    const limit = Math.min(text.length, from + LARGEST_ROW_CHARACTERS);
    const cells: string[] = [];
    for (let at = from; ; at++) {
      let cell: string;
      if (text[at] === '"') {
        const close = this.closingQuote(at, limit, line);
        cell = text.slice(at + 1, close).replaceAll('""', '"');
        at = close + 1;
      } else {
        const start = at;
        while (at < limit && text[at] !== ',' && text[at] !== '\n' && text[at] !== '"') at++;
        cell = text.slice(start, text[at - 1] === '\r' && text[at] !== ',' && at > start ? at - 1 : at);
      }
      if (at >= limit && at < text.length) throw this.tooLarge(line, at - from);
      cells.push(cell);
      if (text[at] === '\r' && (at + 1 >= text.length || text[at + 1] === '\n')) at++;
      if (at >= text.length || text[at] === '\n') {
        this.moveBehind(at);
        return cells;
      }
      if (text[at] !== ',') {
        throw this.error(
          line,
          'MALFORMED_FILE',
          `cell ${cells.length}: a quote must stand at both ends of a cell, and be doubled inside it.`,
        );
      }
    }
  }

  private closingQuote(open: number, limit: number, line: number): number {
    let close = this.text.indexOf('"', open + 1);
    while (close >= 0 && close < limit && this.text[close + 1] === '"') {
      close = this.text.indexOf('"', close + 2);
    }
    if (close >= 0 && close < limit) return close;
    throw this.error(line, 'MALFORMED_FILE', 'a quote that is never closed.');
  }

  private moveBehind(end: number): void {
    for (let at = this.text.indexOf('\n', this.offset - 1); at >= 0 && at < end; ) {
      at = this.text.indexOf('\n', at + 1);
      this.lineNumber++;
    }
    this.offset = end + 1;
  }

  private tooLarge(line: number, characters: number): NatriumError {
    return this.error(
      line,
      'TOO_LARGE',
      `a row of ${characters} characters or more; the most is ${LARGEST_ROW_CHARACTERS}.`,
    );
  }

  private error(line: number, code: 'MALFORMED_FILE' | 'TOO_LARGE', message: string): NatriumError {
    return itemError({ file: this.file, line, label: null }, code, message);
  }
}
