/** Reads a text line by line without splitting it whole; accepts LF and CRLF, and skips a byte order mark. */
export class LineReader {
  private offset: number;
  private lineNumber = 1;

  constructor(private readonly text: string) {
    this.offset = text.startsWith('\uFEFF') ? 1 : 0;
  }

  /** Number of the line that `peek` shows, from 1. */
  get line(): number {
    return this.lineNumber;
  }

  /** The current line, or the one that many further on; null beyond the end. */
  peek(further = 0): string | null {
    let from = this.offset;
    for (let k = 0; k < further; k++) {
      const end = this.text.indexOf('\n', from);
      from = end < 0 ? this.text.length : end + 1;
    }
    if (from >= this.text.length) {
      return null;
    }
    const end = this.text.indexOf('\n', from);
    const line = this.text.slice(from, end < 0 ? this.text.length : end);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** Returns the current line and goes to the next; null at the end. */
  next(): string | null {
    const line = this.peek();
    if (line !== null) {
      const end = this.text.indexOf('\n', this.offset);
      this.offset = end < 0 ? this.text.length : end + 1;
      this.lineNumber++;
    }
    return line;
  }

  /** Goes to the next line that is not blank; false if there is none. */
  skipBlank(): boolean {
    for (let line = this.peek(); line !== null; line = this.peek()) {
      if (line.trim() !== '') {
        return true;
      }
      this.next();
    }
    return false;
  }

  /** A function that brings the reader back to where it stands now. */
  bookmark(): () => void {
    const { offset, lineNumber } = this;
    return () => {
      this.offset = offset;
      this.lineNumber = lineNumber;
    };
  }
}
