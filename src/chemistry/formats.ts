import { basename } from 'node:path';
import { NatriumError } from '../errors.ts';
import { ATOM_CSV } from './csv.ts';
import { EXTXYZ, type ParsedItem } from './extxyz.ts';
import { HEAD_BYTES, isKnownOutput, parseOutput } from './outputs/output-file.ts';
import { QCSCHEMA } from './qcschema.ts';
import { type ClosableChunks, withHead } from './text/chunks.ts';
import { type ItemFormat, itemsOfChunks } from './text/item-stream.ts';

export { chunkOf } from './text/chunks.ts';

export const FILE_FORMATS = ['EXTXYZ', 'QCSCHEMA', 'CSV', 'PROGRAM_OUTPUT'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** As artifacts name what a file is. */
export const MEDIA_TYPES: Readonly<Record<FileFormat, string>> = {
  EXTXYZ: 'chemical/x-extxyz',
  QCSCHEMA: 'application/json',
  CSV: 'text/csv',
  PROGRAM_OUTPUT: 'text/plain',
};

/**
 * What a file is, by how it begins (its first 64 KiB, or all of it if it is shorter): an output of a known program; JSON; a
 * header that names columns of atoms; a line with the number of atoms alone, as XYZ has. Null for anything else.
 */
export function detectFormat(head: Uint8Array): FileFormat | null {
  if (isKnownOutput(head) !== null) return 'PROGRAM_OUTPUT';
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096)).toString('utf8');
  const begin = text.replace(/^\uFEFF/, '').trimStart();
  if (/^[{[]/.test(begin)) return 'QCSCHEMA';
  const firstLine = begin.split(/\r?\n/, 1)[0];
  if (/[,;\t]/.test(firstLine) && /\batoms?\b/.test(firstLine)) return 'CSV';
  return /^\d+\s*$/.test(firstLine) ? 'EXTXYZ' : null;
}

const READERS = { EXTXYZ, QCSCHEMA, CSV: ATOM_CSV } as const satisfies Partial<
  Record<FileFormat, ItemFormat<ParsedItem>>
>;

/**
 * The items of a file of any format, the same however it is cut into chunks; an item that is refused never loses the others.
 * Holds one item (at most 16 Mi characters) and one chunk in memory. Errors carry `details.file` and `details.line`.
 */
export async function* readItems(
  chunks: AsyncIterable<Uint8Array>,
  fileName: string,
  format: FileFormat,
): AsyncGenerator<ParsedItem> {
  if (format === 'PROGRAM_OUTPUT') {
    yield await readOutput(chunks, fileName);
  } else {
    yield* itemsOfChunks<ParsedItem>(chunks, fileName, READERS[format]);
  }
}

/** What chunks of an unknown format are, and all of them again, to be read once or closed with `return`. */
export async function withFormat(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly format: FileFormat | null; readonly chunks: ClosableChunks }> {
  const { head, all } = await withHead(chunks, HEAD_BYTES);
  return { format: detectFormat(head), chunks: all };
}

async function readOutput(chunks: AsyncIterable<Uint8Array>, fileName: string): Promise<ParsedItem> {
  try {
    const record = await parseOutput(chunks, fileName);
    // programs do not name their results, but people name their files
    const label = record.label ?? basename(fileName).replace(/\.[^.]*$/, '');
    return { line: record.line, label, record: { ...record, label } };
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return { line: Number(error.details.line ?? 1), label: null, error };
  }
}
