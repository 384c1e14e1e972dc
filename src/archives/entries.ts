import { open } from 'node:fs/promises';
import type { ArchiveEntry } from './archive-entry.ts';
import { ByteReader } from './byte-reader.ts';
import { ArchiveGuard, type ArchiveLimits, DEFAULT_LIMITS } from './guard.ts';
import { counted, inflated } from './inflate.ts';
import { HEAD_BYTES, packedKind, packedReason } from './kinds.ts';
import { StoredFile } from './stored-file.ts';
import { tarEntries } from './tar.ts';
import { zipEntries } from './zip.ts';

/**
 * The regular files in a file on disk: the file itself if it is not packed, what a gzip file holds, the members of .tar, .tar.gz
 * and .zip archives. The first bytes tell the kind, never the name. Nothing is written, memory is constant, and the file is
 * closed when the generator ends or is left.
 *
 * An entry with `error` (BAD_USER_INPUT: nested, encrypted, a link, an unsafe or repeated name; MALFORMED_FILE: a damaged
 * member of a zip archive) leaves the others readable; so does MALFORMED_FILE from the `bytes` of a zip archive's member.
 * Folders and what macOS adds are passed over.
 *
 * @param fileName what errors call the file, and its entry if it is no archive
 * @throws NatriumError MALFORMED_FILE for a damaged or truncated archive, TOO_LARGE beyond a limit, from the generator or from
 *   `bytes`, with `file` and, inside an entry, `entry` in its details. Entries that were read to their end before are valid.
 */
export async function* openEntries(
  path: string,
  fileName: string,
  limits: Partial<ArchiveLimits> = {},
): AsyncGenerator<ArchiveEntry> {
  const handle = await open(path, 'r');
  try {
    const file = new StoredFile(handle, (await handle.stat()).size);
    const guard = new ArchiveGuard(fileName, file.size, { ...DEFAULT_LIMITS, ...limits });
    for await (const entry of entriesOf(file, fileName, guard)) {
      let isCurrent = true;
      try {
        yield 'error' in entry ? entry : { ...entry, bytes: whileCurrent(entry, () => isCurrent) };
      } finally {
        isCurrent = false;
      }
    }
  } finally {
    await handle.close();
  }
}

async function* entriesOf(file: StoredFile, fileName: string, guard: ArchiveGuard): AsyncGenerator<ArchiveEntry> {
  const kind = packedKind(await file.at(0, HEAD_BYTES));
  if (kind === 'zip') {
    yield* zipEntries(file, guard);
    return;
  }
  const stored = file.range(0, file.size);
  const isGzip = kind === 'gzip';
  const reader = new ByteReader(isGzip ? inflated('gzip', stored, guard) : counted(stored, guard));
  try {
    const head = await reader.peek(HEAD_BYTES);
    if (packedKind(head) === 'tar') {
      yield* tarEntries(reader, guard);
      return;
    }
    const position = guard.countEntry();
    const name = isGzip ? fileName.replace(/\.t?gz$/i, '') || fileName : fileName;
    guard.entry = isGzip ? name : null;
    const reason = packedReason(head);
    yield reason === null ? { name, position, bytes: reader.all() } : { name, position, error: guard.refused(reason) };
  } finally {
    await reader.close();
  }
}

/** The bytes of an entry; asking for them after the next entry was asked for is a defect of the caller. */
async function* whileCurrent(
  entry: { name: string; bytes: AsyncIterable<Uint8Array> },
  isCurrent: () => boolean,
): AsyncGenerator<Uint8Array> {
  const chunks = entry.bytes[Symbol.asyncIterator]();
  for (;;) {
    if (!isCurrent()) throw new Error(`the bytes of ${entry.name} were asked for after the next entry was`);
    const { done, value } = await chunks.next();
    if (done === true) return;
    yield value;
  }
}
