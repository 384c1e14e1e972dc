import type { ErrorCode, NatriumError } from '../../errors.ts';
import { fileError, printable } from '../text/file-error.ts';

/** Where a frame stands; the label is filled in as soon as it is known, so that later errors can name it. */
export interface FramePlace {
  readonly file: string;
  readonly line: number;
  label: string | null;
}

/** How messages name a line of a frame, such as `clusters.extxyz, line 12 (na06-1003)`. */
export function frameName({ file, label }: FramePlace, line: number): string {
  return `${file}, line ${line}${label === null ? '' : ` (${label})`}`;
}

/** An error at a line of a frame; what it quotes of the file may hold control characters, which no message should. */
export function frameError(place: FramePlace, line: number, code: ErrorCode, message: string): NatriumError {
  return fileError(code, `${frameName(place, line)}: ${printable(message)}`, { file: place.file, line });
}
