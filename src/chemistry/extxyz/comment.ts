/** One value of an extended XYZ comment line. */
export interface CommentValue {
  /** `FLAG` is a bare key; `BARE` text without quotes; `STRING` quoted text; `ARRAY` text in brackets, kept with them. */
  readonly kind: 'FLAG' | 'BARE' | 'STRING' | 'ARRAY';
  readonly text: string;
}

/** What is wrong with a comment line, in words that follow "the comment line ". */
export class CommentSyntaxError extends Error {}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

/**
 * Parses the comment line of an extended XYZ frame: `key=value` pairs and bare keys apart by white space. Keys and values
 * may stand in double or single quotes with `\"`, `\'`, `\\` and `\n`; values in brackets, braces or parentheses may nest
 * and hold quotes. Throws CommentSyntaxError for an open quote or bracket, text right after a closing one, a missing key,
 * or a key given twice.
 */
export function parseComment(line: string): Map<string, CommentValue> {
  const scanner = new Scanner(line);
  const values = new Map<string, CommentValue>();
  for (scanner.skipSpace(); !scanner.atEnd; scanner.skipSpace()) {
    const key = scanner.token('=').text;
    if (key === '' && scanner.peek() === '=') {
      throw new CommentSyntaxError('has an "=" without a key before it');
    }
    if (values.has(key)) {
      throw new CommentSyntaxError(`gives ${key} twice`);
    }
    values.set(key, scanner.takeEquals() ? scanner.token('') : { kind: 'FLAG', text: '' });
  }
  return values;
}

class Scanner {
  private at = 0;

  constructor(private readonly line: string) {}

  get atEnd(): boolean {
    return this.at >= this.line.length;
  }

  peek(): string {
    return this.line.charAt(this.at);
  }

  skipSpace(): void {
    while (!this.atEnd && /\s/.test(this.peek())) {
      this.at++;
    }
  }

  /** Takes an equals sign and the white space around it, if there is one. */
  takeEquals(): boolean {
    const before = this.at;
    this.skipSpace();
    if (this.peek() !== '=') {
      this.at = before;
      return false;
    }
    this.at++;
    const after = this.at;
    this.skipSpace();
    // `key= other=1` gives an empty value, `key= value` does not
    if (this.at > after && (this.atEnd || /^[^\s"'[{(=]+\s*=/.test(this.line.slice(this.at)))) {
      this.at = after;
    }
    return true;
  }

  /** A quoted, bracketed or bare text; a bare one ends at white space or at the character given. */
  token(end: string): CommentValue {
    const first = this.peek();
    if (first === '"' || first === "'") {
      const text = this.quoted();
      this.expectSeparator(end);
      return { kind: 'STRING', text };
    }
    if (end === '' && first in CLOSING) {
      const text = this.bracketed();
      this.expectSeparator(end);
      return { kind: 'ARRAY', text };
    }
    const from = this.at;
    while (!this.atEnd && this.peek() !== end && !/\s/.test(this.peek())) {
      this.at++;
    }
    return { kind: 'BARE', text: this.line.slice(from, this.at) };
  }

  private quoted(): string {
    const quote = this.peek();
    let text = '';
    for (this.at++; !this.atEnd; this.at++) {
      const character = this.peek();
      if (character === quote) {
        this.at++;
        return text;
      }
      if (character !== '\\') {
        text += character;
        continue;
      }
      this.at++;
      text += unescaped(this.peek());
    }
    throw new CommentSyntaxError(`has a ${quote} that is never closed`);
  }

  private bracketed(): string {
    const from = this.at;
    const open: string[] = [];
    while (!this.atEnd) {
      const character = this.peek();
      if (character === '"' || character === "'") {
        this.quoted();
        continue;
      }
      this.at++;
      if (character in CLOSING) {
        open.push(CLOSING[character]);
      } else if (character === open.at(-1)) {
        open.pop();
      }
      if (open.length === 0) {
        return this.line.slice(from, this.at);
      }
    }
    throw new CommentSyntaxError(`has a ${this.line.charAt(from)} that is never closed`);
  }

  private expectSeparator(end: string): void {
    if (!this.atEnd && this.peek() !== end && !/\s/.test(this.peek())) {
      throw new CommentSyntaxError(`has text right after a closing quote or bracket, at column ${this.at + 1}`);
    }
  }
}

/** An unknown escape keeps its backslash, so that Windows paths survive. */
function unescaped(character: string): string {
  switch (character) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '"':
    case "'":
    case '\\':
      return character;
    default:
      return `\\${character}`;
  }
}

/** The items of an array value: `"1 2 3"`, `{1 2 3}`, `[1, 2, 3]` and quoted items in brackets give the same list. */
export function listItems({ text }: CommentValue): string[] {
  return Array.from(
    text.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[^\s,[\]{}()]+/g),
    ([whole, double, single]) => (double ?? single)?.replace(/\\(.)/g, (_, c: string) => unescaped(c)) ?? whole,
  );
}

/** A key or value as it must be written: bare where that reads back as the same text, else in double quotes. */
export function quoteIfNeeded(text: string): string {
  return /^[^\s"'=\\[\]{}(),]+$/.test(text) ? text : quote(text);
}

/** Text in double quotes, on one line. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
  return `"${escaped}"`;
}
