import type { ArchiveEntry } from './archive-entry.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ArchiveGuard } from './guard.ts';
import { HEAD_BYTES, packedReason } from './kinds.ts';
import { decodedName, isByMacOs, plainName, shownName } from './names.ts';
import { BLOCK_BYTES, gnuLongName, type PaxRecords, parsePax, parseTarHeader, type TarHeader } from './tar-header.ts';

const LONGEST_EXTENSION_BYTES = 2 ** 20;
const FILE_TYPES = '07';
const FOLDER_TYPES = '5DV';
const EXTENSION_TYPES = 'xXgLK';

const TYPE_REASONS: Readonly<Record<string, string>> = {
  1: 'it is a hard link',
  2: 'it is a symbolic link',
  3: 'it is a character device',
  4: 'it is a block device',
  6: 'it is a named pipe',
  S: 'it is a sparse file',
  M: 'it is continued from another volume',
};

interface Member {
  readonly name: string;
  readonly size: number;
  readonly isFolder: boolean;
  readonly reason: string | null;
}

/**
 * The regular files of a tar archive, in the order of the archive. Reads to its end, so that the check sum of what packs it is
 * tested too. The headers are read here and not by a library, because those that we know copy or keep what hostile headers hold.
 */
export async function* tarEntries(reader: ByteReader, guard: ArchiveGuard): AsyncGenerator<ArchiveEntry> {
  for (let member = await nextMember(reader, guard); member !== null; member = await nextMember(reader, guard)) {
    const { name, size, isFolder } = member;
    const position = guard.countEntry();
    guard.entry = name;
    let left = size;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const part = await reader.some(left);
        if (part === null) throw guard.malformed('it ends early');
        left -= part.length;
        yield part;
      }
    };
    if (!isFolder && !isByMacOs(plainName(name))) {
      const reason = member.reason ?? guard.names(name) ?? packedReason(await reader.peek(Math.min(size, HEAD_BYTES)));
      yield reason === null
        ? { name: plainName(name), position, bytes: content() }
        : { name: shownName(name), position, error: guard.refused(reason) };
    }
    for await (const _ of content());
    await reader.exactly(paddingBytes(size));
  }
  for await (const part of reader.all()) {
    if (part.some((byte) => byte !== 0)) throw guard.malformed('the tar archive goes on after its end mark');
  }
}

function paddingBytes(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** Reads the headers of one member; null at the end of the archive. */
async function nextMember(reader: ByteReader, guard: ArchiveGuard): Promise<Member | null> {
  let longName: Uint8Array | null = null;
  let pax: PaxRecords | null = null;
  for (;;) {
    const header = await nextHeader(reader, guard);
    if (header === null) return null;
    if (!EXTENSION_TYPES.includes(header.type)) {
      if (header.moreSparseBlocks) await skipSparseBlocks(reader);
      return memberOf(header, pax?.name ?? longName ?? header.name, pax);
    }
    guard.entry = decodedName(header.name);
    if (header.size > LONGEST_EXTENSION_BYTES) {
      throw guard.tooLarge('headerBytes', `it has a header of more than ${LONGEST_EXTENSION_BYTES} bytes`);
    }
    const extension = await reader.exactly(header.size);
    await reader.exactly(paddingBytes(header.size));
    if (header.type === 'L') longName = gnuLongName(extension);
    if (header.type === 'x' || header.type === 'X') {
      pax = parsePax(extension);
      if (pax === null) throw guard.malformed('its pax header is damaged');
    }
  }
}

async function skipSparseBlocks(reader: ByteReader): Promise<void> {
  for (let block = await reader.exactly(BLOCK_BYTES); block[504] === 1; ) block = await reader.exactly(BLOCK_BYTES);
}

async function nextHeader(reader: ByteReader, guard: ArchiveGuard): Promise<TarHeader | null> {
  const block = await reader.exactly(BLOCK_BYTES);
  if (block.length < BLOCK_BYTES) throw guard.malformed('the tar archive ends early');
  if (block.every((byte) => byte === 0)) return null;
  const header = parseTarHeader(block);
  if (header === null) throw guard.malformed('the tar header after it is damaged, or its size is wrong');
  return header;
}

function memberOf(header: TarHeader, nameBytes: Uint8Array, pax: PaxRecords | null): Member {
  const { type } = header;
  const name = decodedName(nameBytes);
  const isFile = FILE_TYPES.includes(type);
  const isFolder = FOLDER_TYPES.includes(type) || (isFile && name.endsWith('/'));
  // links, devices, folders and pipes have no content, whatever they declare
  const size = '123456'.includes(type) ? 0 : (pax?.size ?? header.size);
  const unknown = isFile ? null : `it is of an unknown type (${shownName(type)})`;
  const reason = pax?.sparse === true ? TYPE_REASONS.S : (TYPE_REASONS[type] ?? unknown);
  return { name, size, isFolder, reason };
}
