const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** What a line is cut to. The longest lines that matter have less than two hundred bytes. */
export const LONGEST_LINE_BYTES = 512;

/** Who gets the lines. Numbers count from 1. */
export interface LineVisitor {
  /** For each slot of two bytes, 0 if no line that begins with them (after blanks) matters outside a table. */
  readonly slots: Uint8Array;
  /**
   * Sees a line as bytes, without its end, and says whether it must see the next one whatever it begins with. The last line
   * of a file is `whole` only if it has an end: else the file may have been cut in the middle of a number.
   */
  read(bytes: Buffer, start: number, end: number, number: number, whole: boolean): boolean;
}

const SPACE = 32;
const TAB = 9;
export const SLOTS = 4096;

/** The slot of the two bytes that a line begins with after blanks. */
export function slotOf(first: number, second: number): number {
  return ((first << 5) ^ second) & (SLOTS - 1);
}

/** Where the line begins after blanks. */
export function afterBlanks(bytes: Buffer, start: number, end: number): number {
  let first = start;
  while (first < end && (bytes[first] === SPACE || bytes[first] === TAB)) first++;
  return first;
}

/**
 * Cuts a stream of bytes into lines without decoding them, so that lines that nobody wants cost a search for their end and
 * nothing else. Accepts LF and CRLF, skips a byte order mark, and holds at most one chunk and `LONGEST_LINE_BYTES` in memory:
 * of a longer line only the beginning is seen.
 */
export class LineScanner {
  private number = 0;
  /** The beginning of a line that goes on in the next chunk. */
  private readonly carried = Buffer.alloc(LONGEST_LINE_BYTES);
  private carriedBytes = 0;
  private midLine = false;
  private wantsAll = false;

  constructor(private readonly visitor: LineVisitor) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (this.midLine) {
      const end = bytes.indexOf(NEWLINE);
      this.carry(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      this.endCarried(true);
      start = end + 1;
    }
    const { slots } = this.visitor;
    for (;;) {
      // a search for the end of an empty line would cost more than the line
      const end = bytes[start] === NEWLINE ? start : bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.number += 1;
      if (!this.wantsAll && this.number > 1) {
        const first = afterBlanks(bytes, start, end);
        if (slots[slotOf(bytes[first], bytes[first + 1])] === 0) {
          start = end + 1;
          continue;
        }
      }
      this.readLine(bytes, start, end, true);
      start = end + 1;
    }
    if (start < bytes.length) {
      this.midLine = true;
      this.carry(bytes, start, bytes.length);
    }
  }

  /** Number of the last line, from 1. */
  get lastLine(): number {
    return Math.max(1, this.number);
  }

  finish(): void {
    if (this.midLine) this.endCarried(false);
  }

  private carry(bytes: Buffer, start: number, end: number): void {
    this.carriedBytes += bytes.copy(this.carried, this.carriedBytes, start, end);
  }

  private endCarried(whole: boolean): void {
    this.number += 1;
    this.readLine(this.carried, 0, this.carriedBytes, whole);
    this.carriedBytes = 0;
    this.midLine = false;
  }

  private readLine(bytes: Buffer, lineStart: number, lineEnd: number, whole: boolean): void {
    let start = lineStart;
    let end = Math.min(lineEnd, lineStart + LONGEST_LINE_BYTES);
    if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
    if (this.number === 1 && bytes.subarray(start, Math.min(end, start + 3)).equals(BYTE_ORDER_MARK)) start += 3;
    this.wantsAll = this.visitor.read(bytes, start, end, this.number, whole);
  }
}
