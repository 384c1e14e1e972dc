import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import tarStream from 'tar-stream';
import { openEntries } from '../../src/archives/entries.ts';
import type { ArchiveLimits } from '../../src/archives/guard.ts';
import { NatriumError } from '../../src/errors.ts';

/** What came out of an archive: entries with their bytes or error, and what ended the reading early. */
export interface ReadArchive {
  readonly entries: { name: string; position: number; bytes: Buffer; error: NatriumError | null }[];
  readonly failure: NatriumError | null;
}

/** Runs `use` on a file with these bytes, in a folder of its own. */
export async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'natrium-archive-'));
  try {
    const path = join(folder, 'upload');
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads all. An error that is no NatriumError is thrown on. */
export async function readPath(path: string, fileName: string, limits?: Partial<ArchiveLimits>): Promise<ReadArchive> {
  const entries: ReadArchive['entries'] = [];
  try {
    for await (const entry of openEntries(path, fileName, limits)) {
      const { name, position } = entry;
      const chunks: Uint8Array[] = [];
      let error = 'error' in entry ? entry.error : null;
      if ('bytes' in entry) {
        try {
          for await (const chunk of entry.bytes) chunks.push(chunk);
        } catch (thrown) {
          if (!(thrown instanceof NatriumError)) throw thrown;
          error = thrown;
        }
      }
      entries.push({ name, position, bytes: Buffer.concat(chunks), error });
    }
  } catch (thrown) {
    if (!(thrown instanceof NatriumError)) throw thrown;
    return { entries, failure: thrown };
  }
  return { entries, failure: null };
}

export function readArchive(
  bytes: Uint8Array,
  fileName: string,
  limits?: Partial<ArchiveLimits>,
): Promise<ReadArchive> {
  return withFile(bytes, (path) => readPath(path, fileName, limits));
}

/** A tar archive as tar-stream writes it: ustar, with pax headers where those are needed. */
export async function packedTar(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const pack = tarStream.pack();
  for (const [name, text] of Object.entries(files)) pack.entry({ name }, text);
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface TarMember {
  readonly name?: string | Buffer;
  readonly content?: string | Buffer;
  readonly type?: string;
  /** What the header says; the length of the content unless given. */
  readonly size?: number | Buffer;
  readonly magic?: string;
  /** Other bytes of the header, by offset. */
  readonly patch?: Readonly<Record<number, Buffer>>;
}

/** One member: header with a valid checksum, content, padding. */
export function tarMember(member: TarMember): Buffer {
  const { name = 'a.log', content = '', type = '0', magic = 'ustar\x0000', patch = {} } = member;
  const bytes = Buffer.from(content);
  const { size = bytes.length } = member;
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header, 0, 0, 100);
  header.write('0000644\0', 100);
  if (typeof size === 'number') header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else size.copy(header, 124);
  header.write(type, 156, 'latin1');
  header.write(magic, 257, 'latin1');
  for (const [offset, value] of Object.entries(patch)) value.copy(header, Number(offset));
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export const TAR_END = Buffer.alloc(1024);

export function tarOf(...members: readonly TarMember[]): Buffer {
  return Buffer.concat([...members.map(tarMember), TAR_END]);
}

export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): TarMember {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest) + 1;
    while (Buffer.byteLength(`${length}${rest}`) !== length) length++;
    return `${length}${rest}`;
  });
  return { name: 'PaxHeader', type, content: lines.join('') };
}

export interface ZipMember {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** 0 stored, 8 deflated; the content goes in as it is with any other. */
  readonly method?: number;
  readonly flags?: number;
  readonly attributes?: number;
  readonly crc?: number;
  readonly declaredSize?: number;
  readonly declaredPackedSize?: number;
  /** Sizes and offset in a zip64 field. */
  readonly zip64?: boolean;
  /** The local header has no sizes, a record behind the content has. */
  readonly dataDescriptor?: boolean;
  /** A directory record that points to this other offset, without a local header and content of its own. */
  readonly offset?: number;
}

/** A zip archive from the given members, honest or not. `entryCount` is what the end record says. */
export function zipOf(members: readonly ZipMember[], options: { entryCount?: number; zip64?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  const write = (part: Buffer): void => {
    parts.push(part);
    position += part.length;
  };
  for (const member of members) {
    const { name, content = '', method = 8, flags = 0, attributes = 0, zip64 = false, dataDescriptor = false } = member;
    const nameBytes = Buffer.from(name);
    const bytes = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const crc = member.crc ?? crc32(bytes);
    const size = member.declaredSize ?? bytes.length;
    const packedSize = member.declaredPackedSize ?? packed.length;
    const offset = member.offset ?? position;
    const allFlags = flags | (dataDescriptor ? 8 : 0);
    if (member.offset === undefined) {
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(20, 4);
      local.writeUInt16LE(allFlags, 6);
      local.writeUInt16LE(method, 8);
      if (!dataDescriptor) {
        local.writeUInt32LE(crc, 14);
        local.writeUInt32LE(packedSize % 2 ** 32, 18);
        local.writeUInt32LE(size % 2 ** 32, 22);
      }
      local.writeUInt16LE(nameBytes.length, 26);
      write(Buffer.concat([local, nameBytes, packed]));
      if (dataDescriptor) write(words(0x08074b50, crc, packedSize, size));
    }
    const extra = zip64 ? Buffer.alloc(28) : Buffer.alloc(0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [k, value] of [size, packedSize, offset].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * k);
    }
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE((3 << 8) | 45, 4);
    record.writeUInt16LE(20, 6);
    record.writeUInt16LE(allFlags, 8);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc, 16);
    record.writeUInt32LE(zip64 ? 0xffffffff : packedSize, 20);
    record.writeUInt32LE(zip64 ? 0xffffffff : size, 24);
    record.writeUInt16LE(nameBytes.length, 28);
    record.writeUInt16LE(extra.length, 30);
    record.writeUInt32LE(attributes >>> 0, 38);
    record.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
    directory.push(record, nameBytes, extra);
  }
  const start = position;
  write(Buffer.concat(directory));
  const size = position - start;
  const count = options.entryCount ?? members.length;
  if (options.zip64 === true) {
    const record = Buffer.alloc(76);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    for (const [k, value] of [count, count, size, start].entries()) record.writeBigUInt64LE(BigInt(value), 24 + 8 * k);
    record.writeUInt32LE(0x07064b50, 56);
    record.writeBigUInt64LE(BigInt(position), 64);
    record.writeUInt32LE(1, 72);
    write(record);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.zip64 === true ? 0xffff : count, 8);
  end.writeUInt16LE(options.zip64 === true ? 0xffff : count, 10);
  end.writeUInt32LE(options.zip64 === true ? 0xffffffff : size, 12);
  end.writeUInt32LE(options.zip64 === true ? 0xffffffff : start, 16);
  write(end);
  return Buffer.concat(parts);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [k, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * k);
  return bytes;
}
