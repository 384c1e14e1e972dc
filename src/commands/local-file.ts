import { createReadStream } from 'node:fs';
import { NatriumError } from '../errors.ts';

const CHUNK_BYTES = 256 << 10;

/** The bytes of a file that a command was given, as they are read. */
export async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw new NatriumError('MALFORMED_FILE', `cannot read ${path}: ${(error as Error).message}`);
  }
}
