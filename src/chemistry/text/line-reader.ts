import type { TextWindow } from './window.ts';

/** Reads a window of text line by line; accepts LF and CRLF. Throws WindowEnd where a line may go on behind the window. */
export class LineReader {
  /** The line last seen, where it stands in the text, and its end in the window. */
  private seen = '';
  private seenAt = -1;
  private seenEnd = 0;

  constructor(private readonly window: TextWindow) {}

  /** Number of the line that `peek` shows, from 1. */
  get line(): number {
    return this.window.line;
  }

  /** Characters of the text before that line. */
  get position(): number {
    return this.window.position;
  }

  /** The current line, or the one that many further on; null beyond the end. */
  peek(further = 0): string | null {
    if (further > 0) return this.peekFurther(further);
    const { window } = this;
    if (window.isAtEnd()) return null;
    if (this.seenAt !== window.position) {
      this.seenEnd = window.positionOf(window.lineEnd(window.at));
      this.seen = this.cut(window.at, window.offsetOf(this.seenEnd));
      this.seenAt = window.position;
    }
    return this.seen;
  }

  /** Returns the current line and goes to the next; null at the end. */
  next(): string | null {
    const line = this.peek();
    if (line !== null) this.window.nextLine(this.window.offsetOf(this.seenEnd));
    return line;
  }

  /** A function that brings the reader back to where it stands now. */
  bookmark(): () => void {
    const { at, line } = this.window;
    return () => {
      this.window.at = at;
      this.window.line = line;
    };
  }

  private peekFurther(further: number): string | null {
    const { window } = this;
    let from = window.at;
    for (let k = 0; k < further; k++) from = window.lineEnd(from) + 1;
    if (from < window.text.length) return this.cut(from, window.lineEnd(from));
    window.expectLast();
    return null;
  }

  private cut(from: number, end: number): string {
    const { text } = this.window;
    return text.slice(from, end > from && text.charCodeAt(end - 1) === 13 ? end - 1 : end);
  }
}
