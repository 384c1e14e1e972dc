export const BLOCK_BYTES = 512;

const SPACE = 0x20;

export interface TarHeader {
  /** Path and file name, in whatever encoding. */
  readonly name: Uint8Array;
  /** Bytes of content that follow the header. */
  readonly size: number;
  /** POSIX and GNU type flag; `0` for the NUL of old archives. */
  readonly type: string;
  /** Whether blocks with the rest of the map of an old GNU sparse file follow. */
  readonly moreSparseBlocks: boolean;
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** An octal number, or GNU's base 256; null if it is neither, is negative or beyond 2^53. */
function tarNumber(field: Uint8Array): number | null {
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = text(untilNul(field)).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : null;
}

/** Whether the block carries the sum of its own bytes, as every header of a tar archive does. */
export function hasTarChecksum(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES) return false;
  const digits = text(untilNul(block.subarray(148, 156))).trim();
  if (!/^[0-7]+$/.test(digits)) return false;
  let unsigned = 8 * SPACE;
  let negatives = 0;
  for (let k = 0; k < BLOCK_BYTES; k++) {
    if (k >= 148 && k < 156) continue;
    unsigned += block[k];
    if (block[k] >= 0x80) negatives++;
  }
  const sum = Number.parseInt(digits, 8);
  // some old programs added signed bytes
  return sum === unsigned || sum === unsigned - 256 * negatives;
}

/**
 * Reads a header of the v7, ustar, pax and GNU formats; one of the last three starts each member.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 * @returns null if the checksum or the size is wrong
 */
export function parseTarHeader(block: Uint8Array): TarHeader | null {
  const size = tarNumber(block.subarray(124, 136));
  if (size === null || !hasTarChecksum(block)) return null;
  let name = untilNul(block.subarray(0, 100));
  // GNU keeps times where ustar has the prefix
  if (text(block.subarray(257, 263)) === 'ustar\0' && block[345] !== 0) {
    name = Buffer.concat([untilNul(block.subarray(345, 500)), Buffer.from('/'), name]);
  }
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156]);
  return { name, size, type, moreSparseBlocks: type === 'S' && block[482] !== 0 };
}

export interface PaxRecords {
  readonly name: Uint8Array | null;
  readonly size: number | null;
  readonly sparse: boolean;
}

/**
 * The records of a pax header that matter here. Each is `length key=value\n`, the length in bytes and of all of it.
 * @returns null if they do not follow that
 */
export function parsePax(bytes: Uint8Array): PaxRecords | null {
  let name: Uint8Array | null = null;
  let size: number | null = null;
  let sparseName: Uint8Array | null = null;
  let sparse = false;
  for (let start = 0; start < bytes.length; ) {
    const digits = /^\d{1,15}(?= )/.exec(text(bytes.subarray(start, start + 16)))?.[0];
    if (digits === undefined) return null;
    const end = start + Number(digits);
    const equals = bytes.indexOf(0x3d, start);
    const keyStart = start + digits.length + 1;
    if (end > bytes.length || equals < keyStart || equals >= end || bytes[end - 1] !== 0x0a) return null;
    const key = text(bytes.subarray(keyStart, equals));
    const value = bytes.subarray(equals + 1, end - 1);
    if (key === 'path') name = value;
    if (key === 'GNU.sparse.name') sparseName = value;
    if (key.startsWith('GNU.sparse.')) sparse = true;
    if (key === 'size') {
      size = /^\d{1,16}$/.test(text(value)) ? Number(text(value)) : Number.NaN;
      if (!Number.isSafeInteger(size)) return null;
    }
    start = end;
  }
  return { name: sparseName ?? name, size, sparse };
}

/** The name that a GNU header of type `L` holds. */
export function gnuLongName(bytes: Uint8Array): Uint8Array {
  return untilNul(bytes);
}
