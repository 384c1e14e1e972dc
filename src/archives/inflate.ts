import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import type { ArchiveGuard } from './guard.ts';

const CHUNK_BYTES = 128 * 1024;

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
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') !== true) throw error;
    const isCutOff = code === 'Z_BUF_ERROR';
    const reason = isCutOff ? `its ${format} data end early` : `its ${format} data are damaged (${message})`;
    throw guard.malformed(reason, error);
  } finally {
    // ends the pipe also where bytes after the end of the packed data are left in it
    inflate.destroy();
    await piped;
  }
}

/** Counts bytes that are as they were stored. */
export async function* counted(chunks: AsyncIterable<Uint8Array>, guard: ArchiveGuard): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    guard.countBytes(chunk.length);
    yield chunk;
  }
}
