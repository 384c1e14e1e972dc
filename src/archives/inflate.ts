import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { ArchiveGuard } from './guard.ts';

const CHUNK_BYTES = 128 * 1024;

export const TOO_LONG = 'it is longer than it declares';

/**
 * Unpacks gzip (all its members, one after the other) or raw DEFLATE, and counts what comes out against the limits.
 * @throws NatriumError MALFORMED_FILE if the packed bytes are damaged or end early, TOO_LARGE beyond a limit
 */
export async function* inflated(
  format: 'gzip' | 'deflate',
  packed: AsyncIterable<Uint8Array>,
  guard: ArchiveGuard,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed, { objectMode: false });
  const inflate =
    format === 'gzip' ? createGunzip({ chunkSize: CHUNK_BYTES }) : createInflateRaw({ chunkSize: CHUNK_BYTES });
  const piped = pipeline(source, inflate).catch(() => {});
  const chunks: AsyncIterator<Uint8Array> = inflate[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return;
      guard.countBytes(value.length);
      yield value;
    }
  } catch (error) {
    throw damage(format, error, guard);
  } finally {
    // ends the pipe also where bytes after the end of the packed data are left in it
    inflate.destroy();
    await piped;
  }
}

/**
 * The same for raw DEFLATE of a few kB, of which no more than `most` bytes are unpacked, and one; at once, because streams take
 * ten times as long for that.
 */
export function inflatedAtOnce(packed: Uint8Array, most: number, guard: ArchiveGuard): Uint8Array {
  try {
    const unpacked = inflateRawSync(packed, { maxOutputLength: most + 1, chunkSize: Math.max(most + 1, 64) });
    guard.countBytes(unpacked.length);
    return unpacked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw guard.malformed(TOO_LONG, error);
    throw damage('deflate', error, guard);
  }
}

function damage(format: string, error: unknown, guard: ArchiveGuard): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_') !== true) return error;
  const isCutOff = code === 'Z_BUF_ERROR';
  return guard.malformed(
    isCutOff ? `its ${format} data end early` : `its ${format} data are damaged (${message})`,
    error,
  );
}

/** Counts bytes that are as they were stored. */
export async function* counted(chunks: AsyncIterable<Uint8Array>, guard: ArchiveGuard): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    guard.countBytes(chunk.length);
    yield chunk;
  }
}
