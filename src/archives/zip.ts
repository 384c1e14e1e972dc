import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { NatriumError } from '../errors.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { ByteReader } from './byte-reader.ts';
import type { ArchiveGuard } from './guard.ts';
import { counted, inflated, inflatedAtOnce, TOO_LONG } from './inflate.ts';
import { HEAD_BYTES, packedReason } from './kinds.ts';
import { isByMacOs, plainName, shownName, utf8OrNull } from './names.ts';
import type { StoredFile } from './stored-file.ts';

const STORED = 0;
const DEFLATED = 8;
const SMALL_PACKED_BYTES = 64 * 1024;
const SMALL_BYTES = 512 * 1024;
const DIRECTORY_RECORD = 0x02014b50;
const DIRECTORY_RECORD_BYTES = 46;
const ENCRYPTION_FLAG = 0x01;
const STRONG_ENCRYPTION_FLAG = 0x40;
const UTF8_FLAG = 0x800;
const UNICODE_PATH_FIELD = 0x7075;
// the end of central directory record, that of zip64, a digital signature
const AFTER_DIRECTORY: readonly number[] = [0x06054b50, 0x06064b50, 0x05054b50];

/** Lets yauzl read by way of a `StoredFile`, which bears positions outside the file; Node's `fs.read` would throw. */
class ZipReader extends yauzl.RandomAccessReader {
  constructor(private readonly file: StoredFile) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.file.at(position, length).then((bytes) => {
      bytes.copy(buffer, offset);
      const isRecord = bytes.length === DIRECTORY_RECORD_BYTES && bytes.readUInt32LE() === DIRECTORY_RECORD;
      if (isRecord) buffer[offset + 8] = plainlyEncrypted(bytes[8]);
      callback(bytes.length === length ? null : new Error('it ends early'));
    }, callback);
  }
}

/** yauzl ends at an entry of strong encryption; one that is called encrypted and no more is refused alone. */
function plainlyEncrypted(flags: number): number {
  return flags & STRONG_ENCRYPTION_FLAG ? (flags & ~STRONG_ENCRYPTION_FLAG) | ENCRYPTION_FLAG : flags;
}

/**
 * The regular files of a zip archive, in the order of its directory. A damaged member fails alone: those that follow can be
 * read. Sizes that the archive declares are compared with what comes out, never believed.
 */
export async function* zipEntries(file: StoredFile, guard: ArchiveGuard): AsyncGenerator<ArchiveEntry> {
  const zip = await openZip(file, guard);
  try {
    const records = zip.eachEntry();
    for (;;) {
      const record = await nextRecord(records, guard);
      if (record === null) break;
      const position = guard.countEntry();
      const name = nameOf(record);
      guard.entry = name;
      if (name.endsWith('/') || isByMacOs(plainName(name))) continue;
      const reason = typeReason(record) ?? guard.names(name);
      if (reason !== null) {
        yield { name: shownName(name), position, error: guard.refused(reason) };
        continue;
      }
      const reader = new ByteReader(content(zip, record, file, guard));
      try {
        const error = await errorAtStart(reader, guard);
        yield error === null
          ? { name: plainName(name), position, bytes: reader.all() }
          : { name: shownName(name), position, error };
      } finally {
        await reader.close();
      }
    }
    await checkEnd(zip, file, guard);
  } finally {
    zip.close();
  }
}

async function openZip(file: StoredFile, guard: ArchiveGuard): Promise<yauzl.ZipFile> {
  const options = { decodeStrings: false, validateEntrySizes: false };
  try {
    return await yauzl.fromRandomAccessReaderPromise(new ZipReader(file), file.size, options);
  } catch (error) {
    throw guard.malformed(`its directory cannot be read (${(error as Error).message})`, error);
  }
}

async function nextRecord(records: AsyncIterator<yauzl.Entry>, guard: ArchiveGuard): Promise<yauzl.Entry | null> {
  guard.entry = null;
  try {
    const { done, value } = await records.next();
    return done === true ? null : value;
  } catch (error) {
    throw guard.malformed(`its directory is damaged (${(error as Error).message})`, error);
  }
}

/** A directory that goes on after the last entry that it declares would hide files. */
async function checkEnd(zip: yauzl.ZipFile, file: StoredFile, guard: ArchiveGuard): Promise<void> {
  // a number, whatever its types say
  const after = await file.at(Number(zip.readEntryCursor), 4);
  if (after.length < 4 || !AFTER_DIRECTORY.includes(after.readUInt32LE())) {
    throw guard.malformed('its directory is damaged (it does not have the length that it declares)');
  }
}

function nameOf(record: yauzl.Entry): string {
  const { fileNameRaw, extraFields, generalPurposeBitFlag } = record;
  // macOS writes UTF-8 without saying so
  const isPlain = extraFields.every((field) => field.id !== UNICODE_PATH_FIELD);
  const utf8 = isPlain ? utf8OrNull(fileNameRaw) : null;
  return utf8 ?? yauzl.getFileNameLowLevel(generalPurposeBitFlag & ~UTF8_FLAG, fileNameRaw, extraFields, true);
}

function typeReason(record: yauzl.Entry): string | null {
  // st_mode of Unix in the upper half; nothing there on other systems
  const type = (record.externalFileAttributes >>> 28) & 0xf;
  if (type === 0xa) return 'it is a symbolic link';
  if (type !== 0 && type !== 0x8) return 'it is a device, a pipe or a folder by its attributes';
  if (record.isEncrypted()) return 'it is encrypted';
  if (record.compressionMethod !== STORED && record.compressionMethod !== DEFLATED) {
    return `it is packed by method ${record.compressionMethod}; only stored and deflated entries are read`;
  }
  return null;
}

/** Why the entry cannot be read, as far as its first bytes say; null if they say nothing. Throws what ends the archive. */
async function errorAtStart(reader: ByteReader, guard: ArchiveGuard): Promise<NatriumError | null> {
  try {
    const reason = packedReason(await reader.peek(HEAD_BYTES));
    return reason === null ? null : guard.refused(reason);
  } catch (error) {
    if (error instanceof NatriumError && error.code === 'MALFORMED_FILE') return error;
    throw error;
  }
}

async function* content(
  zip: yauzl.ZipFile,
  record: yauzl.Entry,
  file: StoredFile,
  guard: ArchiveGuard,
): AsyncGenerator<Uint8Array> {
  const start = await contentStart(zip, record, guard);
  let size = 0;
  let checksum = 0;
  for await (const chunk of unpacked(record, start, file, guard)) {
    size += chunk.length;
    if (size > record.uncompressedSize) throw guard.malformed(TOO_LONG);
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size < record.uncompressedSize) throw guard.malformed('it is shorter than it declares');
  if (checksum !== record.crc32) throw guard.malformed('its content does not match its CRC-32');
}

async function* unpacked(
  record: yauzl.Entry,
  start: number,
  file: StoredFile,
  guard: ArchiveGuard,
): AsyncGenerator<Uint8Array> {
  const { compressedSize, uncompressedSize } = record;
  const packed = file.range(start, start + compressedSize);
  if (record.compressionMethod === STORED) yield* counted(packed, guard);
  else if (compressedSize > SMALL_PACKED_BYTES || uncompressedSize > SMALL_BYTES)
    yield* inflated('deflate', packed, guard);
  else yield inflatedAtOnce(await file.at(start, compressedSize), uncompressedSize, guard);
}

async function contentStart(zip: yauzl.ZipFile, record: yauzl.Entry, guard: ArchiveGuard): Promise<number> {
  try {
    return (await zip.readLocalFileHeaderPromise(record, { minimal: true })).fileDataStart;
  } catch (error) {
    throw guard.malformed(`its header is damaged (${(error as Error).message})`, error);
  }
}
