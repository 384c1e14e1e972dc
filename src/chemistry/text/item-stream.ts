import { LineCutter } from './line-cutter.ts';
import { TextWindow, WindowEnd } from './window.ts';

/** Reads items from a window of text, one after another. */
export interface ItemReader<Item> {
  /**
   * The next item; undefined where reading only went on, null at the end. After a WindowEnd it is called again from the same
   * place in a larger window, so until it returns it changes nothing that the second reading would not find again.
   */
  next(): Item | undefined | null;
}

/** How a format is read. */
export interface ItemFormat<Item> {
  /** Lines are cut as `LineCutter` does. */
  readonly isOfLines: boolean;
  readonly start: (window: TextWindow, fileName: string) => ItemReader<Item>;
}

/** The items of a text in memory. */
export function* itemsOfText<Item extends object>(
  text: string,
  fileName: string,
  format: ItemFormat<Item>,
): Generator<Item> {
  const window = new TextWindow();
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text;
  window.append([format.isOfLines ? new LineCutter().push(whole) : whole]);
  window.isLast = true;
  const reader = format.start(window, fileName);
  for (let item = nextItem(window, reader); item; item = nextItem(window, reader)) yield item;
}

/**
 * The items of a text in UTF-8, the same however it is cut into chunks; what is no UTF-8 reads as U+FFFD. Holds one item and
 * one chunk in memory.
 */
export async function* itemsOfChunks<Item extends object>(
  chunks: AsyncIterable<Uint8Array>,
  fileName: string,
  format: ItemFormat<Item>,
): AsyncGenerator<Item> {
  const window = new TextWindow();
  const reader = format.start(window, fileName);
  const cutter = format.isOfLines ? new LineCutter() : null;
  let parts: string[] = [];
  let characters = 0;
  for await (const text of decoded(chunks)) {
    parts.push(cutter === null ? text : cutter.push(text));
    characters += parts[parts.length - 1].length;
    // an item is read again with twice the text, so that a large one costs little more than one reading
    if (characters < Math.min(Math.max(1, window.text.length - window.at), MOST_ADDED_CHARACTERS)) continue;
    window.append(parts);
    parts = [];
    characters = 0;
    let item = nextItem(window, reader);
    for (; item; item = nextItem(window, reader)) yield item;
    if (item === null) return;
  }
  window.append(parts);
  window.isLast = true;
  for (let item = nextItem(window, reader); item; item = nextItem(window, reader)) yield item;
}

/** Beside a window that holds the largest item twice its text would be too much. */
const MOST_ADDED_CHARACTERS = 4 * 1024 * 1024;

/** Windows stay small, and so does what the garbage collector has not yet taken of them, however large the chunks are. */
const PIECE_BYTES = 65_536;

async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield decoder.decode(chunk.subarray(at, at + PIECE_BYTES), { stream: true });
    }
  }
  yield decoder.decode();
}

/** The next item that the window holds whole; undefined where that takes more text, null at the end. */
function nextItem<Item extends object>(window: TextWindow, reader: ItemReader<Item>): Item | undefined | null {
  for (;;) {
    const { at, line } = window;
    try {
      const item = reader.next();
      if (item !== undefined) return item;
    } catch (error) {
      if (!(error instanceof WindowEnd)) throw error;
      window.at = at;
      window.line = line;
      return undefined;
    }
  }
}
