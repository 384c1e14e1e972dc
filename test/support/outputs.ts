import { readFileSync } from 'node:fs';
import type { CalculationRecord } from '../../src/chemistry/calculation-record.ts';
import { parseOutput } from '../../src/chemistry/outputs/output-file.ts';
import { NatriumError } from '../../src/errors.ts';

/** Text of one of the outputs in test/fixtures/outputs. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/outputs/${name}`, import.meta.url), 'utf8');
}

/** The bytes in pieces of `size`. */
export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

/** Parses a text, or bytes, as the output `job.out`. */
export function parseText(content: string | Uint8Array, pieceSize = 1 << 16): Promise<CalculationRecord> {
  return parseOutput(pieces(typeof content === 'string' ? Buffer.from(content) : content, pieceSize), 'job.out');
}

/** The error that parsing gives; fails if it gives none, or one that is not meant for users. */
export async function errorOf(content: string | Uint8Array): Promise<NatriumError> {
  try {
    await parseText(content);
  } catch (error) {
    if (error instanceof NatriumError) {
      return error;
    }
    throw error;
  }
  throw new Error('expected an error');
}
