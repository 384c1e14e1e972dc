import { LARGEST_ITEM_CHARACTERS, type TextWindow } from '../text/window.ts';
import { CLOSE_BRACE, isSpace, OPEN_BRACE, OPEN_BRACKET, skipSpace } from './json-characters.ts';
import { ElementScanner } from './json-elements.ts';

/** Where one item of a JSON document stands in the window: characters `from` to `to`, beginning at a line (from 1). */
export interface ItemSpan {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  /** What is wrong between items, in place of an item; TOO_LARGE for an item whose text was let go. */
  readonly fault: string | null;
}

export const TOO_LARGE = 'TOO_LARGE';

type Layout = 'UNKNOWN' | 'LINES' | 'REST_OF_LINE' | 'WHOLE' | 'ARRAY' | 'UNCLOSED' | 'BEHIND' | 'DONE';

/**
 * The items of a document: the elements of an array, the lines of JSON lines, or the whole text. A document is taken for
 * lines if its first line or any later one (within 16 Mi characters) is an object of its own; so a broken line costs only
 * itself.
 */
export class JsonItems {
  private layout: Layout = 'UNKNOWN';
  private elements: ElementScanner | null = null;

  constructor(private readonly window: TextWindow) {}

  /** The next item; undefined where it only went on, null at the end. Throws WindowEnd. */
  next(): ItemSpan | undefined | null {
    switch (this.layout) {
      case 'UNKNOWN':
        return this.start();
      case 'LINES':
        return this.lineItem();
      case 'REST_OF_LINE':
        return this.skipRestOfLine();
      case 'WHOLE':
        return this.whole();
      case 'ARRAY':
        return this.element(this.elements!);
      case 'UNCLOSED':
        this.layout = 'DONE';
        return this.span(this.window.at, this.window.at, 'the array is never closed; is the file cut off?');
      case 'BEHIND':
        return this.behindArray();
      case 'DONE':
        return null;
    }
  }

  private span(from: number, to: number, fault: string | null = null): ItemSpan {
    return { from, to, line: this.window.line, fault };
  }

  private start(): undefined | null {
    const { window } = this;
    if (window.isAtEnd()) return null;
    window.moveTo(skipSpace(window.text, window.at));
    if (window.at === window.text.length) return undefined;
    if (window.text.charCodeAt(window.at) === OPEN_BRACKET) {
      window.at++;
      this.elements = new ElementScanner(window.position, window.line);
      this.layout = 'ARRAY';
    } else {
      this.layout = this.isLines() ? 'LINES' : 'WHOLE';
    }
    return undefined;
  }

  private isLines(): boolean {
    const { text, at, isLast } = this.window;
    const limit = at + LARGEST_ITEM_CHARACTERS;
    for (let from = at; from < text.length; ) {
      const newline = text.indexOf('\n', from);
      const end = newline < 0 ? text.length : newline;
      if (end > limit) return from === at;
      if (newline < 0 && !isLast) break;
      if (isObjectLine(text, from, end)) return true;
      from = end + 1;
    }
    if (text.length <= limit) this.window.expectLast();
    return false;
  }

  private lineItem(): ItemSpan | undefined | null {
    const { window } = this;
    if (window.isAtEnd()) return null;
    const { text, at } = window;
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    if (end - at > LARGEST_ITEM_CHARACTERS) {
      this.layout = 'REST_OF_LINE';
      return this.span(at, at, TOO_LARGE);
    }
    if (newline < 0) window.expectLast();
    const first = skipSpace(text, at, end);
    const item = first < end ? this.span(first, end) : undefined;
    window.nextLine(end);
    return item;
  }

  private skipRestOfLine(): undefined | null {
    const { window } = this;
    if (window.isAtEnd()) return null;
    const newline = window.text.indexOf('\n', window.at);
    if (newline < 0) {
      window.at = window.text.length;
    } else {
      window.nextLine(newline);
      this.layout = 'LINES';
    }
    return undefined;
  }

  private whole(): ItemSpan {
    const { text, at } = this.window;
    const isTooLarge = text.length - at > LARGEST_ITEM_CHARACTERS;
    if (!isTooLarge) this.window.expectLast();
    this.layout = 'DONE';
    return isTooLarge ? this.span(at, at, TOO_LARGE) : this.span(at, text.length);
  }

  private element(elements: ElementScanner): ItemSpan | undefined {
    const { window } = this;
    const found = elements.next(window);
    if (found === null && !window.isLast) {
      const needed = window.offsetOf(elements.needed);
      const isTooLarge = window.text.length - needed > LARGEST_ITEM_CHARACTERS;
      const at = isTooLarge ? window.text.length : Math.max(needed, window.at);
      if (at === window.at) window.expectLast();
      window.at = at;
      return undefined;
    }
    const { from, to, line, isEmpty, endsArray } = found ?? elements.rest(window);
    window.at = Math.min(to + 1, window.text.length);
    window.line = elements.lineReached;
    if (endsArray) this.layout = found === null ? 'UNCLOSED' : 'BEHIND';
    if (isEmpty) return endsArray ? undefined : { from: to, to, line, fault: 'a comma without an item before it.' };
    const isTooLarge = window.positionOf(to) - from > LARGEST_ITEM_CHARACTERS;
    return isTooLarge
      ? { from: to, to, line, fault: TOO_LARGE }
      : { from: window.offsetOf(from), to, line, fault: null };
  }

  private behindArray(): ItemSpan | undefined | null {
    const { window } = this;
    if (window.isAtEnd()) return null;
    window.moveTo(skipSpace(window.text, window.at));
    if (window.at === window.text.length) return undefined;
    this.layout = 'DONE';
    const fault = 'something follows the end of the array; write one array, or one object a line.';
    return this.span(window.at, window.at, fault);
  }
}

function isObjectLine(text: string, from: number, end: number): boolean {
  let last = end - 1;
  while (last > from && isSpace(text.charCodeAt(last))) last--;
  return text.charCodeAt(from) === OPEN_BRACE && last > from && text.charCodeAt(last) === CLOSE_BRACE;
}
