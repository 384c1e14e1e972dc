import { basename } from 'node:path';
import { NatriumError } from '../errors.ts';
import { parseAtomCsv } from './csv.ts';
import { type ParsedItem, parseExtxyz } from './extxyz.ts';
import { isKnownOutput, parseOutput } from './outputs/output-file.ts';
import { parseQcSchema } from './qcschema.ts';

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
 * What a file is, by how it begins: an output of a known program; JSON; a header that names columns of atoms; a line with the
 * number of atoms alone, as XYZ has. Null for anything else.
 */
export function detectFormat(head: Uint8Array): FileFormat | null {
  if (isKnownOutput(head) !== null) return 'PROGRAM_OUTPUT';
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096)).toString('utf8');
  const begin = text.replace(/^\uFEFF/, '').trimStart();
  if (/^[{[]/.test(begin)) return 'QCSCHEMA';
  const firstLine = begin.split(/\r?\n/, 1)[0];
  if (firstLine.includes(',') && /\batoms?\b/.test(firstLine)) return 'CSV';
  return /^\d+\s*$/.test(firstLine) ? 'EXTXYZ' : null;
}

/**
 * The items of a file of any format that fits into memory; an item that is refused never loses the others. Errors carry
 * `details.file` and `details.line`.
 */
export async function* readItems(bytes: Uint8Array, fileName: string, format: FileFormat): AsyncGenerator<ParsedItem> {
  if (format === 'PROGRAM_OUTPUT') {
    yield await readOutput(bytes, fileName);
    return;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const readers = { EXTXYZ: parseExtxyz, QCSCHEMA: parseQcSchema, CSV: parseAtomCsv };
  yield* readers[format](text, fileName);
}

async function readOutput(bytes: Uint8Array, fileName: string): Promise<ParsedItem> {
  try {
    const record = await parseOutput(once(bytes), fileName);
    // programs do not name their results, but people name their files
    const label = record.label ?? basename(fileName).replace(/\.[^.]*$/, '');
    return { line: record.line, label, record: { ...record, label } };
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return { line: Number(error.details.line ?? 1), label: null, error };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
