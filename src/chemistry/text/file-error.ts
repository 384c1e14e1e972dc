import { type ErrorCode, NatriumError } from '../../errors.ts';

// a class of plain characters is many times faster to look for than \p{Cc}
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What a file holds, without the control characters that no message should have. */
export function printable(text: string): string {
  return CONTROL.test(text) ? text.replaceAll(/\p{Cc}/gu, '\uFFFD') : text;
}

/** An error at a place in a file, without a stack. */
export function fileError(
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> & { readonly file: string; readonly line: number },
): NatriumError {
  return withoutStacks(() => new NatriumError(code, message, details));
}

/**
 * Runs what may make an error about a file. A file can hold millions of them, whose place is in the file and not in this
 * program, and their stacks would cost more than all else.
 */
export function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
