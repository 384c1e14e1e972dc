import { hasTarChecksum } from './tar-header.ts';

/** How many bytes from the start of a file are needed to tell its kind. */
export const HEAD_BYTES = 512;

export type PackedKind = 'gzip' | 'zip' | 'tar' | 'bzip2' | 'xz' | 'Zstandard' | '7z' | 'RAR' | 'compress';

const MAGIC: readonly (readonly [PackedKind, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  // without a member, and as the first of several volumes
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['zip', [0x50, 0x4b, 0x07, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['RAR', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['compress', [0x1f, 0x9d]],
];

// the first block of bzip2 starts with the digits of pi, of an empty file with those of its root
const BZIP2_BLOCKS = [0x31, 0x17];

/** By which program a file that starts with `head` (`HEAD_BYTES` of it, or all) was packed; null if by none. */
export function packedKind(head: Uint8Array): PackedKind | null {
  for (const [kind, magic] of MAGIC) {
    if (magic.every((byte, k) => head[k] === byte)) {
      if (kind === 'bzip2' && !BZIP2_BLOCKS.includes(head[4])) continue;
      return kind;
    }
  }
  const isUstar = Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';
  // a text whose numbers happen to match has no NUL
  return isUstar || (head.includes(0) && hasTarChecksum(head)) ? 'tar' : null;
}

/** Why an entry that starts with `head` is refused as packed itself; null if it is not. */
export function packedReason(head: Uint8Array): string | null {
  const kind = packedKind(head);
  if (kind === null) return null;
  return `it is packed itself (${kind}), and only .gz, .tar, .tar.gz and .zip are read, one inside another never`;
}
