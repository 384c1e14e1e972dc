import { newlinesIn, type TextWindow } from '../text/window.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  closingQuote,
  isEscaped,
  isSpace,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-characters.ts';

/** An element that ends at an offset of the window. */
export interface ElementEnd {
  /** Position of its first character in the text; that of its end if there is none. */
  readonly from: number;
  /** Offset of its end in the window. */
  readonly to: number;
  readonly line: number;
  readonly isEmpty: boolean;
  readonly endsArray: boolean;
}

/**
 * Finds the elements of an array by counting brackets outside strings, so that one that is no JSON leaves the others. Sees
 * each character once however the text comes: what is behind `scanned` may leave the window.
 */
export class ElementScanner {
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** Position of the first character of the element, or -1. */
  private from = -1;
  private fromLine: number;

  /** @param scanned position behind the bracket that opens the array, at `line` */
  constructor(
    private scanned: number,
    private line: number,
  ) {
    this.fromLine = line;
  }

  /** The end of the next element, or null at the end of the window. */
  next(window: TextWindow): ElementEnd | null {
    const { text } = window;
    let at = window.offsetOf(this.scanned);
    if (this.inString && at < text.length) at = this.endOfString(text, at) + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isSpace(code)) {
        if (code === NEWLINE) this.line++;
        continue;
      }
      if (this.depth === 0 && (code === COMMA || code === CLOSE_BRACKET)) {
        this.scanned = window.positionOf(at + 1);
        return this.end(window, at, code === CLOSE_BRACKET);
      }
      if (this.from < 0) {
        this.from = window.positionOf(at);
        this.fromLine = this.line;
      }
      // a search for the end of an empty string would cost more than the string
      if (code === QUOTE) at = text.charCodeAt(at + 1) === QUOTE ? at + 1 : this.endOfString(text, at + 1);
      else if (code === OPEN_BRACKET || code === OPEN_BRACE) this.depth++;
      else if ((code === CLOSE_BRACKET || code === CLOSE_BRACE) && this.depth > 0) this.depth--;
    }
    this.scanned = window.positionOf(text.length);
    return null;
  }

  /** What is left at the end of a text without the end of the array. */
  rest(window: TextWindow): ElementEnd {
    return this.end(window, window.text.length, true);
  }

  /** Position of what must stay in the window. */
  get needed(): number {
    return this.from < 0 ? this.scanned : this.from;
  }

  get lineReached(): number {
    return this.line;
  }

  private end(window: TextWindow, to: number, endsArray: boolean): ElementEnd {
    const isEmpty = this.from < 0;
    const element = {
      from: isEmpty ? window.positionOf(to) : this.from,
      to,
      line: isEmpty ? this.line : this.fromLine,
      isEmpty,
      endsArray,
    };
    this.from = -1;
    return element;
  }

  /** Goes to the quote that closes the string, or to the end of the window. */
  private endOfString(text: string, from: number): number {
    const close = closingQuote(text, from, this.escaped);
    const to = close < 0 ? text.length : close;
    if (to > from) this.line += newlinesIn(text, from, to);
    this.escaped = close < 0 && isEscaped(text, from, to, this.escaped);
    this.inString = close < 0;
    return to;
  }
}
