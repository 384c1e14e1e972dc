const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** What a line is cut to. The longest lines that these programs write have a few hundred bytes. */
export const LONGEST_LINE_BYTES = 4096;

/** Sees each line as bytes, without its end; `number` counts from 1. */
export type LineVisitor = (bytes: Buffer, start: number, end: number, number: number) => void;

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

  constructor(private readonly visit: LineVisitor) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (this.midLine) {
      const end = bytes.indexOf(NEWLINE);
      this.carry(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      this.endCarried();
      start = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.number += 1;
      this.visitLine(bytes, start, end);
      start = end + 1;
    }
    if (start < bytes.length) {
      this.midLine = true;
      this.carry(bytes, start, bytes.length);
    }
  }

  /** The last line need not have an end. */
  finish(): void {
    if (this.midLine) this.endCarried();
  }

  private carry(bytes: Buffer, start: number, end: number): void {
    this.carriedBytes += bytes.copy(this.carried, this.carriedBytes, start, end);
  }

  private endCarried(): void {
    this.number += 1;
    this.visitLine(this.carried, 0, this.carriedBytes);
    this.carriedBytes = 0;
    this.midLine = false;
  }

  private visitLine(bytes: Buffer, lineStart: number, lineEnd: number): void {
    let start = lineStart;
    let end = Math.min(lineEnd, lineStart + LONGEST_LINE_BYTES);
    if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
    if (this.number === 1 && bytes.subarray(start, Math.min(end, start + 3)).equals(BYTE_ORDER_MARK)) start += 3;
    this.visit(bytes, start, end, this.number);
  }
}
