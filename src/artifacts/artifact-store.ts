import { createHash } from 'node:crypto';
import { NatriumError } from '../errors.ts';
import type { ByteRange } from '../registry/ports.ts';

export type { ArtifactStore, ByteRange, StoredBytes } from '../registry/ports.ts';

/** sha256 of the bytes, as 64 lower-case hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Where a store keeps an artifact: `sha256/ab/cd/<the 64 digits>`, so that no folder grows too large.
 *
 * @throws NatriumError BAD_USER_INPUT unless `sha256` is 64 lower-case hexadecimal digits: nothing else becomes a path
 */
export function artifactKey(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${JSON.stringify(sha256.slice(0, 80))} is no sha256: an artifact is named by 64 lower-case hexadecimal digits.`,
    );
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
}

/** The error of an artifact that is not in the store. */
export function missingArtifact(sha256: string, description: string): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `Artifact ${sha256} is missing from ${description}: restore it from a backup, or make it again from its source.`,
    { sha256, reason: 'missing' },
  );
}

/**
 * Compares bytes that a store returned with the name that they were stored under.
 *
 * @throws NatriumError CORRUPT_ARTIFACT when they differ
 */
export function verifyArtifact(bytes: Uint8Array, sha256: string, description: string): void {
  const found = sha256Of(bytes);
  if (found !== sha256) throw damagedArtifact(sha256, description, bytes.byteLength, found);
}

/** The error of an artifact of which the store holds other bytes: these have the sha256 `found`. */
export function damagedArtifact(sha256: string, description: string, byteLength: number, found: string): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `Artifact ${sha256} in ${description} is damaged: its ${byteLength} bytes have the sha256 ${found}. ` +
      'Restore it from a backup, or make it again from its source; storing the right bytes replaces the damaged ones.',
    { sha256, reason: 'damaged', found, byteLength },
  );
}

/** The error of an artifact that ends before a range of it does. */
export function shortArtifact(sha256: string, description: string, range: ByteRange): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `Artifact ${sha256} in ${description} is damaged: it ends before byte ${range.end}. ` +
      'Restore it from a backup, or make it again from its source.',
    { sha256, reason: 'damaged' },
  );
}

/** The error of an artifact that the store cannot read, though it serves others. */
export function unreadableArtifact(sha256: string, description: string, cause: unknown): NatriumError {
  return new NatriumError(
    'CORRUPT_ARTIFACT',
    `Artifact ${sha256} cannot be read from ${description}, which serves others: look at its log. ` +
      'Restore the artifact from a backup, or make it again from its source; storing the right bytes replaces it.',
    { sha256, reason: 'unreadable' },
    { cause },
  );
}

/** Whether `error` says that an artifact is damaged or missing, as opposed to a store that cannot be reached. */
export function isCorruptArtifact(error: unknown): error is NatriumError {
  return error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT';
}
