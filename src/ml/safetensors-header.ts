/** A header is an object of tensors, each an object with lists in it. */
const DEEPEST = 3;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const PLAIN = /^[\s\d:,]*$/;

/** Names, objects and lists that a tensor has, its own name too, and one for the metadata. */
const PARTS_OF_TENSOR = 8;

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Looks through the text of a safetensors header before anything is made of it, in one pass: how much it would make, and what JSON
 * allows, or JavaScript's reading of it, but the format does not. The text need not be JSON.
 *
 * @returns why it cannot be a header, in words that go on from "its header"; `size` speaks of more than a header may have, so
 *   that it must not even be parsed
 */
export function headerFaults(text: string, mostTensors: number): { size: string | null; content: string | null } {
  /** The names seen in each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let parts = 0;
  let content: string | null = null;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    let end = at + 1;
    if (code === QUOTE) {
      end = endOfString(text, at);
      const string = unescaped(text.slice(at, end));
      if (LONE_SURROGATE.test(string)) content ??= 'holds half of a character';
      if (isName(text, end)) {
        parts++;
        const names = open.at(-1);
        if (names?.has(string)) content ??= `has the name ${JSON.stringify(string.slice(0, 200))} twice`;
        names?.add(string);
      }
    } else if (code === 0x7b || code === 0x5b) {
      parts++;
      open.push(code === 0x7b ? new Set() : null);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else {
      end = endOfPlain(text, at);
      if (!PLAIN.test(text.slice(at, end))) content ??= 'holds other numbers than plain integers';
    }
    if (open.length > DEEPEST) return { size: `is nested more than ${DEEPEST} deep`, content };
    if (parts > PARTS_OF_TENSOR * mostTensors) return { size: `describes more than ${mostTensors} tensors`, content };
    at = end;
  }
  return { size: null, content };
}

/** Behind the quote that ends the string that begins here. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

/** Where the next string, object or list begins or ends. */
function endOfPlain(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isMark(text.charCodeAt(at))) at++;
  return at;
}

function isMark(code: number): boolean {
  return code === QUOTE || code === 0x7b || code === 0x5b || code === 0x7d || code === 0x5d;
}

function isName(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && ' \t\n\r'.includes(text[at])) at++;
  return text[at] === ':';
}

/** The text itself where it is no JSON: that will be found by whoever parses it. */
function unescaped(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
}
