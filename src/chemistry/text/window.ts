const NEWLINE = 10;

/** Most characters of one item of a file: what is longer is refused, so that memory stays bounded whatever a file holds. */
export const LARGEST_ITEM_CHARACTERS = 16 * 1024 * 1024;

/** A reader asked for text behind the window. Whoever fills the window has it read again from where it stood. */
export class WindowEnd extends Error {}

// thrown once a chunk, and nobody wants to know from where
const WINDOW_END = new WindowEnd('the window of text ends here');

/** The part of a text that is in memory, and where in it a reader stands. It begins without a byte order mark. */
export class TextWindow {
  text = '';
  /** Offset in `text` where the reader stands. */
  at = 0;
  /** Number of the line there, from 1. */
  line = 1;
  /** Whether the text ends with the window. */
  isLast = false;
  private dropped = 0;

  /** Characters of the whole text before the reader. */
  get position(): number {
    return this.dropped + this.at;
  }

  /** Characters of the whole text before an offset in the window. */
  positionOf(offset: number): number {
    return this.dropped + offset;
  }

  offsetOf(position: number): number {
    return position - this.dropped;
  }

  /** Lets what is behind the reader go, and adds the text that comes next. */
  append(parts: readonly string[]): void {
    this.dropped += this.at;
    this.text = [this.text.slice(this.at), ...parts].join('');
    this.at = 0;
  }

  /** Throws WindowEnd unless the text ends with the window. */
  expectLast(): void {
    if (!this.isLast) throw WINDOW_END;
  }

  /** Whether the reader stands at the end of the text. Throws WindowEnd at that of the window. */
  isAtEnd(): boolean {
    if (this.at < this.text.length) return false;
    this.expectLast();
    return true;
  }

  /** Offset of the end of the line that holds an offset. Throws WindowEnd where the window does not hold it. */
  lineEnd(offset: number): number {
    const newline = this.text.indexOf('\n', offset);
    if (newline >= 0) return newline;
    this.expectLast();
    return this.text.length;
  }

  /** Goes behind the line that ends at an offset; the last line of a text may have no end to count. */
  nextLine(end: number): void {
    this.at = Math.min(end + 1, this.text.length);
    if (end < this.text.length) this.line++;
  }

  /** Goes on to an offset, over any number of lines. */
  moveTo(offset: number): void {
    this.line += newlinesIn(this.text, this.at, offset);
    this.at = offset;
  }
}

/** Number of line ends between two offsets. */
export function newlinesIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    if (text.charCodeAt(at) === NEWLINE) count++;
  }
  return count;
}

/** The same text with memory of its own: a slice would keep the whole window that it was cut from. */
export function detached(text: string): string {
  return ` ${text}`.slice(1);
}
